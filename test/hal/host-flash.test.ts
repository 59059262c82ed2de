import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileFlash, HostKeyValue, hostHal } from '../../hal/host/host.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-host-'));
  path = join(directory, 'flash.bin');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('flash in a file', () => {
  it('is made erased, and holds what was written when it is opened again', () => {
    const first = FileFlash.open(path, 2);
    expect(readFileSync(path).equals(Buffer.alloc(8192, 0xff))).toBe(true);
    first.write(Uint8Array.of(1, 2), 4095);
    first.close();
    const second = FileFlash.open(path, 2);
    const buffer = new Uint8Array(4);
    second.read(buffer, 4094);
    expect([...buffer]).toEqual([0xff, 1, 2, 0xff]);
    second.close();
  });

  it.each([false, true])('has each write and erase in the file when the call returns (sync: %s)', (sync) => {
    const flash = FileFlash.open(path, 2, { sync });
    flash.write(new Uint8Array(4096).fill(7), 4096);
    expect(readFileSync(path).equals(Buffer.concat([Buffer.alloc(4096, 0xff), Buffer.alloc(4096, 7)]))).toBe(true);
    flash.eraseBlock(1);
    expect(readFileSync(path).equals(Buffer.alloc(8192, 0xff))).toBe(true);
    flash.close();
  });

  it('refuses a file of another size, and leaves it alone', () => {
    writeFileSync(path, 'precious');
    expect(() => FileFlash.open(path, 2)).toThrow(`${path} has 8 bytes, a flash of 2 blocks has 8192`);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(readdirSync(directory)).toEqual(['flash.bin']);
  });

  it('takes no notice of a file that an earlier process was making when it was killed', () => {
    writeFileSync(`${path}.new`, 'half');
    FileFlash.open(path, 1).close();
    expect(readFileSync(path).length).toBe(4096);
  });

  it('cannot be used when it is closed; closing again does nothing', () => {
    const flash = FileFlash.open(path, 1);
    flash.close();
    flash.close();
    expect(() => flash.write(Uint8Array.of(0), 0)).toThrow('is closed');
    expect(() => flash.read(new Uint8Array(1), 0)).toThrow('is closed');
    expect(() => flash.eraseBlock(0)).toThrow('is closed');
  });
});

describe('the lock of a flash file', () => {
  const knowsStartTimes = existsSync('/proc/self/stat');

  it('lets one user in, and the next when that has closed', () => {
    const first = FileFlash.open(path, 1);
    expect(() => FileFlash.open(path, 1)).toThrow(`${path} is in use by process ${process.pid}`);
    first.close();
    FileFlash.open(path, 1).close();
    expect(readdirSync(directory)).toEqual(['flash.bin']);
  });

  it('names another live process that holds it', () => {
    writeFileSync(`${path}.lock`, `${process.ppid} \n`);
    expect(() => FileFlash.open(path, 1)).toThrow(`is in use by process ${process.ppid}`);
    expect(readdirSync(directory)).toEqual(['flash.bin.lock']);
  });

  it('is taken over from a process that is no longer there', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(`${path}.lock`, `${pid} 12345\n`);
    FileFlash.open(path, 1).close();
    expect(readdirSync(directory)).toEqual(['flash.bin']);
  });

  it('is taken over by one process at a time', () => {
    writeFileSync(`${path}.lock`, 'stale');
    writeFileSync(`${path}.lock.stale`, `${process.ppid} \n`);
    expect(() => FileFlash.open(path, 1)).toThrow('is in use by processes that are just starting');
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('stale');
    writeFileSync(`${path}.lock.stale`, 'of a process that was killed');
    FileFlash.open(path, 1).close();
    expect(readdirSync(directory)).toEqual(['flash.bin']);
  });

  it('stays when it has become that of another', () => {
    const flash = FileFlash.open(path, 1);
    writeFileSync(`${path}.lock`, `${process.ppid} \n`);
    flash.close();
    expect(readdirSync(directory)).toEqual(['flash.bin', 'flash.bin.lock']);
  });

  it('is taken over when it cannot be understood', () => {
    writeFileSync(`${path}.lock`, '');
    FileFlash.open(path, 1).close();
  });

  (knowsStartTimes ? it : it.skip)('is taken over when the process id went to another process (needs /proc)', () => {
    writeFileSync(`${path}.lock`, `${process.ppid} 1\n`);
    FileFlash.open(path, 1).close();
    writeFileSync(`${path}.lock`, `${process.pid} 1\n`);
    FileFlash.open(path, 1).close();
  });
});

describe('key-value storage in a file', () => {
  const keyValuePath = () => join(directory, 'key-value.json');

  it('holds what was written when it is opened again', () => {
    const first = new HostKeyValue(keyValuePath());
    first.write('boot', '1');
    first.write('gone', 'x');
    first.delete('gone');
    const second = new HostKeyValue(keyValuePath());
    expect([second.read('boot'), second.read('gone')]).toEqual(['1', undefined]);
    expect(readdirSync(directory)).toEqual(['key-value.json']);
  });

  it.each([
    ['{"boot":"1"', 'JSON'],
    ['[]', 'it holds no JSON object'],
    ['{"boot":1}', "the value of 'boot' is no string"],
    ['first\nsecond\n', /^[^\n]*$/],
  ])('refuses a broken file, and leaves it alone: %s', (content, reason) => {
    writeFileSync(keyValuePath(), content);
    const open = () => new HostKeyValue(keyValuePath());
    expect(open).toThrow(`${keyValuePath()} cannot be read as key-value storage: `);
    expect(open).toThrow(reason);
    expect(readFileSync(keyValuePath(), 'utf8')).toBe(content);
  });
});

describe('the data folder of a host', () => {
  it('is made when it is not there, and has a hardware id that stays', () => {
    const folder = join(directory, 'deep', 'data');
    const first = hostHal({ directory: folder });
    expect(first.flash.status().size).toBe(1024 * 1024);
    expect(first.system.hardwareId).toMatch(/^[0-9a-f]{12}$/);
    first.close();
    const second = hostHal({ directory: folder });
    expect(second.system.hardwareId).toBe(first.system.hardwareId);
    second.close();
    const named = hostHal({ directory: folder, hardwareId: 'bench' });
    expect(named.system.hardwareId).toBe('bench');
    named.close();
  });

  it('has a file for the log of events once that is asked for, and lets it go with the rest', () => {
    const file = join(directory, 'events.bin');
    const first = hostHal({ directory });
    expect(existsSync(file)).toBe(false);
    first.eventFlash.write(Uint8Array.of(7), 0);
    first.close();
    const second = hostHal({ directory });
    const buffer = new Uint8Array(1);
    second.eventFlash.read(buffer, 0);
    expect(buffer[0]).toBe(7);
    second.close();
  });

  it('has one user at a time', () => {
    const hal = hostHal({ directory });
    expect(() => hostHal({ directory })).toThrow(`is in use by process ${process.pid}`);
    hal.close();
    hostHal({ directory }).close();
  });

  it('is let go when a part of it cannot be used', () => {
    writeFileSync(join(directory, 'key-value.json'), 'nonsense');
    expect(() => hostHal({ directory })).toThrow('cannot be read as key-value storage');
    rmSync(join(directory, 'key-value.json'));
    hostHal({ directory }).close();
  });

  it('gives one clear sentence when it cannot be written', () => {
    writeFileSync(join(directory, 'file'), '');
    const folder = join(directory, 'file', 'data');
    expect(() => hostHal({ directory: folder })).toThrow(`the data folder ${folder} cannot be used: ENOTDIR`);
  });

  (existsSync('/proc/self') ? it : it.skip)('is refused at once where nothing can be made (needs /proc)', () => {
    expect(() => hostHal({ directory: '/proc/none/data' })).toThrow('the data folder /proc/none/data cannot be used: ');
  });

  it('refuses a flash size that is no number of blocks', () => {
    expect(() => hostHal({ directory, flashBytes: 5000 })).toThrow(
      'a flash size is a multiple of 4096 bytes, not 5000',
    );
  });
});
