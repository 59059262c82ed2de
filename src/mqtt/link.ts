/**
 * The connection's bytes: one stream at a time, and a buffer each way.
 *
 * Knows nothing of MQTT. The callbacks of the stream only record what happened and call `onEvent`, except that they also
 * take what arrived out of the stream as far as there is room, since what a stream holds is lost when it fails: a broker
 * that refuses a client says why and closes in one breath.
 *
 *   transmit   [ 0 .. end )  encoded, not yet taken by the stream; the owner encodes at `end` and moves it
 */
import type { Stream, StreamConstructor, StreamOptions, StreamSecurity } from '../../hal/contract.js';

export interface LinkOptions {
  readonly Stream: StreamConstructor;
  readonly host: string;
  readonly port: number;
  readonly secure?: StreamSecurity | undefined;
  readonly transmitCapacityBytes: number;
  /** What arrives is handed on in pieces of up to so many bytes. */
  readonly receiveCapacityBytes: number;
  readonly onEvent: () => void;
}

/** It is what its streams are told, too, and whom they tell: a closure for each event would cost RAM on a device. */
export class Link implements StreamOptions {
  readonly host: string;
  readonly port: number;
  readonly secure: StreamSecurity | undefined;
  /** The bytes to be sent; see `end`. */
  readonly transmit: Uint8Array;
  end = 0;
  sentBytes = 0;
  receivedBytes = 0;
  readonly #Stream: StreamConstructor;
  readonly #onEvent: () => void;
  readonly #receive: Uint8Array;
  #received = 0;
  /** Whether the stream may hold more. */
  #isReadable = false;
  #stream: Stream | undefined;
  #established = false;
  #failure: string | undefined;
  /** Bytes the stream will take now. */
  #space = 0;

  constructor(options: LinkOptions) {
    this.transmit = new Uint8Array(options.transmitCapacityBytes);
    this.#receive = new Uint8Array(options.receiveCapacityBytes);
    this.#Stream = options.Stream;
    this.#onEvent = options.onEvent;
    this.host = options.host;
    this.port = options.port;
    this.secure = options.secure;
  }

  /** Whether the stream has connected. */
  get established(): boolean {
    return this.#established;
  }

  /** Why the stream is gone; undefined while it is not. What had arrived before can still be received. */
  get failure(): string | undefined {
    return this.#failure;
  }

  open(): void {
    this.#stream = new this.#Stream(this);
  }

  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#established = false;
    this.#failure = undefined;
    this.#space = 0;
    this.#received = 0;
    this.#isReadable = false;
    this.end = 0;
  }

  /** The next piece of what has arrived; undefined when there is none. Valid until the next call, or the next event. */
  take(): Uint8Array | undefined {
    if (this.#received === 0) this.fill();
    if (this.#received === 0) return undefined;
    const bytes = this.#receive.subarray(0, this.#received);
    this.receivedBytes += this.#received;
    this.#received = 0;
    return bytes;
  }

  /** Gives the stream as much as it takes: it announces more space only after all of it was used. */
  flush(): void {
    let sent = 0;
    while (sent < this.end && this.#space > 0 && this.#stream !== undefined && this.#failure === undefined) {
      const count = Math.min(this.#space, this.end - sent);
      this.#space = this.#stream.write(this.transmit.subarray(sent, sent + count));
      sent += count;
    }
    if (sent === 0) return;
    this.sentBytes += sent;
    this.transmit.copyWithin(0, sent, this.end);
    this.end -= sent;
  }

  onReadable(): void {
    this.#isReadable = true;
    this.fill();
    this.#onEvent();
  }

  onWritable(byteCount: number): void {
    this.#established = true;
    this.#space = byteCount;
    this.#onEvent();
  }

  onError(reason: string): void {
    this.#failure = reason;
    this.#onEvent();
  }

  private fill(): void {
    while (this.#isReadable && this.#stream !== undefined && this.#failure === undefined) {
      const room = this.#receive.length - this.#received;
      if (room === 0) return;
      const count =
        this.#stream.read(this.#received === 0 ? this.#receive : this.#receive.subarray(this.#received)) ?? 0;
      this.#received += count;
      // A stream gives as much as fits, and tells when more arrives.
      this.#isReadable = count === room;
    }
  }
}
