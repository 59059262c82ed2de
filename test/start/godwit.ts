/** The command as a process of its own, as it was built, what it replays, and a broker that writes down what it is sent. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { fileOf, folder } from '../input/files.js';

const command = join(import.meta.dirname, '..', '..', 'build', 'host', 'sim', 'command.js');
/** How long a test with processes may take on a busy computer. */
export const processMilliseconds = 60_000;

const running = new Set<ChildProcessWithoutNullStreams>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Numbered rows, a minute apart. */
export function rowsOf(count: number): string {
  return fileOf(`t,row\n${Array.from({ length: count }, (_, row) => `${1_300_000_000 + row * 60},${row}\n`).join('')}`);
}

let folders = 0;

export function newFolder(): string {
  return join(folder, `data-${++folders}`);
}

export class Godwit {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown[]>;

  constructor(...parameters: string[]) {
    this.#child = spawn(process.execPath, [command, ...parameters], { env: { ...process.env, NO_COLOR: '1' } });
    running.add(this.#child);
    this.#closed = once(this.#child, 'close').finally(() => running.delete(this.#child));
    this.#child.stdout.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  /** Resolves once the output matches. */
  async says(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.stdout.match(pattern);
      if (match !== null) return match;
      await Promise.race([once(this.#child.stdout, 'data'), this.#endsTooEarly(pattern)]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves to the exit status, or the signal that ended the process. */
  async ended(): Promise<number | string> {
    const [status, signal] = (await this.#closed) as [number | null, string | null];
    return status ?? signal ?? 'unknown';
  }

  async #endsTooEarly(pattern: RegExp): Promise<never> {
    await this.#closed;
    throw new Error(`godwit ended and did not say ${pattern}:\n${this.stdout}${this.stderr}`);
  }
}

export interface Received {
  readonly topic: string;
  readonly text: string;
}

/** An aedes broker on a free port of the loopback interface. */
export class TestBroker {
  readonly received: Received[] = [];
  readonly url: string;
  readonly #close: () => void;
  #onReceived = () => {};

  private constructor(aedes: Aedes, port: number, close: () => void) {
    this.url = `mqtt://127.0.0.1:${port}`;
    this.#close = close;
    aedes.on('publish', ({ topic, payload }, client) => {
      if (client === null) return;
      this.received.push({ topic, text: payload.toString() });
      this.#onReceived();
    });
  }

  static async start(): Promise<TestBroker> {
    const aedes = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      aedes.handle(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestBroker(aedes, (server.address() as AddressInfo).port, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      aedes.close();
    });
  }

  /** Resolves once `condition` holds; it is tried at each message. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onReceived = () => {
        if (condition()) resolve();
      };
      this.#onReceived();
    });
  }

  /** Every reading as it came, also those that came twice. */
  readings(): { seq: number; values: Record<string, number> }[] {
    const telemetry = this.received.filter(({ topic }) => topic.endsWith('/telemetry'));
    return telemetry.flatMap(({ text }) => JSON.parse(text));
  }

  /** The numbers of the rows that came. */
  rows(): Set<number> {
    const numbers = this.readings().flatMap(({ values }) => (values.row === undefined ? [] : [values.row]));
    return new Set(numbers);
  }

  /** How many readings came, those that came twice counted once: these must be equal, and no number may be missing. */
  distinctReadings(): number {
    const bySequence = new Map<number, string>();
    for (const reading of this.readings()) {
      const text = JSON.stringify(reading);
      expect(bySequence.get(reading.seq) ?? text).toBe(text);
      bySequence.set(reading.seq, text);
    }
    expect([...bySequence.keys()].sort((a, b) => a - b)).toEqual([...bySequence.keys()].map((_, index) => index));
    return bySequence.size;
  }

  close(): void {
    this.#close();
  }
}

/** A port of the loopback interface where nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
