/**
 * A broker in virtual time that checks its clients: every byte they send goes through an independent codec (mqtt-packet)
 * and through the rules of `client-rules.ts`; what breaks one is noted in `violations`.
 *
 * It serves MQTT 3.1.1 with QoS 0 and 1: sessions, subscriptions, retained messages, wills, take-over, keep-alive. Its
 * faults have names and are switched at any time: `dropPubacks`, `refuse`, `refuseSubscriptions`, `silent`,
 * `kickAfterConnack`, `restart`, `stop` and `start`. What it has received stands in `received`, in order.
 *
 * It knows no devices and no tests; several brokers may live in one network.
 */
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import type { Random } from '../../hal/contract.js';
import type { ScheduledCallback, SimListener, SimNetwork, SimPeer } from '../../hal/sim/sim.js';
import type { BrokerSession, Routed } from './broker-session.js';
import { BrokerStore } from './broker-store.js';
import { ClientRules, type Identify } from './client-rules.js';

export interface CheckingBrokerOptions {
  readonly network: SimNetwork;
  /** 'broker' by default. */
  readonly host?: string;
  /** 1883 by default. */
  readonly port?: number;
  /** What makes a QoS 1 message the same as one sent before; topic and payload by default. */
  readonly identify?: Identify;
  /** Clients keep their messages over restarts, and send with DUP what they may have sent before. False by default. */
  readonly messagesOutlivePrograms?: boolean;
}

/** A PUBLISH as it came. */
export interface Received {
  readonly timeMilliseconds: number;
  readonly clientId: string;
  /** Counts the accepted connections of this client from 1. */
  readonly connection: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly dup: boolean;
  readonly retain: boolean;
  /** 0 with QoS 0. */
  readonly packetId: number;
}

/** What is known of a client identifier for good. */
interface Client {
  readonly rules: ClientRules;
  connections: number;
}

/** One network connection, from its CONNECT on. */
interface Connected {
  readonly clientId: string;
  readonly client: Client;
  readonly session: BrokerSession;
  readonly peer: SimPeer;
  readonly keepAliveMilliseconds: number;
  will: Routed | undefined;
  keepAliveTimer: ScheduledCallback | undefined;
}

const REFUSED_IDENTIFIER = 2;
const SUBSCRIPTION_REFUSED = 0x80;

export class CheckingBroker {
  /** What clients did that they must not do, in words that begin with the statement. */
  readonly violations: string[] = [];
  readonly received: Received[] = [];
  /** Clients that were silent for one and a half times their keep-alive, and were cut off [MQTT-3.1.2-24]. */
  readonly keepAliveExpiries: { readonly clientId: string; readonly timeMilliseconds: number }[] = [];
  /** CONNECT packets that arrived, refused ones included. */
  readonly connects: { readonly packet: IConnectPacket; readonly timeMilliseconds: number }[] = [];
  /** Clients that took leave with DISCONNECT. */
  readonly disconnects: string[] = [];
  /** Half dead: connections are accepted and read, and never answered, until they are closed by the client. */
  silent = false;
  /** Connections are closed as soon as CONNACK has accepted them. */
  kickAfterConnack = false;
  /** SUBSCRIBE is answered with "failure" for each filter. */
  refuseSubscriptions = false;
  readonly #network: SimNetwork;
  readonly #random: Random;
  readonly #messagesOutlivePrograms: boolean;
  readonly #host: string;
  readonly #port: number;
  readonly #identify: Identify;
  readonly #clients = new Map<string, Client>();
  readonly #connected = new Map<string, Connected>();
  #store = new BrokerStore();
  #listener: SimListener | undefined;
  #refuseCode = 0;
  #dropPubacks = 0;
  #assigned = 0;

  /** Starts at once. */
  constructor(options: CheckingBrokerOptions) {
    this.#messagesOutlivePrograms = options.messagesOutlivePrograms ?? false;
    this.#network = options.network;
    this.#random = options.network.random;
    this.#host = options.host ?? 'broker';
    this.#port = options.port ?? 1883;
    this.#identify = options.identify ?? ((topic, payload) => `${topic} ${Buffer.from(payload).toString('latin1')}`);
    this.start();
  }

  /** Client identifiers that are connected now. */
  get connectedClients(): string[] {
    return [...this.#connected.keys()];
  }

  /** The retained message of a topic. */
  retained(topic: string): Uint8Array | undefined {
    return this.#store.retained(topic);
  }

  /** What is remembered of a client; undefined when nothing is. */
  session(clientId: string): BrokerSession | undefined {
    return this.#store.session(clientId);
  }

  /** The most QoS 1 messages of a client that were unacknowledged at the same time. */
  inFlightMax(clientId: string): number {
    return this.#clients.get(clientId)?.rules.inFlightMax ?? 0;
  }

  /** The program of this client begins anew, and knows of its earlier messages only what it has stored. */
  clientRestarted(clientId: string): void {
    this.#client(clientId).rules.restarted();
  }

  /** Drops the next `count` PUBACKs (Infinity: all); below 1, that fraction of them, at random. 0: none any more. */
  dropPubacks(count: number): void {
    this.#dropPubacks = count;
  }

  /** Answers CONNECT with this return code from now on; 0 accepts again. */
  refuse(code: number): void {
    this.#refuseCode = code;
  }

  /** Publishes as if another client had done so. */
  publish(
    topic: string,
    payload: Uint8Array,
    { qos = 0, retain = false }: { qos?: 0 | 1; retain?: boolean } = {},
  ): void {
    this.#store.route({ topic, payload, qos, retain });
  }

  /** Sends any bytes to a client, right or wrong. */
  sendRaw(clientId: string, bytes: Uint8Array): void {
    this.#connected.get(clientId)?.peer.send(bytes);
  }

  /** Closes a client's connection, which publishes its will. */
  kick(clientId: string): void {
    const connected = this.#connected.get(clientId);
    connected?.peer.close();
    if (connected !== undefined) this.#gone(connected);
  }

  start(): void {
    this.#listener ??= this.#network.listen(this.#host, this.#port, (peer) => this.#accept(peer));
  }

  /** Resets all connections, publishing no wills, and refuses new ones. Sessions and retained messages are kept. */
  stop(): void {
    for (const connected of this.#connected.values()) {
      connected.will = undefined;
      this.#gone(connected);
    }
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** Stops and starts at once, from what it had written to disk: everything, or nothing. */
  restart({ loseSessions }: { loseSessions: boolean }): void {
    this.stop();
    if (loseSessions) this.#store = new BrokerStore();
    this.start();
  }

  #accept(peer: SimPeer): void {
    const reader = parser({ protocolVersion: 4 });
    let connected: Connected | undefined;
    let hasLeft = false;
    let isDeaf = false;
    reader.on('error', (error: Error) => {
      this.violations.push(`[MQTT-4.8.0-1] malformed packet: ${error.message}`);
      peer.close();
      if (connected !== undefined) this.#gone(connected);
    });
    reader.on('packet', (packet: Packet) => {
      // What a client sent before it can know that it was thrown out is no fault of its.
      if (!peer.live) return;
      if (hasLeft) this.violations.push(`[MQTT-3.14.4-2] ${packet.cmd} after DISCONNECT`);
      else if (connected === undefined) connected = this.#firstPacket(packet, peer);
      else this.#take(packet, connected);
      hasLeft ||= packet.cmd === 'disconnect';
    });
    peer.onData = (bytes) => {
      isDeaf ||= this.silent;
      if (!isDeaf) reader.parse(Buffer.from(bytes));
    };
    peer.onClose = () => {
      if (connected !== undefined) this.#gone(connected);
    };
  }

  #firstPacket(packet: Packet, peer: SimPeer): Connected | undefined {
    if (packet.cmd !== 'connect') {
      this.violations.push(`[MQTT-3.1.0-1] the first packet is ${packet.cmd}`);
      peer.close();
      return undefined;
    }
    this.connects.push({ packet, timeMilliseconds: this.#network.scheduler.now });
    if (packet.protocolId !== 'MQTT' || packet.protocolVersion !== 4) {
      this.violations.push(`[MQTT-3.1.2-2] protocol ${packet.protocolId} ${packet.protocolVersion}, expected MQTT 4`);
    }
    const nameless = packet.clientId === '' && !packet.clean;
    if (nameless) this.violations.push('[MQTT-3.1.3-7] no client identifier, and no clean session');
    const code = nameless ? REFUSED_IDENTIFIER : this.#refuseCode;
    if (code !== 0) {
      this.#send(peer, { cmd: 'connack', returnCode: code, sessionPresent: false });
      peer.close();
      return undefined;
    }
    return this.#welcome(packet, peer);
  }

  #welcome(packet: IConnectPacket, peer: SimPeer): Connected {
    const clientId = packet.clientId === '' ? `assigned-${++this.#assigned}` : packet.clientId;
    // [MQTT-3.1.4-2]
    this.kick(clientId);
    const { session, sessionPresent } = this.#store.begin(clientId, packet.clean ?? false);
    const client = this.#client(clientId);
    client.connections++;
    client.rules.connected(sessionPresent);
    const connected: Connected = {
      clientId,
      client,
      session,
      peer,
      // [MQTT-3.1.2-24]
      keepAliveMilliseconds: (packet.keepalive ?? 0) * 1500,
      will: packet.will === undefined ? undefined : willOf(packet.will),
      keepAliveTimer: undefined,
    };
    this.#connected.set(clientId, connected);
    this.#watch(connected);
    this.#send(peer, { cmd: 'connack', returnCode: 0, sessionPresent });
    if (this.kickAfterConnack) this.kick(clientId);
    else session.connected((publish) => this.#send(peer, publish));
    return connected;
  }

  #client(clientId: string): Client {
    let client = this.#clients.get(clientId);
    if (client === undefined) {
      const report = (violation: string) => this.violations.push(`${violation} (client ${clientId})`);
      client = { rules: new ClientRules(report, this.#identify, this.#messagesOutlivePrograms), connections: 0 };
      this.#clients.set(clientId, client);
    }
    return client;
  }

  #take(packet: Packet, connected: Connected): void {
    const { client, clientId, peer, session } = connected;
    this.#watch(connected);
    switch (packet.cmd) {
      case 'publish':
        this.#takePublish(packet, connected);
        return;
      case 'puback': {
        const violation = session.acknowledged(packet.messageId ?? 0);
        if (violation !== undefined) this.violations.push(`${violation} (client ${clientId})`);
        return;
      }
      case 'subscribe': {
        client.rules.requested(packet);
        const granted = packet.subscriptions.map((subscription) =>
          this.refuseSubscriptions ? SUBSCRIPTION_REFUSED : session.subscribe(subscription),
        );
        this.#send(peer, { cmd: 'suback', messageId: packet.messageId ?? 0, granted });
        client.rules.acknowledged(packet.messageId ?? 0);
        if (this.refuseSubscriptions) return;
        for (const { topic, qos } of packet.subscriptions) this.#store.giveRetained(session, topic, qos === 0 ? 0 : 1);
        return;
      }
      case 'unsubscribe':
        client.rules.requested(packet);
        for (const filter of packet.unsubscriptions) session.unsubscribe(filter);
        this.#send(peer, { cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] });
        client.rules.acknowledged(packet.messageId ?? 0);
        return;
      case 'pingreq':
        this.#send(peer, { cmd: 'pingresp' });
        return;
      case 'disconnect':
        this.disconnects.push(clientId);
        // [MQTT-3.14.4-3]
        connected.will = undefined;
        this.#gone(connected);
        return;
      case 'connect':
        this.#expel(connected, '[MQTT-3.1.0-2] a second CONNECT');
        return;
      default:
        this.#expel(connected, `[MQTT-4.8.0-1] ${packet.cmd} is not for a client with QoS 0 and 1 to send`);
    }
  }

  #takePublish(packet: IPublishPacket, connected: Connected): void {
    const { client, clientId, peer } = connected;
    const { dup, qos, retain, topic } = packet;
    if (qos === 2) {
      this.#expel(connected, '[MQTT-4.8.0-1] PUBLISH with QoS 2');
      return;
    }
    const packetId = packet.messageId ?? 0;
    const payload = Uint8Array.from(packet.payload as Buffer);
    client.rules.published({ topic, payload, packetId, qos, dup });
    this.received.push({
      timeMilliseconds: this.#network.scheduler.now,
      clientId,
      connection: client.connections,
      topic,
      payload,
      qos,
      dup,
      retain,
      packetId,
    });
    this.#store.route({ topic, payload, qos, retain });
    if (qos === 1 && !this.#isPubackDropped()) {
      this.#send(peer, { cmd: 'puback', messageId: packetId });
      client.rules.acknowledged(packetId);
    }
  }

  #isPubackDropped(): boolean {
    if (this.#dropPubacks < 1) return this.#random() < this.#dropPubacks;
    this.#dropPubacks--;
    return true;
  }

  #expel(connected: Connected, violation: string): void {
    this.violations.push(`${violation} (client ${connected.clientId})`);
    this.kick(connected.clientId);
  }

  /** The connection is no longer; its will is published [MQTT-3.1.2-8] unless it was discarded. */
  #gone(connected: Connected): void {
    const { clientId, keepAliveTimer, session, will } = connected;
    if (this.#connected.get(clientId) !== connected) return;
    this.#connected.delete(clientId);
    if (keepAliveTimer !== undefined) this.#network.scheduler.clear(keepAliveTimer);
    this.#store.end(clientId, session);
    if (will !== undefined) this.#store.route(will);
  }

  #watch(connected: Connected): void {
    const { clientId, keepAliveMilliseconds, keepAliveTimer, peer } = connected;
    const { scheduler } = this.#network;
    if (keepAliveTimer !== undefined) scheduler.clear(keepAliveTimer);
    if (keepAliveMilliseconds === 0) return;
    connected.keepAliveTimer = scheduler.at(scheduler.now + keepAliveMilliseconds, () => {
      if (this.silent) return;
      this.keepAliveExpiries.push({ clientId, timeMilliseconds: scheduler.now });
      peer.close();
      this.#gone(connected);
    });
  }

  #send(peer: SimPeer, packet: Packet): void {
    if (!this.silent) peer.send(generate(packet));
  }
}

function willOf({ payload, qos, retain, topic }: NonNullable<IConnectPacket['will']>): Routed {
  return { topic, payload: Uint8Array.from(payload as Buffer), qos: qos === 0 ? 0 : 1, retain: retain ?? false };
}
