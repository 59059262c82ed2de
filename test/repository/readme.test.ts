/** The programs that README shows run as they stand there, on this computer, against an embedded broker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';

const root = join(import.meta.dirname, '..', '..');
const programs = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, program]) => program as string,
);
const folder = mkdtempSync(join(mkdirSync(join(root, 'build'), { recursive: true }) ?? join(root, 'build'), 'readme-'));

let broker: Aedes;
let server: Server;
let child: ChildProcess | undefined;

beforeAll(async () => {
  broker = await Aedes.createBroker();
  server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  child?.kill();
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program until its output holds every expected line, and gives the output. */
function output(program: string, expected: readonly string[]): Promise<string> {
  const file = join(folder, `program-${programs.indexOf(program)}.mjs`);
  writeFileSync(file, program.replace('1883', String((server.address() as AddressInfo).port)));
  const running = spawn(process.execPath, [file], { cwd: folder });
  child = running;
  return new Promise((resolve) => {
    let text = '';
    const add = (chunk: Buffer) => {
      text += chunk;
      if (expected.every((line) => text.includes(line))) running.kill();
    };
    running.stdout.on('data', add);
    running.stderr.on('data', add);
    running.on('close', () => resolve(text));
  });
}

describe('README', () => {
  it('shows an MQTT client of some 20 lines that connects, publishes, and prints what is acknowledged and what arrives', async () => {
    const [program = ''] = programs;
    const expected = ['connected\n', 'example/count: 1\n', 'acknowledged: 1\n'];
    const text = await output(program, expected);
    for (const line of expected) expect(text).toContain(line);
    expect(program.trim().split('\n').length).toBeLessThan(28);
  });

  it('shows an outbox that stores, hands out and releases a record', async () => {
    const text = await output(programs[1] ?? '', ['void: 0']);
    expect(text).toContain('0 Uint8Array(3) [ 1, 2, 3 ]');
    expect(text).toContain('delivered: 1');
  });
});
