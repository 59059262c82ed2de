/**
 * One simulated TCP connection: a stream on the device's side, a peer on the server's side, and a pipe each way.
 *
 * It knows who may still be told what; how bytes travel is in pipe.ts, how connections begin and break in network.ts.
 *
 * Invariants: a stream's `onError` comes at most once, after the bytes that arrived before it, and nothing comes after
 * `close()`; the same holds for a peer's `onClose`.
 */
import type { Stream, StreamOptions } from '../contract.js';
import { type LinkConditions, Pipe } from './pipe.js';

/** Joins the two ends. Each end tells it what it does; it tells the other end, in time. */
export class Connection {
  readonly toPeer: Pipe;
  readonly toStream: Pipe;
  readonly stream: SimStream;
  peer: SimPeer | undefined;

  constructor(link: LinkConditions, stream: SimStream) {
    this.stream = stream;
    this.toPeer = new Pipe(link, (bytes) => {
      stream.delivered(bytes.length);
      this.peer?.received(bytes);
    });
    this.toStream = new Pipe(link, (bytes) => {
      if (stream.live) stream.received(bytes);
      else if (link.connected) this.toPeer.signal(() => this.peer?.failed('connection reset by the peer'));
    });
  }

  /** Neither end is in use: nothing more can happen. */
  get ended(): boolean {
    return !this.stream.live && (this.peer === undefined || !this.peer.live);
  }

  /** From now on nothing gets through, and neither end hears of it. */
  break(): void {
    this.toPeer.break();
    this.toStream.break();
  }
}

/** The device's end. Made by the constructors of a link; used as a `Stream` only, the rest is the network's. */
export class SimStream implements Stream {
  readonly #link: LinkConditions;
  readonly #options: StreamOptions;
  readonly #connection: Connection;
  #state: 'connecting' | 'open' | 'gone' | 'closed' = 'connecting';
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  /** Written, and not yet delivered to the peer. */
  #underWayBytes = 0;
  /** Space that the user was told of and has not used. */
  #announcedBytes = 0;

  constructor(link: LinkConditions, options: StreamOptions) {
    if (options.host === '') throw new TypeError('a stream needs the host to connect to');
    if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65535) {
      throw new RangeError(`a port is a whole number from 1 to 65535, not ${options.port}`);
    }
    this.#link = link;
    this.#options = options;
    this.#connection = new Connection(link, this);
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Connecting or connected. */
  get live(): boolean {
    return this.#state === 'connecting' || this.#state === 'open';
  }

  read(buffer: Uint8Array): number | undefined {
    if (!this.live) throw new Error('the stream is gone');
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
    return count === 0 ? undefined : count;
  }

  write(buffer: Uint8Array): number {
    if (this.#state === 'connecting') throw new Error('the stream is not connected yet');
    if (!this.live) throw new Error('the stream is gone');
    if (buffer.length > this.#announcedBytes) {
      throw new RangeError(`${buffer.length} bytes cannot be written, there is space for ${this.#announcedBytes}`);
    }
    this.#underWayBytes += buffer.length;
    this.#connection.toPeer.send(buffer);
    this.#announcedBytes = this.#space();
    return this.#announcedBytes;
  }

  close(): void {
    if (this.live) {
      const { peer, toPeer } = this.#connection;
      if (peer === undefined) toPeer.clear();
      else toPeer.signal(() => peer.failed('closed by the peer'));
      this.#connection.toStream.clear();
    }
    this.#state = 'closed';
    this.#unread = [];
  }

  /** Power is gone: the stream falls silent on both sides. */
  abandon(): void {
    this.#state = 'closed';
    this.#connection.toStream.clear();
  }

  opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#announcedBytes = this.#space();
    this.#options.onWritable(this.#announcedBytes);
  }

  received(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#options.onReadable(this.#unreadBytes);
  }

  delivered(byteCount: number): void {
    this.#underWayBytes -= byteCount;
    if (this.#state !== 'open' || this.#announcedBytes > 0) return;
    this.#announcedBytes = this.#space();
    if (this.#announcedBytes > 0) this.#options.onWritable(this.#announcedBytes);
  }

  failed(reason: string): void {
    if (!this.live) return;
    this.#state = 'gone';
    this.#unread = [];
    this.#connection.toStream.clear();
    this.#options.onError(reason);
  }

  #space(): number {
    return Math.max(0, this.#link.writeSpaceBytes - this.#underWayBytes);
  }
}

/** The server's end, as `SimNetwork.listen` hands it out. */
export class SimPeer {
  /** Takes what arrived; without it, bytes are read and thrown away. Set it when the peer is handed out. */
  onData: ((bytes: Uint8Array) => void) | undefined;
  /** The connection is gone. Called once at most, and not after `close()` or `reset()`. */
  onClose: ((reason: string) => void) | undefined;
  readonly #connection: Connection;
  #live = true;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get live(): boolean {
    return this.#live;
  }

  /** Sends `bytes`, of any number; nothing happens when the connection is gone. */
  send(bytes: Uint8Array): void {
    if (this.#live) this.#connection.toStream.send(bytes);
  }

  /** Closes after what was sent has arrived. */
  close(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#connection.toStream.signal(() => this.#connection.stream.failed('closed by the peer'));
  }

  /** Closes at once; what was sent and has not arrived is lost. */
  reset(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#connection.toStream.clear();
    this.#connection.toStream.signal(() => this.#connection.stream.failed('connection reset by the peer'));
  }

  received(bytes: Uint8Array): void {
    if (this.#live) this.onData?.(bytes);
  }

  failed(reason: string): void {
    if (!this.#live) return;
    this.#live = false;
    this.onClose?.(reason);
  }
}
