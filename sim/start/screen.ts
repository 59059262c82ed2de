/**
 * Where the status appears. On a terminal it is one block that is drawn anew in place, with other lines above it; anywhere
 * else it is lines, every few seconds and when the connection of a device changes.
 */
import type { WriteStream } from 'node:tty';
import type { Status } from './status.js';
import { statusBlock, statusLines } from './status.js';

const plainLinesMilliseconds = 5000;

export interface StatusScreen {
  /** A line for good. */
  say(line: string): void;
  /** The status as it is now; called a few times a second. */
  show(status: Status): void;
  /** The block stays as it is; what is said from now on stands below it. */
  leave(): void;
}

export function statusScreen(output: NodeJS.WritableStream & Partial<WriteStream>): StatusScreen {
  return output.isTTY && process.env.TERM !== 'dumb' ? new BlockScreen(output as WriteStream) : new LineScreen(output);
}

class BlockScreen implements StatusScreen {
  readonly #output: WriteStream;
  #block: string[] = [];

  constructor(output: WriteStream) {
    this.#output = output;
  }

  say(line: string): void {
    this.#draw([line], this.#block);
  }

  show(status: Status): void {
    // A terminal that does not know its size says 0.
    const { columns, rows } = this.#output;
    const screen = { columns: columns || 80, rows: rows || 24, colours: this.#output.hasColors() };
    const block = statusBlock(status, screen);
    if (block.join('\n') !== this.#block.join('\n')) this.#draw([], block);
  }

  leave(): void {
    this.#block = [];
  }

  #draw(lines: string[], block: string[]): void {
    // Cursor up to the first line of the old block, and clear from there (ECMA-48, CPL and ED).
    const erase = this.#block.length > 0 ? `\u001b[${this.#block.length}F\u001b[J` : '';
    this.#output.write(`${erase}${[...lines, ...block].map((line) => `${line}\n`).join('')}`);
    this.#block = block;
  }
}

class LineScreen implements StatusScreen {
  readonly #output: NodeJS.WritableStream;
  #connections: string[] = [];
  #shownAtMilliseconds = Number.NEGATIVE_INFINITY;

  constructor(output: NodeJS.WritableStream) {
    this.#output = output;
  }

  say(line: string): void {
    this.#output.write(`${line}\n`);
  }

  show(status: Status): void {
    // The seconds until the next try count down; that is no change.
    const connections = status.devices.map(({ connection }) =>
      connection.replace(/, (next try in .*|trying now)$/, ''),
    );
    const changed = connections.some((connection, index) => connection !== this.#connections[index]);
    const now = performance.now();
    if (!changed && now - this.#shownAtMilliseconds < plainLinesMilliseconds) return;
    this.#connections = connections;
    this.#shownAtMilliseconds = now;
    for (const line of statusLines(status)) this.say(line);
  }

  leave(): void {}
}
