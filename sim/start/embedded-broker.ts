/** An MQTT broker within this process (aedes), on the loopback interface only and without any persistence. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Aedes } from 'aedes';

const loopbackHost = '127.0.0.1';
/** Time for a DISCONNECT on its way: without it, clients that said goodbye would count as lost. */
const goodbyeMilliseconds = 100;

export interface EmbeddedBroker {
  readonly host: string;
  readonly port: number;
  /** Ends every connection, after what was sent before has been taken. */
  close(): Promise<void>;
}

/** Port 0 takes one that is free. Rejects with an Error that says in one sentence why the port cannot be had. */
export async function startEmbeddedBroker(port: number): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  server.listen(port, loopbackHost);
  try {
    await once(server, 'listening');
  } catch (error) {
    aedes.close();
    throw new Error(listenFault(port, error as NodeJS.ErrnoException));
  }
  return {
    host: loopbackHost,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await setTimeout(goodbyeMilliseconds);
      aedes.close();
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

function listenFault(port: number, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} is in use; choose another with --port, or use the broker there: --broker mqtt://localhost:${port}`;
  }
  if (error.code === 'EACCES')
    return `port ${port} needs rights that this user does not have; choose another with --port`;
  return `the broker cannot listen on port ${port}: ${error.message}`;
}
