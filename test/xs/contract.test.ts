/**
 * The hardware contract on XS: test/hal/contract.test.ts, word for word, run by the engine itself. Once in real time over
 * this machine's sockets, once in virtual time over the simulated network.
 */
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Scheduler, SimNetwork, type SimPeer, seededRandom } from '../../hal/sim/sim.js';
import type { Outcome, Run, XsEngine } from '../../xs/run.js';
import { runInRealTime, runInWorld } from '../../xs/world.js';
import { engine, withFolder } from './engine.js';

const CLOSE_BYTE = 0;
/** The suite keeps megabytes of test data; what fits into a device's memory is not its question. */
const ample = { main: 'contract', flashBytes: 4 * 4096, staticBytes: 8 << 20, stackSlots: 4096 };

async function overSockets(xs: XsEngine, folder: string): Promise<Outcome> {
  const echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      socket.write(bytes);
      if (bytes.includes(CLOSE_BYTE)) socket.end();
    });
  });
  const nobody = createServer();
  for (const server of [echo, nobody]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const portOf = (server: typeof echo) => (server.address() as AddressInfo).port;
  const settings = { host: '127.0.0.1', echoPort: portOf(echo), refusedPort: portOf(nobody) };
  await new Promise((resolve) => nobody.close(resolve));
  const outcome = await runInRealTime(xs, { ...ample, storage: folder, settings }, join(folder, 'report'));
  await new Promise((resolve) => echo.close(resolve));
  return outcome;
}

async function overTheWire(xs: XsEngine, folder: string): Promise<Outcome> {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  network.listen('echo', 7, (peer: SimPeer) => {
    peer.onData = (bytes) => {
      peer.send(bytes);
      if (bytes.includes(CLOSE_BYTE)) peer.close();
    };
  });
  const link = network.link();
  link.latencyMilliseconds = 3;
  link.fragmentBytes = 700;
  const run: Run = { ...ample, storage: folder, settings: { host: 'echo', echoPort: 7, refusedPort: 8 } };
  return runInWorld(xs, run, { scheduler, link, onIdle: () => {} }, join(folder, 'report'));
}

for (const [name, play] of [
  ['over sockets, in real time', overSockets],
  ['over the wire, in virtual time', overTheWire],
] as const) {
  const outcome = engine && (await withFolder((folder) => play(engine as XsEngine, folder)));
  const lines = outcome === undefined ? [] : outcome.output.split('\n').filter((line) => line.startsWith('{'));
  const results = lines.map((line) => JSON.parse(line) as { name: string; error?: string });

  describe(`on XS ${name}`, () => {
    if (outcome === undefined) it.skip('the hardware contract holds (there is no C compiler)', () => {});
    else {
      it('ran all tests', () => {
        expect({ exitCode: outcome.exitCode, errors: outcome.errors }).toEqual({ exitCode: 0, errors: '' });
        expect(results.length).toBeGreaterThan(30);
      });
      it.each(results)('$name', ({ error }) => expect(error).toBeUndefined());
    }
  });
}
