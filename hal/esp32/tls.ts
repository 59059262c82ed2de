/**
 * A TLS 1.2 connection: TcpStream below, TlsSession in between, the contract's words above.
 *
 * Whatever the session throws ends the stream by `onError`; an exception that left a callback would restart the chip.
 * For the same reason nothing of the caller runs inside the guarded parts: what it throws is its own.
 *
 *     TcpStream  --records-->  transport  --TlsSession-->  #plain  -->  read()
 *     write()  --TlsSession-->  records  -->  TcpStream
 *
 * The trust anchor is `secure.certificate`, or else what is stored under the key "certificate" in the key-value storage.
 * A certificate has dates, so there is no TLS before the clock is set.
 */
import Timer from 'timer';
import type { Stream, StreamOptions } from '../contract.js';
import { readBinary } from './key-value.js';
import { messageOf } from './message.js';
import { TcpStream } from './stream.js';
import { TlsSession, type Transport } from './tls-session.js';

/** From the first byte to the peer's proof. The arithmetic alone takes an ESP32 some seconds. */
const handshakeMillisecondsMax = 30_000;
/** What a record adds to its data: header 5, explicit nonce 8, tag 16. */
const recordOverheadByteCount = 29;
/** A record's data and its encrypted copy are in memory together. */
const recordBytesMax = 1024;
/** 2024-01-01. A clock that shows less was not set. */
const clockMillisecondsMin = 1_704_067_200_000;

type State = 'connecting' | 'shaking' | 'secured' | 'gone';

export class TlsStream implements Stream {
  readonly #options: StreamOptions;
  #stream: TcpStream | undefined;
  #session: TlsSession | undefined;
  readonly #transport: Transport;
  #state: State = 'connecting';
  #timer: Timer | undefined;
  /** A record's data that was announced, and how much of it was read. */
  #plain: Uint8Array | undefined;
  #plainOffset = 0;
  /** Space last announced, less what was written since. */
  #writable = 0;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#transport = {
      readable: 0,
      writable: 0,
      read: (buffer) => void this.#stream?.read(buffer),
      write: (packet) => this.#stream?.write(packet) ?? 0,
    };
    this.#stream = new TcpStream({
      host: options.host,
      port: options.port,
      onReadable: (byteCount) => this.#onReadable(byteCount),
      onWritable: (byteCount) => this.#onWritable(byteCount),
      onError: (reason) => this.#fail(reason),
    });
  }

  read(buffer: Uint8Array): number | undefined {
    if (this.#state === 'gone') throw new Error('the stream is gone');
    if (this.#plain === undefined) return undefined;
    const part = this.#plain.subarray(this.#plainOffset, this.#plainOffset + buffer.length);
    buffer.set(part);
    this.#plainOffset += part.length;
    if (this.#plainOffset === this.#plain.length) {
      this.#plain = undefined;
      if (this.#transport.readable > 0) this.#timer ??= Timer.set(() => this.#resume());
    }
    return part.length;
  }

  write(buffer: Uint8Array): number {
    if (this.#state === 'gone') throw new Error('the stream is gone');
    if (this.#state !== 'secured') throw new Error('the stream is not connected yet');
    if (buffer.length > this.#writable) {
      throw new RangeError(`${buffer.length} bytes do not fit in the ${this.#writable} that can be written`);
    }
    if (buffer.length > 0) this.#session?.write(this.#transport, buffer);
    this.#writable = this.#space();
    return this.#writable;
  }

  close(): void {
    if (this.#state === 'secured') this.#notifyClose();
    this.#release();
  }

  #onWritable(byteCount: number): void {
    this.#transport.writable = byteCount;
    if (this.#state === 'connecting') this.#begin();
    else if (this.#state === 'secured') this.#announceSpace();
  }

  #onReadable(byteCount: number): void {
    this.#transport.readable = byteCount;
    if (this.#state === 'shaking') this.#shake();
    else if (this.#state === 'secured') this.#receive();
  }

  #begin(): void {
    this.#state = 'shaking';
    this.#timer = Timer.set(() => this.#fail('TLS: the handshake took too long'), handshakeMillisecondsMax);
    const { host, secure } = this.#options;
    const trustAnchor = secure?.certificate ?? readBinary('certificate');
    if (trustAnchor === undefined) {
      this.#fail('TLS: there is no certificate to trust, neither configured nor stored');
    } else if (Date.now() < clockMillisecondsMin) {
      this.#fail('TLS: the clock is not set yet, so no certificate can be verified');
    } else {
      this.#shake(() => {
        this.#session = new TlsSession(trustAnchor, secure?.serverName ?? host);
      });
    }
  }

  #shake(prepare?: () => void): void {
    let secured: boolean | undefined;
    try {
      prepare?.();
      secured = this.#session?.shake(this.#transport);
    } catch (error) {
      this.#fail(`TLS: ${messageOf(error)}`);
    }
    if (!secured) return;
    this.#clearTimer();
    this.#state = 'secured';
    this.#announceSpace();
    this.#receive();
  }

  #resume(): void {
    this.#timer = undefined;
    this.#receive();
  }

  #receive(): void {
    if (this.#state !== 'secured' || this.#plain !== undefined) return;
    let data: Uint8Array | undefined | null;
    try {
      do data = this.#session?.read(this.#transport);
      while (data?.length === 0);
    } catch (error) {
      this.#fail(`TLS: ${messageOf(error)}`);
      return;
    }
    if (data === null) this.#fail('closed by the peer');
    if (!data) return;
    this.#plain = data;
    this.#plainOffset = 0;
    this.#options.onReadable(data.length);
  }

  #announceSpace(): void {
    this.#writable = this.#space();
    if (this.#writable > 0) this.#options.onWritable(this.#writable);
  }

  #space(): number {
    return Math.max(0, Math.min(this.#transport.writable - recordOverheadByteCount, recordBytesMax));
  }

  #notifyClose(): void {
    try {
      this.#session?.notifyClose(this.#transport);
    } catch {
      // Full, or gone already: the peer learns it from TCP.
    }
  }

  #clearTimer(): void {
    Timer.clear(this.#timer);
    this.#timer = undefined;
  }

  #release(): void {
    this.#state = 'gone';
    this.#clearTimer();
    this.#stream?.close();
    this.#stream = undefined;
    this.#session = undefined;
    this.#plain = undefined;
  }

  #fail(reason: string): void {
    if (this.#state === 'gone') return;
    this.#release();
    this.#options.onError(reason);
  }
}
