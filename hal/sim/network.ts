/**
 * A virtual network: servers that listen by host name and port, and one link for each device, with named faults.
 *
 * It knows no protocol above bytes. A link is the device's way to every server; its conditions may change at any moment
 * and hold for what is sent, or delivered, from then on. Connections of other links are not touched.
 */
import type { Network, Random, StreamConstructor, StreamOptions } from '../contract.js';
import { type Connection, SimPeer, SimStream } from './connection.js';
import type { LinkConditions } from './pipe.js';
import type { Scheduler } from './scheduler.js';

export interface SimNetworkOptions {
  readonly scheduler: Scheduler;
  /** Where the sizes of fragments come from. */
  readonly random: Random;
}

/** Called for each connection that a server accepts; sets `onData` and `onClose` of the peer. */
type ConnectionHandler = (peer: SimPeer) => void;

export class SimNetwork {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly #listeners = new Map<string, SimListener>();

  constructor({ scheduler, random }: SimNetworkOptions) {
    this.scheduler = scheduler;
    this.random = random;
  }

  /** A server at `host` and `port` until the listener is closed. Throws an Error when the address is taken. */
  listen(host: string, port: number, onConnection: ConnectionHandler): SimListener {
    const address = `${host}:${port}`;
    if (this.#listeners.has(address)) throw new Error(`${address} is in use`);
    const listener = new SimListener(onConnection, () => this.#listeners.delete(address));
    this.#listeners.set(address, listener);
    return listener;
  }

  /** A new device's way into the network. */
  link(): SimLink {
    return new SimLink(this, (host, port) => this.#listeners.get(`${host}:${port}`));
  }
}

/** A listening server. While it is closed, connections to its address are refused. */
export class SimListener {
  readonly #onConnection: ConnectionHandler;
  readonly #onClosed: () => void;
  #peers: SimPeer[] = [];

  constructor(onConnection: ConnectionHandler, onClosed: () => void) {
    this.#onConnection = onConnection;
    this.#onClosed = onClosed;
  }

  accept(peer: SimPeer): void {
    this.#peers = this.#peers.filter(({ live }) => live);
    this.#peers.push(peer);
    this.#onConnection(peer);
  }

  /** Resets every live connection and frees the address. */
  close(): void {
    this.#onClosed();
    for (const peer of this.#peers) peer.reset();
    this.#peers = [];
  }
}

export class SimLink implements Network, LinkConditions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly TCP: StreamConstructor;
  /** The same as TCP: a simulated peer is always the one it says. */
  readonly TLS: StreamConstructor;
  /** One way; a round trip takes twice as long. */
  latencyMilliseconds = 0;
  /** In each direction of each connection. No limit while undefined. */
  bandwidthBytesPerSecond: number | undefined;
  /** Bytes that a stream takes before the peer has received some of them: small means short writes. At least 1. */
  writeSpaceBytes = 1460;
  /**
   * Bytes arrive in pieces of random sizes up to this, whatever the sizes they were sent in; 1 delivers every byte on
   * its own. Undefined: as they were sent.
   */
  fragmentBytes: number | undefined;

  readonly #find: (host: string, port: number) => SimListener | undefined;
  #connections: Connection[] = [];
  #connected = true;
  #stalled = false;
  #powered = true;
  #onChanged: (() => void) | undefined;

  constructor({ scheduler, random }: SimNetworkOptions, find: (host: string, port: number) => SimListener | undefined) {
    this.scheduler = scheduler;
    this.random = random;
    this.#find = find;
    const connect = (stream: SimStream, options: StreamOptions) => this.#connect(stream, options);
    const link = this;
    this.TCP = class extends SimStream {
      constructor(options: StreamOptions) {
        super(link, options);
        connect(this, options);
      }
    };
    this.TLS = this.TCP;
  }

  get connected(): boolean {
    return this.#connected;
  }

  watch(onChanged: () => void): void {
    this.#onChanged = onChanged;
  }

  /** Whether the device holds an address. Losing it ends every stream with `onError`; the servers hear nothing. */
  setConnected(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (!connected) this.#failStreams();
    const onChanged = this.#onChanged;
    this.scheduler.at(this.scheduler.now, () => {
      if (onChanged === this.#onChanged) onChanged?.();
    });
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** Holds everything under way, handshakes too, and loses nothing: the peer seems half dead. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    for (const { toPeer, toStream } of this.#connections) {
      toPeer.resume();
      toStream.resume();
    }
  }

  /** Resets every connection: both ends hear of it after the latency, what was under way is lost. */
  cut(): void {
    for (const connection of this.#connections) {
      connection.break();
      this.scheduler.at(this.scheduler.now + this.latencyMilliseconds, () => {
        connection.stream.failed('connection reset');
        connection.peer?.failed('connection reset');
      });
    }
  }

  /** Every connection goes half-open: packets disappear, and neither end hears of it. New connections work. */
  vanish(): void {
    for (const connection of this.#connections) connection.break();
  }

  /** The device loses power: its streams fall silent, and a server that sends to them later is told by a reset. */
  powerDown(): void {
    this.#powered = false;
    this.#onChanged = undefined;
    for (const { stream } of this.#connections) stream.abandon();
  }

  powerUp(): void {
    this.#powered = true;
  }

  #connect(stream: SimStream, { host, port }: StreamOptions): void {
    if (!this.#powered) {
      stream.abandon();
      return;
    }
    if (!this.#connected) {
      this.scheduler.at(this.scheduler.now, () => stream.failed('the network is down'));
      return;
    }
    const { connection } = stream;
    this.#connections = this.#connections.filter(({ ended }) => !ended);
    this.#connections.push(connection);
    connection.toPeer.signal(() => {
      const listener = this.#find(host, port);
      if (listener === undefined) {
        connection.toStream.signal(() => stream.failed('connection refused'));
        return;
      }
      const peer = new SimPeer(connection);
      connection.peer = peer;
      connection.toStream.signal(() => stream.opened());
      listener.accept(peer);
    });
  }

  #failStreams(): void {
    for (const { stream, toStream } of this.#connections) {
      toStream.clear();
      this.scheduler.at(this.scheduler.now, () => stream.failed('the network is down'));
    }
  }
}
