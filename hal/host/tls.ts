/** TLS streams. The peer is verified always, by the given trust anchor or by those that come with Node. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, connect } from 'node:tls';
import type { StreamOptions } from '../contract.js';
import { SocketStream } from './socket-stream.js';

export class TLS extends SocketStream {
  constructor(options: StreamOptions) {
    const open = (receive: (chunk: Uint8Array) => void) => {
      const { host, port, secure } = options;
      const serverName = secure?.serverName ?? host;
      const socket = connect({
        host,
        port,
        rejectUnauthorized: true,
        // An IP address cannot be asked for by SNI (RFC 6066, section 3).
        ...(isIP(serverName) === 0 && { servername: serverName }),
        ...(secure?.certificate && { ca: new X509Certificate(secure.certificate).toString() }),
        checkServerIdentity: (_name, certificate) => checkServerIdentity(serverName, certificate),
      });
      socket.on('data', receive);
      return socket;
    };
    super(options, open, 'secureConnect');
  }
}
