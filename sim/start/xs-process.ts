/**
 * The process of a device on XS, from its boot to its end: texts in both directions, commands, and why it ended. It does not
 * know what the texts mean.
 *
 * The process ends with this one, however this one ends (xs/bus.c).
 */
import type { ChildProcess } from 'node:child_process';
import type { Duplex, Writable } from 'node:stream';
import type { Run, XsEngine } from '../../xs/run.js';
import { describeEnd } from './engine.js';

export interface XsProcessOptions {
  readonly engine: XsEngine;
  readonly run: Run;
  /** A text that came. Where one is given back, it is sent. */
  onText(text: string): string | undefined;
  /** The process is gone, and all that it said was handed over. */
  onEnd(reason: string): void;
}

/** Of what a process writes to stderr. */
const errorCharactersMax = 10_000;
const lengthBytes = 4;

export class XsProcess {
  readonly #options: XsProcessOptions;
  readonly #child: ChildProcess;
  #unread: Buffer = Buffer.alloc(0);
  #errors = '';

  constructor(options: XsProcessOptions) {
    const { engine, run, onEnd } = options;
    this.#options = options;
    const child = engine.start({ ...run, realTime: true, bus: true });
    this.#child = child;
    if (child.pid === undefined) {
      child.once('error', (error) => onEnd(`cannot be started: ${error.message}`));
      return;
    }
    child.on('error', () => {});
    child.on('close', (exitCode, signal) => onEnd(describeEnd({ exitCode, signal, errors: this.#errors }, engine)));
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(0, errorCharactersMax);
    });
    this.#bus.on('data', (bytes: Buffer) => this.#received(bytes));
    // What is written to a process that has just ended.
    for (const stream of [this.#bus, child.stdin as Writable]) stream.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  command(code: number): void {
    this.#child.stdin?.write(Uint8Array.of(code));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  get #bus(): Duplex {
    return this.#child.stdio[3] as Duplex;
  }

  #received(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    while (this.#unread.length >= lengthBytes) {
      const end = lengthBytes + this.#unread.readUInt32LE();
      if (this.#unread.length < end) return;
      const text = this.#unread.toString('utf8', lengthBytes, end);
      this.#unread = this.#unread.subarray(end);
      const answer = this.#options.onText(text);
      if (answer !== undefined) this.#send(answer);
    }
  }

  #send(text: string): void {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32LE(Buffer.byteLength(text));
    this.#bus.write(Buffer.concat([length, Buffer.from(text)]));
  }
}
