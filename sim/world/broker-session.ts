/**
 * What the broker remembers of one client: its subscriptions, and the messages it is still owed.
 *
 * Knows no connection; whoever connects the client gives `send` and takes it away.
 */
import type { IPublishPacket, ISubscription } from 'mqtt-packet';
import { topicMatches } from '../../src/mqtt/topic.js';

const PACKET_ID_MAX = 65535;

/** A message on its way through the broker. */
export interface Routed {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

interface Owed extends Routed {
  readonly packetId: number;
  /** On any connection: sending it again needs DUP. */
  sent: boolean;
}

export class BrokerSession {
  readonly clean: boolean;
  readonly #subscriptions = new Map<string, 0 | 1>();
  /** QoS 1 messages not yet acknowledged, oldest first. */
  #owed: Owed[] = [];
  #lastPacketId = 0;
  #send: ((packet: IPublishPacket) => void) | undefined;

  constructor(clean: boolean) {
    this.clean = clean;
  }

  /** Topic filters, in the order they were subscribed to. */
  get filters(): string[] {
    return [...this.#subscriptions.keys()];
  }

  /** Messages not yet acknowledged by the client. */
  get owed(): number {
    return this.#owed.length;
  }

  /** [MQTT-4.4.0-1] What was not acknowledged is sent again, in order. */
  connected(send: (packet: IPublishPacket) => void): void {
    this.#send = send;
    for (const owed of this.#owed) this.#deliver(owed);
  }

  disconnected(): void {
    this.#send = undefined;
  }

  /** Gives the QoS granted. */
  subscribe({ topic, qos }: ISubscription): 0 | 1 {
    const granted = qos === 0 ? 0 : 1;
    this.#subscriptions.set(topic, granted);
    return granted;
  }

  unsubscribe(filter: string): void {
    this.#subscriptions.delete(filter);
  }

  /** Sends or keeps a message, once, if a subscription matches it [MQTT-3.3.5-1]. */
  route(message: Routed): void {
    const granted = [...this.#subscriptions].filter(([filter]) => topicMatches(filter, message.topic));
    if (granted.length === 0) return;
    const qosMax = Math.max(...granted.map(([, qos]) => qos));
    this.give({ ...message, qos: message.qos === 1 && qosMax === 1 ? 1 : 0 });
  }

  /** Sends or keeps a message that is for this client. */
  give(message: Routed): void {
    if (message.qos === 1) {
      const owed = { ...message, packetId: this.#unusedPacketId(), sent: false };
      this.#owed.push(owed);
      this.#deliver(owed);
    } else {
      this.#send?.({ cmd: 'publish', ...message, payload: Buffer.from(message.payload), dup: false });
    }
  }

  /** PUBACK. Gives a violation, if it is one. */
  acknowledged(packetId: number): string | undefined {
    const index = this.#owed.findIndex((owed) => owed.packetId === packetId);
    if (index < 0) return `[MQTT-4.3.2-2] PUBACK for packet identifier ${packetId}, which nothing has`;
    this.#owed = this.#owed.filter((owed) => owed.packetId !== packetId);
    return index > 0 ? `[MQTT-4.6.0-2] PUBACK for packet identifier ${packetId} out of order` : undefined;
  }

  #deliver(owed: Owed): void {
    if (this.#send === undefined) return;
    const { packetId, payload, qos, retain, topic } = owed;
    const dup = owed.sent;
    owed.sent = true;
    this.#send({ cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain, messageId: packetId, dup });
  }

  #unusedPacketId(): number {
    do {
      this.#lastPacketId = (this.#lastPacketId % PACKET_ID_MAX) + 1;
    } while (this.#owed.some(({ packetId }) => packetId === this.#lastPacketId));
    return this.#lastPacketId;
  }
}
