/** What stands in for the SDK's modules on a desk (hal/lin), under hal/esp32, with a folder of this machine as theirs. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flash } from '../../hal/contract.js';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { Battery } from '../../src/drivers/battery.js';
import { SHT3x } from '../../src/drivers/sht3x.js';

interface Mocking {
  unstable_mockModule(name: string, factory: () => unknown, options: { virtual: boolean }): void;
}
const { jest } = import.meta as ImportMeta & { readonly jest: Mocking & typeof globalThis.jest };
const mock = (name: string, exported: () => unknown) =>
  jest.unstable_mockModule(name, async () => ({ default: await exported() }), { virtual: true });

/** "embedded:storage/files" over Node. */
class NodeFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  openFile({ path, mode }: { path: string; mode: string }) {
    const file = openSync(join(this.path, path), mode);
    return {
      read: (buffer: Uint8Array, position: number) => readSync(file, buffer, 0, buffer.length, position),
      write: (buffer: Uint8Array, position: number) => writeSync(file, buffer, 0, buffer.length, position),
      close: () => closeSync(file),
    };
  }

  openDirectory({ path }: { path: string }) {
    return new NodeFolder(join(this.path, path));
  }

  createDirectory(path: string) {
    mkdirSync(join(this.path, path), { recursive: true });
  }

  move(from: string, to: string) {
    renameSync(join(this.path, from), join(this.path, to));
  }

  delete(path: string) {
    rmSync(join(this.path, path), { force: true });
  }

  status(path: string) {
    return existsSync(join(this.path, path)) ? { size: statSync(join(this.path, path)).size } : {};
  }
}

const home = mkdtempSync(join(tmpdir(), 'godwit-lin-'));
const desk = join(home, '.godwit-lin');
afterAll(() => rmSync(home, { recursive: true }));

/** By names that the compiler does not follow: hal/lin and hal/esp32 are typed for the device only. */
const load = async (module: string) => import(`../../hal/${module}.js`);
const defaultOf = async (module: string) => (await load(module)).default;

mock('modules', () => ({ importNow: () => new NodeFolder(home) }));
mock('timer', () => ({ set: (callback: () => void) => setImmediate(callback), clear: () => {} }));
mock('embedded:storage/flash', () => defaultOf('lin/flash'));
mock('embedded:storage/key-value', () => defaultOf('lin/key-value'));
mock('embedded:io/socket/udp', () => defaultOf('lin/udp'));
Object.assign(globalThis, {
  trace: () => {},
  System: { resolve: (name: string, callback: (name: string, address: string) => void) => callback(name, name) },
});
// What XS has and Node has not.
Object.assign(String, { fromArrayBuffer: (bytes: ArrayBuffer) => new TextDecoder().decode(bytes) });
Object.assign(ArrayBuffer, { fromString: (text: string) => Uint8Array.from(Buffer.from(text)).buffer });

describe('the flash of a desk', () => {
  const bytesAt = (flash: Flash, offset: number, count: number) => {
    const bytes = new Uint8Array(count);
    flash.read(bytes, offset);
    return [...bytes];
  };

  it('begins erased, clears bits when it programs, and is remembered', async () => {
    const { openPartition } = await load('esp32/flash');
    const flash: Flash = openPartition('outbox', {});
    expect(flash.status()).toEqual({ size: 1 << 20, blockLength: 4096, blocks: 256 });
    expect(bytesAt(flash, (1 << 20) - 2, 2)).toEqual([0xff, 0xff]);
    flash.write(Uint8Array.of(0xf0, 0x0f), 4095);
    flash.write(Uint8Array.of(0xcc, 0xff), 4095);
    flash.close();
    const again: Flash = openPartition('outbox', {});
    expect(bytesAt(again, 4094, 4)).toEqual([0xff, 0xc0, 0x0f, 0xff]);
    again.eraseBlock(1);
    expect(bytesAt(again, 4094, 4)).toEqual([0xff, 0xc0, 0xff, 0xff]);
    again.close();
  });

  it('has the partitions of the table and no others', async () => {
    const { openPartition } = await load('esp32/flash');
    openPartition('events', {}).close();
    expect(() => openPartition('storage', {})).toThrow('the partition table has no data partition "storage"');
  });
});

describe('the settings of a desk', () => {
  it('are files, which an editor may write', async () => {
    const { NvsKeyValue, readBinary } = await load('esp32/key-value');
    const keyValue = new NvsKeyValue();
    expect(keyValue.read('boot')).toBeUndefined();
    keyValue.write('boot', '12');
    expect(keyValue.read('boot')).toBe('12');
    keyValue.delete('boot');
    expect(keyValue.read('boot')).toBeUndefined();
    expect(readBinary('certificate')).toBeUndefined();
    writeFileSync(join(desk, 'godwit', 'certificate'), Uint8Array.of(0x30, 0x82));
    expect([...readBinary('certificate')]).toEqual([0x30, 0x82]);
  });

  it('are good without any: a network, and a configuration for a broker on this computer', async () => {
    const { NvsKeyValue } = await load('esp32/key-value');
    const keyValue = new NvsKeyValue();
    expect(keyValue.read('ssid')).toBe('desk');
    const { broker, sensors } = parseConfiguration(JSON.parse(keyValue.read('configuration')), '020000000001');
    expect(broker).toMatchObject({ host: '127.0.0.1', port: 1883, tls: false });
    expect(sensors.map(({ driver }) => driver)).toEqual(['sht3x', 'battery']);
    writeFileSync(join(desk, 'godwit', 'ssid'), 'attic');
    expect(keyValue.read('ssid')).toBe('attic');
  });
});

describe('the hardware of a desk', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'], now: Date.UTC(2026, 5, 1, 12) });
  });
  afterEach(() => jest.useRealTimers());

  it('measures with an SHT3x, which takes its time', async () => {
    const io = await defaultOf('lin/i2c');
    const sensor = new SHT3x({ sensor: { io } });
    expect(sensor.sample()).toBeUndefined();
    expect(() => sensor.sample()).toThrow('SHT3x did not acknowledge the read');
    expect(sensor.sample()).toBeUndefined();
    jest.setSystemTime(Date.now() + sensor.conversionMilliseconds);
    const { thermometer, hygrometer } = sensor.sample() as { [kind: string]: { [quantity: string]: number } };
    expect(thermometer?.temperature).toBeCloseTo(15, 0);
    expect(hygrometer?.humidity).toBeCloseTo(65, -1);
    expect(() => new SHT3x({ sensor: { io, address: 0x45 } }).sample()).toThrow('did not acknowledge');
  });

  it('has a battery', async () => {
    const io = await defaultOf('lin/analog');
    expect(new Battery({ sensor: { io, pin: 34 } }).sample().voltage).toBeCloseTo(4.1, 2);
    jest.setSystemTime(Date.now() + 1_800_000);
    expect(new Battery({ sensor: { io, pin: 34 } }).sample().voltage).toBeCloseTo(3.6, 2);
  });

  it('tells the time of this computer as a time server would', async () => {
    const { NetworkTime } = await load('esp32/time');
    const wallMilliseconds = await new Promise((resolve) => {
      const clock = { milliseconds: () => 5000, setTimer: () => 1, clearTimer: () => {}, setWallMilliseconds: resolve };
      new NetworkTime({ clock, random: Math.random, server: '127.0.0.1' }).synchronize();
    });
    expect(wallMilliseconds).toBe(Date.UTC(2026, 5, 1, 12));
  });

  it('joins its network in a later turn', async () => {
    const WiFi = await defaultOf('lin/wifi');
    const connection = await new Promise((resolve) => {
      const wifi = new WiFi({ onChanged: () => resolve(wifi.connection) });
      wifi.connect();
      expect(wifi.connection).toBe(200);
    });
    expect(connection).toBe(500);
  });
});
