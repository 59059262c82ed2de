import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileOf, folder } from '../input/files.js';
import { Godwit, processMilliseconds } from './godwit.js';

const data = join(folder, 'data');

async function refusalOf(
  ...parameters: string[]
): Promise<{ status: number | string; stdout: string; stderr: string }> {
  const godwit = new Godwit(...parameters);
  const status = await godwit.ended();
  return { status, stdout: godwit.stdout, stderr: godwit.stderr };
}

describe('what cannot begin ends with one sentence', () => {
  it.each<[string, () => string[], number, string]>([
    ['an unknown option', () => ['--fast'], 2, "godwit: unknown option '--fast'\ngodwit --help lists the options\n"],
    ['a bad row', () => ['--port', '0', '--replay', fileOf('t,a\n1,2\n2,x\n')], 1, ', line 3: "x" in a is no number'],
    ['no file', () => ['--port', '0', '--replay', join(folder, 'none')], 1, 'none: there is no such file\n'],
    ['a data folder that is a file', () => ['--port', '0', '--data', fileOf('')], 1, 'cannot be used: ENOTDIR'],
    ['no JSON', () => ['--config', fileOf('{"device":\n')], 1, ' is no JSON: '],
    ['a folder as configuration', () => ['--config', folder], 1, `cannot read ${folder}: it is a folder\n`],
    ['a list as configuration', () => ['--config', fileOf('[]')], 1, ' holds no JSON object\n'],
    [
      'a wrong setting',
      () => ['--port', '0', '--data', data, '--config', fileOf('{"devices":1}')],
      1,
      ': devices: unknown key',
    ],
    [
      'one topic for several devices',
      () => {
        const topics = { prefix: 'birds', status: 'birds/status' };
        return ['--port', '0', '--data', data, '--devices', '2', '--config', fileOf(JSON.stringify({ topics }))];
      },
      1,
      ': topics.status: 2 devices would share this topic; give a prefix only\n',
    ],
    [
      'a wrong option of a driver',
      () => {
        const sensors = [{ name: 'a', driver: 'replay', options: { speed: 'fast' } }];
        return ['--port', '0', '--data', data, '--config', fileOf(JSON.stringify({ sensors }))];
      },
      1,
      ': sensors[0].options.speed: expected a number from ',
    ],
    [
      'a flash of other data',
      () => {
        const file = join(folder, 'foreign', 'device-1', 'flash.bin');
        mkdirSync(join(file, '..'), { recursive: true });
        writeFileSync(file, new Uint8Array(1024 * 1024).fill(0x55));
        return ['--port', '0', '--data', join(folder, 'foreign')];
      },
      1,
      'flash.bin holds other data; to begin anew, remove the file\n',
    ],
    [
      'a device name that is no name',
      () => ['--port', '0', '--data', data, '--config', fileOf('{"device":"../up"}')],
      1,
      ': device: expected ',
    ],
    [
      'an unknown driver',
      () => {
        const sensors = [{ name: 'a', driver: 'magic', channels: [{ name: 'b' }] }];
        return ['--port', '0', '--data', data, '--config', fileOf(JSON.stringify({ sensors }))];
      },
      1,
      ': sensors[0].driver: expected one of host, replay, found "magic"\n',
    ],
  ])(
    '%s',
    async (_, parameters, status, sentence) => {
      const refusal = await refusalOf(...parameters());
      expect(refusal.stderr).toContain(sentence);
      expect(refusal.stderr.split('\n')).toHaveLength(status === 2 ? 3 : 2);
      expect(refusal.status).toBe(status);
      expect(refusal.stdout).toBe('');
    },
    processMilliseconds,
  );

  it(
    'a busy port',
    async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { status, stderr } = await refusalOf('--port', String(port), '--data', data);
      server.close();
      expect(status).toBe(1);
      expect(stderr).toMatch(new RegExp(`^godwit: port ${port} is in use; [^\n]*\n$`));
    },
    processMilliseconds,
  );

  it(
    'a data folder in use',
    async () => {
      const first = new Godwit('--port', '0', '--data', data);
      await first.says(/online/);
      const { status, stderr } = await refusalOf('--port', '0', '--data', data);
      first.kill('SIGINT');
      await first.ended();
      expect(status).toBe(1);
      expect(stderr).toMatch(/^godwit: .*flash\.bin is in use by process \d+\n$/);
    },
    processMilliseconds,
  );
});

describe('godwit --help and --version', () => {
  it(
    'are no errors',
    async () => {
      expect(await refusalOf('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: godwit') });
      expect(await refusalOf('--version')).toEqual({
        status: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
        stderr: '',
      });
    },
    processMilliseconds,
  );
});
