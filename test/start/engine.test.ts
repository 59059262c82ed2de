/** Devices of `godwit start --engine xs`, each a process of its own on the XS engine. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { projectFolder } from '../../sim/project-folder.js';
import { describeEnd, openEngine, refuseUnreachable } from '../../sim/start/engine.js';
import type { XsEngine } from '../../xs/run.js';
import { fileOf, folder } from '../input/files.js';
import { describeOnXs, engine, withFolder } from '../xs/engine.js';
import { Godwit, newFolder, processMilliseconds, rowsOf, TestBroker } from './godwit.js';

/** Of `count` channels, all of one value. */
function wideRecording(count: number): string {
  const line = (cell: (index: number) => string) => Array.from({ length: count }, (_, index) => cell(index)).join();
  return fileOf(`t,${line((index) => `channel_${index}`)}\n0,${line(() => '1')}\n60,${line(() => '2')}\n`);
}

/** The process id of the first device. */
async function processOf(godwit: Godwit): Promise<number> {
  const [, pid] = await godwit.says(/device-1: runs as process (\d+)/);
  return Number(pid);
}

describeOnXs('godwit --engine xs', () => {
  let broker: TestBroker;
  beforeEach(async () => {
    broker = await TestBroker.start();
  });
  afterEach(() => broker.close());

  it(
    'delivers to its own broker, and says what the device needs of the engine',
    async () => {
      const godwit = new Godwit('--engine', 'xs', '--port', '0', '--data', newFolder(), '--speed', '36000', '--json');
      const [, port] = await godwit.says(/broker {2}mqtt:\/\/127\.0\.0\.1:(\d+)/);
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
      await client.subscribeAsync('godwit/device-1/telemetry', { qos: 1 });
      await new Promise((resolve) => client.once('message', resolve));
      client.end(true);
      await godwit.says(
        /temperature \d.*heap \d+\.\d of \d+\.\d KiB, stack \d+ of \d+ slots at most, \d+ byte codes a r/,
      );
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(godwit.stderr).toBe('');
      const { devices } = JSON.parse(godwit.stdout.trim().split('\n').at(-1) ?? '');
      const [{ engine: figures, balanced }] = devices;
      expect(balanced).toBe(true);
      const { heapBytes, stackSlots } = (engine as XsEngine).memory;
      expect(figures).toMatchObject({ stackSlots, faults: 0 });
      expect(Math.abs(figures.heapBytesMax - heapBytes)).toBeLessThan(100);
      expect(figures.heapBytes).toBeGreaterThan(heapBytes / 10);
      expect(figures.heapBytes).toBeLessThan(heapBytes);
      expect(figures.stackPeakSlots).toBeGreaterThan(stackSlots / 10);
      expect(figures.stackPeakSlots).toBeLessThan(stackSlots);
      expect(figures.byteCodesPerReading).toBeGreaterThan(1000);
    },
    processMilliseconds,
  );

  it(
    'loses nothing when a device is killed, and when all are: no row, no number, what comes twice is the same',
    async () => {
      const rows = 300;
      const replay = ['--replay', rowsOf(rows), '--speed', '12000'];
      const parameters = ['--engine', 'xs', '--broker', broker.url, '--data', newFolder(), ...replay];
      const first = new Godwit(...parameters);
      await broker.until(() => broker.rows().size >= 60);
      process.kill(await processOf(first), 'SIGKILL');
      await first.says(/device-1: killed by SIGKILL; boots again/);
      await broker.until(() => broker.rows().size >= 120);
      first.kill('SIGKILL');
      expect(await first.ended()).toBe('SIGKILL');
      const second = new Godwit(...parameters);
      await broker.until(() => broker.rows().size === rows);
      await second.says(/ is replayed to its end, 300 rows;/);
      second.kill('SIGTERM');
      expect(await second.ended()).toBe(0);
      // At most the one row on its way from sensor to flash at each kill is taken twice; of three boots are the anchors.
      expect(broker.distinctReadings()).toBeLessThanOrEqual(rows + 2 + 3);
    },
    processMilliseconds,
  );

  it(
    'goes on where the device was on Node, and Node where it was on XS; each says goodbye',
    async () => {
      const parameters = ['--broker', broker.url, '--data', newFolder(), '--replay', rowsOf(1000), '--speed', '12000'];
      for (const [index, name] of ['xs', 'node', 'xs'].entries()) {
        const godwit = new Godwit(...parameters, '--engine', name);
        const before = broker.rows().size;
        await broker.until(() => broker.rows().size >= before + 20);
        godwit.kill('SIGINT');
        expect(await godwit.ended()).toBe(0);
        const status = broker.received.filter(({ topic }) => topic === 'godwit/device-1/status');
        const goodbye = { state: 'offline', reason: 'stopped', boot: index + 1 };
        expect(JSON.parse(status.at(-1)?.text ?? '')).toMatchObject(goodbye);
      }
      expect(broker.distinctReadings()).toBe(broker.rows().size + 3);
    },
    processMilliseconds,
  );

  it(
    'boots a device again that died of itself, and does not call that a success',
    async () => {
      const parameters = ['--engine', 'xs', '--broker', broker.url, '--data', newFolder()];
      const godwit = new Godwit(...parameters, '--replay', rowsOf(1000), '--speed', '12000');
      await broker.until(() => broker.rows().size >= 20);
      process.kill(await processOf(godwit), 'SIGABRT');
      await godwit.says(/device-1: ended by SIGABRT; boots again/);
      await broker.until(() => broker.rows().size >= 50);
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(1);
      expect(godwit.stdout).toContain('boots after a fault: 1\n');
      expect(godwit.stdout).toContain('stopped, the books balance\n');
    },
    processMilliseconds,
  );

  it.each<[string, () => string[], RegExp]>([
    [
      'memory that does not suffice, with the JavaScript stack',
      () => ['--port', '0', '--replay', wideRecording(250)],
      /^godwit: a device on XS dies while it boots: memory full[^\n]*\n(?: {2}at [^\n]+\n)* {2}at boot \(xs\/scenarios\/start\)\n/,
    ],
    [
      'a driver that is none, as on Node',
      () => {
        const sensors = [{ name: 'a', driver: 'magic', channels: [{ name: 'b' }] }];
        return ['--port', '0', '--config', fileOf(JSON.stringify({ sensors }))];
      },
      /^godwit: [^\n]+: sensors\[0\]\.driver: expected one of host, replay, found "magic"\n$/,
    ],
    [
      'a flash of other data, as on Node',
      () => {
        const data = newFolder();
        mkdirSync(join(data, 'device-1'), { recursive: true });
        writeFileSync(join(data, 'device-1', 'flash.bin'), new Uint8Array(1024 * 1024).fill(0x55));
        return ['--port', '0', '--data', data];
      },
      /^godwit: [^\n]+flash\.bin holds other data; to begin anew, remove the file\n$/,
    ],
    ['TLS', () => ['--broker', 'mqtts://127.0.0.1'], /^godwit: devices on XS have no TLS on a computer[^\n]*\n$/],
  ])(
    'refuses %s',
    async (_, parameters, sentence) => {
      const godwit = new Godwit('--data', newFolder(), ...parameters(), '--engine', 'xs');
      expect(await godwit.ended()).toBe(1);
      expect(godwit.stderr).toMatch(sentence);
      expect(godwit.stdout).toBe('');
    },
    processMilliseconds,
  );

  it.each([
    ['stack', /^stack overflow \("creation" in manifest\.json: .* of stack\)\n {2}at deeper \(xs\/scenarios\/fault\)/],
    ['exception', /^unhandled exception: RangeError: on purpose\n at throwing/],
  ])('says in one sentence what a device died of: %s', async (fault, text) => {
    const run = { main: 'xs/scenarios/fault', preloads: ['xs/scenarios/preloaded'], settings: { fault } };
    const { exitCode, errors } = await withFolder((storage) => (engine as XsEngine).run({ ...run, storage }));
    expect(describeEnd({ exitCode, signal: null, errors }, engine as XsEngine)).toMatch(text);
  });
});

describe('godwit --engine xs without the engine', () => {
  it(
    'says that there is no compiler',
    () => {
      const project = newFolder();
      for (const name of ['package.json', 'build/host']) {
        cpSync(join(projectFolder(), name), join(project, name), { recursive: true });
      }
      symlinkSync(join(projectFolder(), 'node_modules'), join(project, 'node_modules'));
      mkdirSync(join(project, 'build/xs'));
      writeFileSync(join(project, 'build/xs/built.json'), 'null');
      const parameters = [join(project, 'build/host/sim/command.js'), '--engine', 'xs', '--port', '0'];
      const { status, stderr } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^godwit: --engine xs needs a C compiler [^\n]+ apt-get install gcc gcc-multilib\n$/);
    },
    processMilliseconds,
  );

  it('says that it is not built', () => {
    expect(() => openEngine(folder)).toThrow(/^the XS engine is not built; /);
  });
});

describe('the brokers of --engine xs', () => {
  const refuse = (host: string, tls = false) => refuseUnreachable({ host, port: 1883, tls });

  it('are those of this computer without TLS', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost']) expect(() => refuse(host)).not.toThrow();
    for (const host of ['192.0.2.1', 'broker.example', '127.example', '::1']) {
      expect(() => refuse(host)).toThrow(`on this computer only, not to ${host}:1883`);
    }
    expect(() => refuse('127.0.0.1', true)).toThrow('devices on XS have no TLS');
  });
});
