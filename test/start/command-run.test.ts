import { connect } from 'mqtt';
import { fileOf } from '../input/files.js';
import { Godwit, newFolder, processMilliseconds, rowsOf, TestBroker, unusedPort } from './godwit.js';

describe('godwit with its own broker', () => {
  it(
    'says at once what to watch, readings arrive there, and Ctrl-C shows the books',
    async () => {
      const godwit = new Godwit('--port', '0', '--data', newFolder(), '--speed', '72000', '--json');
      const [, port] = await godwit.says(/mosquitto_sub -h 127\.0\.0\.1 -p (\d+) -t 'godwit\/\+\/telemetry' -v/);
      const client = connect(`mqtt://127.0.0.1:${port}`);
      client.subscribe('godwit/+/telemetry', { qos: 1 });
      const text = await new Promise<string>((resolve) => {
        client.once('message', (topic, payload) => resolve(`${topic} ${payload}`));
      });
      client.end(true);
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(text).toMatch(/^godwit\/device-1\/telemetry .*"values":\{"pressure":\d+\.?\d*,"temperature":/);
      const { devices, total } = JSON.parse(godwit.stdout.trim().split('\n').at(-1) ?? '');
      expect(devices).toEqual([{ device: 'device-1', boot: 1, unstored: 0, ...total }]);
      expect(total.balanced).toBe(true);
      expect(total.sampled).toBe(total.delivered + total.queued + total.dropped);
      expect(godwit.stderr).toBe('');
    },
    processMilliseconds,
  );

  it(
    'runs several devices for a given time, and adds up their books',
    async () => {
      const godwit = new Godwit('--port', '0', '--data', newFolder(), '--devices', '3', '--for', '1.5', '--json');
      expect(await godwit.ended()).toBe(0);
      const { devices, total } = JSON.parse(godwit.stdout.trim().split('\n').at(-1) ?? '');
      expect(devices.map(({ device }: { device: string }) => device)).toEqual(['device-1', 'device-2', 'device-3']);
      const sum = devices.reduce((count: number, { sampled }: { sampled: number }) => count + sampled, 0);
      expect(total.sampled).toBe(sum);
      expect(sum).toBeGreaterThanOrEqual(3);
    },
    processMilliseconds,
  );

  it(
    'takes a time longer than a timer of Node',
    async () => {
      const godwit = new Godwit('--port', '0', '--data', newFolder(), '--for', '3000000');
      await godwit.says(/online/);
      await godwit.says(/temperature \d/);
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(godwit.stderr).toBe('');
    },
    processMilliseconds,
  );

  it(
    'measures this computer',
    async () => {
      const godwit = new Godwit('--port', '0', '--data', newFolder(), '--sensors', 'host');
      await godwit.says(/load \d+\.\d %, memory \d+\.\d %/);
      godwit.kill('SIGTERM');
      expect(await godwit.ended()).toBe(0);
    },
    processMilliseconds,
  );

  it(
    'takes two interrupts that come together for one',
    async () => {
      const godwit = new Godwit('--port', '0', '--data', newFolder());
      await godwit.says(/online/);
      godwit.kill('SIGINT');
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(godwit.stdout).toContain('stopped, the books balance');
    },
    processMilliseconds,
  );
});

describe('godwit with a broker elsewhere', () => {
  let broker: TestBroker;
  beforeEach(async () => {
    broker = await TestBroker.start();
  });
  afterEach(() => broker.close());

  it(
    'goes on after kill -9 where it was: no row lost, no gap, what comes twice is the same',
    async () => {
      const rows = 400;
      const parameters = ['--broker', broker.url, '--data', newFolder(), '--replay', rowsOf(rows), '--speed', '12000'];
      for (const rowsBefore of [60, 150, 250]) {
        const godwit = new Godwit(...parameters);
        await broker.until(() => broker.rows().size >= rowsBefore);
        godwit.kill('SIGKILL');
        expect(await godwit.ended()).toBe('SIGKILL');
      }
      const godwit = new Godwit(...parameters);
      await broker.until(() => broker.rows().size === rows);
      await godwit.says(/ is replayed to its end, 400 rows;/);
      godwit.kill('SIGTERM');
      expect(await godwit.ended()).toBe(0);

      // At most the one row that was on its way from sensor to flash at each kill is taken twice; four more are the anchors.
      expect(broker.distinctReadings()).toBeLessThanOrEqual(rows + 3 + 4);
    },
    processMilliseconds,
  );

  it(
    'says goodbye when it is stopped',
    async () => {
      const godwit = new Godwit('--broker', broker.url, '--data', newFolder());
      await godwit.says(/online/);
      godwit.kill('SIGTERM');
      expect(await godwit.ended()).toBe(0);
      const status = broker.received.filter(({ topic }) => topic === 'godwit/device-1/status');
      expect(JSON.parse(status.at(-1)?.text ?? '')).toMatchObject({ state: 'offline', reason: 'stopped' });
    },
    processMilliseconds,
  );

  it(
    'takes what the command line does not say from the configuration',
    async () => {
      const { hostname: host, port } = new URL(broker.url);
      const configuration = fileOf(
        JSON.stringify({
          device: 'shore',
          broker: { host, port: Number(port) },
          topics: { prefix: 'birds' },
          sensors: [{ name: 'rows', driver: 'replay', options: { file: rowsOf(3), speed: 60_000 } }],
        }),
      );
      const godwit = new Godwit('--config', configuration, '--data', newFolder());
      await broker.until(() => broker.readings().some(({ values }) => values.row === 2));
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(godwit.stdout).toContain("-t 'birds/+/telemetry' -v");
      expect(broker.received.some(({ topic }) => topic === 'birds/shore/telemetry')).toBe(true);
    },
    processMilliseconds,
  );
});

describe('godwit with a broker that is away', () => {
  it(
    'shows why, and when it tries next, and keeps on sampling',
    async () => {
      const port = await unusedPort();
      const godwit = new Godwit('--broker', `mqtt://127.0.0.1:${port}`, '--data', newFolder());
      await godwit.says(new RegExp(`connecting to 127.0.0.1:${port}: connection refused, next try in \\d+ s`));
      await godwit.says(/temperature \d/);
      godwit.kill('SIGINT');
      expect(await godwit.ended()).toBe(0);
      expect(godwit.stdout).toMatch(/delivered 0 \+ queued [1-9]/);
      expect(godwit.stderr).toBe('');
    },
    processMilliseconds,
  );
});
