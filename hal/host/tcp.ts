/** TCP streams. */
import { connect } from 'node:net';
import type { StreamOptions } from '../contract.js';
import { SocketStream } from './socket-stream.js';

/** What one read of the socket takes; the buffer is used again, where Node would allocate 64 KiB each time. */
const RECEIVE_BYTES = 16 * 1024;

export class TCP extends SocketStream {
  constructor(options: StreamOptions) {
    const open = (receive: (chunk: Uint8Array) => void) => {
      const buffer = new Uint8Array(RECEIVE_BYTES);
      const callback = (count: number) => {
        receive(buffer.slice(0, count));
        return true;
      };
      return connect({ host: options.host, port: options.port, onread: { buffer, callback } });
    };
    super(options, open, 'connect');
  }
}
