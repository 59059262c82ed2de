/**
 * Puts a hal on the bench of contract.test.ts: the same tests run in real time on the host and in virtual time in the
 * simulation, because only the bench knows how time passes and where an echo server comes from.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Flash, Hal, KeyValue, StreamConstructor } from '../../hal/contract.js';
import { hostHal } from '../../hal/host/host.js';
import { Scheduler, SimDevice, SimFlash, SimNetwork, type SimPeer, seededRandom } from '../../hal/sim/sim.js';

export interface Bench {
  readonly clock: Clock;
  /** Two blocks at least. */
  readonly flash: Flash;
  readonly eventFlash: Flash;
  readonly keyValue: KeyValue;
  readonly TCP: StreamConstructor;
  readonly crc32c?: Hal['crc32c'];
  readonly writeText?: Hal['writeText'];
  /** Where the echo server listens, which closes a connection after a byte 0. */
  readonly host: string;
  readonly echoPort: number;
  /** Where nobody listens. */
  readonly refusedPort: number;
  /** Starts something and lets time pass until it calls `done`. */
  passTime(start: (done: () => void) => void): Promise<void>;
  tearDown(): Promise<void>;
}

export const benches: ReadonlyArray<{ readonly name: string; readonly setUp: () => Promise<Bench> }> = [
  { name: 'host', setUp: setUpHost },
  { name: 'sim', setUp: setUpSim },
];

const CLOSE_BYTE = 0;

async function setUpHost(): Promise<Bench> {
  const directory = mkdtempSync(join(tmpdir(), 'godwit-contract-'));
  const { clock, flash, eventFlash, keyValue, TCP, close } = hostHal({ directory, flashBytes: 4 * 4096 });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      socket.write(bytes);
      if (bytes.includes(CLOSE_BYTE)) socket.end();
    });
  });
  const echoPort = await listen(server);
  const other = createServer();
  const refusedPort = await listen(other);
  await new Promise((resolve) => other.close(resolve));
  return {
    clock,
    flash,
    eventFlash,
    keyValue,
    TCP,
    host: '127.0.0.1',
    echoPort,
    refusedPort,
    passTime: (start) => new Promise((resolve) => start(resolve)),
    tearDown: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function setUpSim(): Promise<Bench> {
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
  const flash = new SimFlash({ blocks: 4, random: seededRandom(2) });
  const { clock, eventFlash, keyValue, TCP } = new SimDevice({ scheduler, link, flash, seed: 3 }).hal;
  return {
    clock,
    flash,
    eventFlash,
    keyValue,
    TCP,
    host: 'echo',
    echoPort: 7,
    refusedPort: 8,
    passTime: async (start) => {
      let isDone = false;
      start(() => {
        isDone = true;
      });
      while (!isDone) {
        if (!scheduler.step()) throw new Error('nothing more will happen in this simulation');
      }
    },
    tearDown: async () => {},
  };
}
