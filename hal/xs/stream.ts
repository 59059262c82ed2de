/**
 * TCP streams of the XS host. The host keeps the bytes, the states and the rules; this hands its events to the options'
 * callbacks. There is no TLS: such a stream fails at once, as one whose peer is not the one it says.
 */
import type { Stream, StreamOptions } from '../contract.js';

export class TCP implements Stream {
  readonly #id: number;

  constructor(options: StreamOptions) {
    this.#id = native.streamOpen(options.host, options.port, (event, detail) => {
      if (event === 0) options.onReadable(detail as number);
      else if (event === 1) options.onWritable(detail as number);
      else options.onError(detail as string);
    });
  }

  read(buffer: Uint8Array): number | undefined {
    return native.streamRead(this.#id, buffer);
  }

  write(buffer: Uint8Array): number {
    return native.streamWrite(this.#id, buffer);
  }

  close(): void {
    native.streamClose(this.#id);
  }
}

export class TLS implements Stream {
  readonly #timer: number;

  constructor(options: StreamOptions) {
    this.#timer = native.setTimer(() => options.onError('the XS host has no TLS'), 0);
  }

  read(): number | undefined {
    return undefined;
  }

  write(): number {
    throw new Error('the stream is not connected yet');
  }

  close(): void {
    native.clearTimer(this.#timer);
  }
}
