import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTCPServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTLSServer } from 'node:tls';
import type { StreamConstructor, StreamSecurity } from '../../hal/contract.js';
import { TCP, TLS } from '../../hal/host/host.js';

const hasOpenSSL = spawnSync('openssl', ['version']).status === 0;

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  if (server !== undefined) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

async function listen(created: Server): Promise<number> {
  server = created;
  created.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return (created.address() as AddressInfo).port;
}

/** Connects, sends "hello", and gives what came of it: what the server sent, or the reason of the failure. */
function converse(Connect: StreamConstructor, host: string, port: number, secure?: StreamSecurity) {
  return new Promise<string>((resolve) => {
    const stream = new Connect({
      host,
      port,
      ...(secure && { secure }),
      onReadable: (byteCount) => {
        const buffer = Buffer.alloc(byteCount);
        stream.read(buffer);
        stream.close();
        resolve(buffer.toString());
      },
      onWritable: () => stream.write(Buffer.from('hello')),
      onError: resolve,
    });
  });
}

describe('TCP on the host', () => {
  it('finds a host by its name', async () => {
    const port = await listen(createTCPServer((socket) => socket.pipe(socket)));
    expect(await converse(TCP, 'localhost', port)).toBe('hello');
  });

  it('says that there is no such host', async () => {
    // An empty label is no name (RFC 1035, section 2.3.1): the resolver says so without asking a server.
    expect(await converse(TCP, 'a..b', 1883)).toBe('host not found');
  });

  it('tells a reset from a close', async () => {
    const port = await listen(createTCPServer((socket) => socket.on('data', () => socket.resetAndDestroy())));
    expect(await converse(TCP, '127.0.0.1', port)).toBe('connection reset by the peer');
  });

  it('holds the peer back while nothing is read, and then gets everything', async () => {
    const total = 4 * 1024 * 1024;
    const port = await listen(createTCPServer((socket) => socket.end(Buffer.alloc(total, 1))));
    let announcedWhileWaiting = 0;
    let received = 0;
    const reason = await new Promise<string>((resolve) => {
      let waiting = false;
      const read = (byteCount: number) => {
        received += stream.read(new Uint8Array(byteCount)) ?? 0;
      };
      const waitTurns = (turns: number, byteCount: number) => {
        waiting = turns > 0;
        if (waiting) setImmediate(() => waitTurns(turns - 1, byteCount));
        else read(byteCount);
      };
      const stream = new TCP({
        host: '127.0.0.1',
        port,
        onReadable: (byteCount) => {
          if (waiting) announcedWhileWaiting += 1;
          else if (received > 0) read(byteCount);
          else if (byteCount >= 64 * 1024) waitTurns(20, byteCount);
        },
        onWritable: () => {},
        onError: resolve,
      });
    });
    expect(reason).toBe('closed by the peer');
    expect(received).toBe(total);
    expect(announcedWhileWaiting).toBe(0);
  });

  it('gives the writes of one turn to the system together', async () => {
    const chunks: number[] = [];
    const port = await listen(createTCPServer((socket) => socket.on('data', (bytes) => chunks.push(bytes.length))));
    await new Promise<void>((resolve) => {
      const stream = new TCP({
        host: '127.0.0.1',
        port,
        onReadable: () => {},
        onWritable: () => {
          for (let count = 0; count < 100; count++) stream.write(new Uint8Array(10));
          stream.close();
        },
        onError: () => {},
      });
      server?.on('connection', (socket: Socket) => socket.on('end', resolve));
    });
    expect(chunks).toEqual([1000]);
  });
});

(hasOpenSSL ? describe : describe.skip)('TLS on the host (needs openssl)', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'godwit-tls-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** A self-signed certificate for `names`, which is its own trust anchor. */
  const makeCertificate = (name: string, names: string) => {
    const key = join(directory, `${name}.key`);
    const certificate = join(directory, `${name}.pem`);
    const { status, stderr } = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', certificate, '-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`],
    ]);
    if (status !== 0) throw new Error(stderr.toString());
    const cert = readFileSync(certificate);
    return { key: readFileSync(key), cert, der: new Uint8Array(new X509Certificate(cert).raw) };
  };

  const listenWith = ({ key, cert }: { key: Buffer; cert: Buffer }) => {
    const created = createTLSServer({ key, cert }, (socket) => socket.pipe(socket));
    created.on('tlsClientError', () => {});
    return listen(created);
  };

  it('talks to a peer with the right certificate, by name and by address', async () => {
    const broker = makeCertificate('broker', 'DNS:broker.test,DNS:localhost,IP:127.0.0.1');
    const port = await listenWith(broker);
    const certificate = broker.der;
    expect(await converse(TLS, 'localhost', port, { certificate })).toBe('hello');
    expect(await converse(TLS, '127.0.0.1', port, { certificate })).toBe('hello');
    expect(await converse(TLS, '127.0.0.1', port, { certificate, serverName: 'broker.test' })).toBe('hello');
  });

  it('expects the address in the certificate when the name to expect is one', async () => {
    const broker = makeCertificate('address', 'IP:127.0.0.1');
    const port = await listenWith(broker);
    const secure = { certificate: broker.der, serverName: '127.0.0.1' };
    expect(await converse(TLS, 'localhost', port, secure)).toBe('hello');
  });

  it('refuses a peer that another authority vouches for', async () => {
    const port = await listenWith(makeCertificate('impostor', 'DNS:localhost'));
    const { der } = makeCertificate('trusted', 'DNS:localhost');
    expect(await converse(TLS, 'localhost', port, { certificate: der })).toMatch(/^certificate not accepted: .+/);
  });

  it('refuses a peer that no public authority vouches for, when no trust anchor is given', async () => {
    const port = await listenWith(makeCertificate('private', 'DNS:localhost'));
    expect(await converse(TLS, 'localhost', port)).toMatch(/^certificate not accepted: .+/);
  });

  it('refuses a peer of another name', async () => {
    const broker = makeCertificate('other', 'DNS:broker.test');
    const port = await listenWith(broker);
    const certificate = broker.der;
    const mismatch = /^certificate not accepted: .*does not match/;
    expect(await converse(TLS, 'localhost', port, { certificate })).toMatch(mismatch);
    expect(await converse(TLS, '127.0.0.1', port, { certificate })).toMatch(/^certificate not accepted: .*not in/);
    expect(await converse(TLS, 'localhost', port, { certificate, serverName: '127.0.0.1' })).toMatch(
      /^certificate not/,
    );
    expect(await converse(TLS, '127.0.0.1', port, { certificate, serverName: 'x.test' })).toMatch(mismatch);
  });

  it('throws at once on a trust anchor that is no certificate', () => {
    const nothing = () => {};
    const secure = { certificate: Uint8Array.of(1, 2, 3) };
    const options = { host: 'localhost', port: 8883, secure };
    expect(() => new TLS({ ...options, onReadable: nothing, onWritable: nothing, onError: nothing })).toThrow();
  });

  it('fails when the peer does not speak TLS', async () => {
    const port = await listen(createTCPServer((socket) => socket.end('no TLS here')));
    expect(await converse(TLS, 'localhost', port)).not.toBe('hello');
  });
});
