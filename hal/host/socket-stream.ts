/**
 * A stream on one of Node's sockets, TCP (tcp.ts) or TLS (tls.ts).
 *
 * They know no protocol above bytes and set no timer: how long to wait for a connection is the user's business. What
 * arrives is kept as Node gave it until it is read; writes of one turn leave together.
 *
 * Invariants: at most UNREAD_BYTES_MAX, and one chunk of Node's, wait to be read; at most WRITE_SPACE_BYTES wait to be
 * sent; after `close()`, or the one call of `onError`, no callback comes.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Stream, StreamOptions } from '../contract.js';

/** Above this, the socket is not read any further, and TCP holds the peer back. */
const UNREAD_BYTES_MAX = 64 * 1024;
const WRITE_SPACE_BYTES = 16 * 1024;

/** What the codes of Node's errors mean to a person. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  EPIPE: 'connection reset by the peer',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found: name resolution failed',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
};

/** Opens the socket, which hands what arrives to `receive`; the chunk is the stream's from then on. */
type Connect = (receive: (chunk: Uint8Array) => void) => Socket;

export class SocketStream implements Stream {
  readonly #options: StreamOptions;
  readonly #socket: Socket;
  #state: 'connecting' | 'open' | 'gone' | 'closed' = 'connecting';
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  /** Space that the user was told of and has not used. */
  #announcedBytes = 0;
  #corked = false;

  constructor(options: StreamOptions, connect: Connect, connectedEvent: 'connect' | 'secureConnect') {
    if (options.host === '') throw new TypeError('a stream needs the host to connect to');
    this.#options = options;
    const socket = connect((chunk) => this.#received(chunk));
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on(connectedEvent, () => this.#opened());
    socket.on('end', () => this.#failed('closed by the peer'));
    socket.on('error', (error) => this.#failed(reasonOf(error, socket)));
    socket.on('close', () => this.#failed('connection closed'));
  }

  read(buffer: Uint8Array): number | undefined {
    if (this.#state === 'gone' || this.#state === 'closed') throw new Error('the stream is gone');
    let count = 0;
    while (count < buffer.length) {
      const first = this.#unread[0];
      if (first === undefined) break;
      const piece = first.subarray(0, buffer.length - count);
      buffer.set(piece, count);
      count += piece.length;
      if (piece.length === first.length) this.#unread.shift();
      else this.#unread[0] = first.subarray(piece.length);
    }
    this.#unreadBytes -= count;
    if (this.#unreadBytes < UNREAD_BYTES_MAX && this.#socket.isPaused()) this.#socket.resume();
    return count === 0 ? undefined : count;
  }

  write(buffer: Uint8Array): number {
    if (this.#state === 'connecting') throw new Error('the stream is not connected yet');
    if (this.#state !== 'open') throw new Error('the stream is gone');
    if (buffer.length > this.#announcedBytes) {
      throw new RangeError(`${buffer.length} bytes cannot be written, there is space for ${this.#announcedBytes}`);
    }
    this.#cork();
    this.#socket.write(Buffer.from(buffer), this.#onWritten);
    this.#announcedBytes = this.#space();
    return this.#announcedBytes;
  }

  close(): void {
    if (this.#state === 'connecting') this.#socket.destroy();
    else if (this.#state === 'open') this.#socket.destroySoon();
    this.#state = 'closed';
    this.#unread.length = 0;
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#announcedBytes = this.#space();
    this.#options.onWritable(this.#announcedBytes);
  }

  #received(chunk: Uint8Array): void {
    if (this.#state !== 'open') return;
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes >= UNREAD_BYTES_MAX) this.#socket.pause();
    this.#options.onReadable(this.#unreadBytes);
  }

  #failed(reason: string): void {
    if (this.#state !== 'connecting' && this.#state !== 'open') return;
    this.#state = 'gone';
    this.#unread.length = 0;
    this.#socket.destroy();
    this.#options.onError(reason);
  }

  /** Small writes of one turn go to the system in one call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** Node calls this for each write when it is done, well or not. */
  readonly #onWritten = (): void => {
    if (this.#state !== 'open' || this.#announcedBytes > 0) return;
    this.#announcedBytes = this.#space();
    if (this.#announcedBytes > 0) this.#options.onWritable(this.#announcedBytes);
  };

  #space(): number {
    return Math.max(0, WRITE_SPACE_BYTES - this.#socket.writableLength);
  }
}

function reasonOf(error: NodeJS.ErrnoException, socket: Socket): string {
  // When several addresses of a host were tried, the error holds one for each.
  const cause: NodeJS.ErrnoException = (error as Partial<AggregateError>).errors?.[0] ?? error;
  if ((socket as Partial<TLSSocket>).authorizationError) return `certificate not accepted: ${cause.message}`;
  return REASONS[cause.code ?? ''] ?? cause.message;
}
