/**
 * A TCP connection of the SDK, held to the words of the contract.
 *
 * What the SDK does otherwise, and is put right here: it takes addresses only; it says neither that it cannot connect
 * for want of a route nor why a connection ended; a read of more than there is throws, a write after the end returns
 * nothing; data may be announced before the connection is; the end may be announced twice.
 *
 * It does not know what the bytes mean, nor TLS (tls.ts stands on top of this).
 */
import TCP from 'embedded:io/socket/tcp';
import Timer from 'timer';
import type { Stream, StreamOptions } from '../contract.js';
import { messageOf } from './message.js';

/** For the name and the connection together. lwIP alone would go on for minutes. */
const connectMillisecondsMax = 30_000;

type State = 'connecting' | 'connected' | 'gone';

export class TcpStream implements Stream {
  readonly #options: StreamOptions;
  #socket: TCP | undefined;
  #state: State = 'connecting';
  #timer: Timer | undefined;
  /** Bytes announced and not read yet. */
  #readable = 0;
  /** Space last announced, less what was written since. */
  #writable = 0;

  constructor(options: StreamOptions) {
    const { host, port } = options;
    if (host === '') throw new RangeError('a stream needs a host');
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new RangeError(`${port} is not a port`);
    this.#options = options;
    this.#timer = Timer.set(() => this.#fail(`${host}:${port} does not answer`), connectMillisecondsMax);
    try {
      System.resolve(host, (_name, address) => this.#connect(address));
    } catch (error) {
      this.#failLater(messageOf(error));
    }
  }

  read(buffer: Uint8Array): number | undefined {
    if (this.#state === 'gone') throw new Error('the stream is gone');
    if (this.#readable === 0 || this.#state === 'connecting') return undefined;
    const byteCount = Math.min(buffer.length, this.#readable);
    if (byteCount > 0) this.#socket?.read(buffer.subarray(0, byteCount));
    this.#readable -= byteCount;
    return byteCount;
  }

  write(buffer: Uint8Array): number {
    if (this.#state !== 'connected') throw new Error(`the stream is ${this.#state}`);
    if (buffer.length > this.#writable) {
      throw new RangeError(`${buffer.length} bytes do not fit in the ${this.#writable} that can be written`);
    }
    if (buffer.length === 0) return this.#writable;
    // Typed as returning nothing, which it does only after the end; `onError` is then on its way.
    const writable = this.#socket?.write(buffer) as number | undefined;
    if (writable === undefined) throw new Error('the stream is gone');
    this.#writable = writable;
    return writable;
  }

  close(): void {
    this.#state = 'gone';
    Timer.clear(this.#timer);
    this.#timer = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #connect(address: string | undefined): void {
    if (this.#state === 'gone') return;
    const { host, port } = this.#options;
    if (address === undefined) {
      this.#fail(`the name ${host} cannot be resolved`);
      return;
    }
    try {
      this.#socket = new TCP({
        address,
        port,
        nodelay: true,
        onReadable: (byteCount) => this.#onReadable(byteCount),
        onWritable: (byteCount) => this.#onWritable(byteCount),
        onError: () => this.#fail(this.#state === 'connected' ? 'closed by the peer' : `${host}:${port} refused`),
      });
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  /** `byteCount` is all that has arrived and was not read. */
  #onReadable(byteCount: number): void {
    this.#readable = byteCount;
    if (this.#state === 'connected') this.#options.onReadable(byteCount);
  }

  #onWritable(byteCount: number): void {
    if (this.#state === 'gone' || byteCount === 0) return;
    const isFirst = this.#state === 'connecting';
    this.#state = 'connected';
    this.#writable = byteCount;
    if (isFirst) {
      Timer.clear(this.#timer);
      this.#timer = undefined;
    }
    this.#options.onWritable(byteCount);
    if (isFirst && this.#readable > 0) this.#onReadable(this.#readable);
  }

  #failLater(reason: string): void {
    Timer.clear(this.#timer);
    this.#timer = Timer.set(() => this.#fail(reason));
  }

  #fail(reason: string): void {
    if (this.#state === 'gone') return;
    this.close();
    this.#options.onError(reason);
  }
}
