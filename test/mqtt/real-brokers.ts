/** Brokers that other people wrote, on loopback: aedes in this process, and Debian's mosquitto when it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';

export interface RealBroker {
  readonly port: number;
  /** Ends it as a crash would: it forgets everything. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
}

const MOSQUITTO = ['mosquitto', '/usr/sbin/mosquitto'].find((path) => spawnSync(path, ['-h']).error === undefined);
export const isMosquittoPresent = MOSQUITTO !== undefined;

export async function startAedes(): Promise<RealBroker> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let aedes: Aedes | undefined;
  let port = 0;
  const start = async () => {
    const broker = await Aedes.createBroker();
    aedes = broker;
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      broker.handle(socket);
    });
    port = await listen(server, port);
  };
  const kill = async () => {
    const closed = new Promise((resolve) => server?.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    await new Promise<void>((resolve) => aedes?.close(resolve));
  };
  await start();
  return { port, start, kill };
}

/** `settings` are further lines of its configuration. */
export async function startMosquitto(settings: readonly string[] = []): Promise<RealBroker> {
  const port = await freePort();
  const anonymous = settings.some((line) => line.startsWith('allow_anonymous')) ? [] : ['allow_anonymous true'];
  const lines = [`listener ${port} 127.0.0.1`, ...anonymous, ...settings, ''];
  let directory = '';
  let process: ChildProcess | undefined;
  const start = async () => {
    directory = mkdtempSync(join(tmpdir(), 'godwit-mosquitto-'));
    const configuration = join(directory, 'mosquitto.conf');
    writeFileSync(configuration, lines.join('\n'));
    process = spawn(MOSQUITTO as string, ['-c', configuration], { stdio: 'ignore' });
    await answers(port, process);
  };
  const kill = async () => {
    const exited = new Promise((resolve) => process?.on('exit', resolve));
    process?.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true });
  };
  await start();
  return { port, start, kill };
}

/** Comes when somebody listens at `port`. */
async function answers(port: number, process: ChildProcess): Promise<void> {
  while (true) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (process.exitCode !== null) throw new Error(`mosquitto ended with ${process.exitCode}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
