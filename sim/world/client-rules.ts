/**
 * What the standard, and this project beyond it, demand of a client: the conscience of the checking broker.
 *
 * One object watches one client identifier over all its connections. It only looks and takes notes; it changes nothing.
 * It knows messages by their content: a topic and payload seen before, with QoS 1, is taken for a redelivery. Programs
 * that send the same content twice on purpose exempt it through `identify`.
 *
 * What cannot be judged from the broker's side, and is not: a redelivery of a message that was lost on its way (it has
 * DUP, and was never seen), except on a client's first connection.
 */
import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet';

/** Redeliveries are recognised among the last so many QoS 1 messages of a client. */
const REMEMBERED_MAX = 4096;

/** The identity of a QoS 1 message; undefined: it may be sent several times. */
export type Identify = (topic: string, payload: Uint8Array) => string | undefined;

export interface PublishSeen {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly packetId: number;
  readonly qos: number;
  readonly dup: boolean;
}

interface Remembered {
  /** How many QoS 1 messages of this client were seen before it for the first time. */
  readonly order: number;
  /** The same for the first time that the program sent it which sent it last. */
  orderInProgram: number;
  program: number;
  /** In which it was sent last, and with which packet identifier. */
  session: number;
  packetId: number;
}

export class ClientRules {
  readonly #report: (violation: string) => void;
  readonly #identify: Identify;
  readonly #outlivesPrograms: boolean;
  readonly #remembered = new Map<string, Remembered>();
  #seen = 0;
  #connections = 0;
  /** Counts those that began anew. */
  #sessions = 0;
  /** Packet identifiers that the client must not use for something else, and for what it uses them. */
  readonly #inFlight = new Map<number, string>();
  #programs = 0;
  /** `orderInProgram` of the last redelivery on this connection. */
  #lastRedelivered = -1;
  /** On this connection, by topic: `order` of the last redelivery of what an earlier program has sent. */
  readonly #lastInherited = new Map<string, number>();
  #inFlightMax = 0;

  /** `outlivesPrograms`: the client's messages do, so that it may not know which it has sent, and sends those with DUP. */
  constructor(report: (violation: string) => void, identify: Identify, outlivesPrograms: boolean) {
    this.#report = report;
    this.#identify = identify;
    this.#outlivesPrograms = outlivesPrograms;
  }

  /** The most QoS 1 messages that were unacknowledged at the same time. */
  get inFlightMax(): number {
    return this.#inFlightMax;
  }

  /**
   * The client's program begins anew. Of what an earlier one has sent it knows the order within each topic, but neither that
   * across topics nor packet identifiers: it may send it again only in a new session.
   */
  restarted(): void {
    this.#programs++;
  }

  connected(sessionPresent: boolean): void {
    this.#connections++;
    if (!sessionPresent) this.#sessions++;
    this.#inFlight.clear();
    this.#lastRedelivered = -1;
    this.#lastInherited.clear();
  }

  published(packet: PublishSeen): void {
    const { dup, packetId, qos, topic } = packet;
    if (/[+#]/.test(topic)) this.#report(`[MQTT-3.3.2-2] topic ${topic} has a wildcard`);
    if (topic === '') this.#report('[MQTT-4.7.3-1] the topic is empty');
    if (qos === 0) {
      if (dup) this.#report(`[MQTT-3.3.1-2] QoS 0 to ${topic} has DUP`);
      return;
    }
    this.#takeIdentifier(packetId, 'PUBLISH');
    this.#inFlightMax = Math.max(this.#inFlightMax, this.#inFlight.size);
    const identity = this.#identify(topic, packet.payload);
    if (identity === undefined) return;
    const before = this.#remembered.get(identity);
    if (before === undefined) this.#firstTime(identity, packet);
    else this.#again(before, packet);
  }

  /** The broker has acknowledged it. */
  acknowledged(packetId: number): void {
    this.#inFlight.delete(packetId);
  }

  requested(packet: ISubscribePacket | IUnsubscribePacket): void {
    this.#takeIdentifier(packet.messageId ?? 0, packet.cmd.toUpperCase());
  }

  #firstTime(identity: string, { dup, packetId, topic }: PublishSeen): void {
    if (dup && this.#connections === 1 && !this.#outlivesPrograms) {
      this.#report(`[MQTT-4.3.2-1] ${topic}, packet identifier ${packetId}, has DUP though it was never sent before`);
    }
    const order = this.#seen++;
    this.#remembered.set(identity, {
      order,
      orderInProgram: order,
      program: this.#programs,
      session: this.#sessions,
      packetId,
    });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
  }

  #again(before: Remembered, { dup, packetId, topic }: PublishSeen): void {
    const what = `${topic}, packet identifier ${packetId},`;
    if (!dup) this.#report(`[MQTT-3.3.1-1] ${what} was sent before and has no DUP`);
    if (before.session === this.#sessions && packetId !== before.packetId) {
      this.#report(`[MQTT-2.3.1-3] ${what} had packet identifier ${before.packetId} in this session`);
    }
    before.session = this.#sessions;
    if (before.program !== this.#programs) {
      this.#inherited(before, topic, packetId);
      return;
    }
    if (before.orderInProgram <= this.#lastRedelivered) {
      this.#report(`[MQTT-4.6.0-1] ${what} is not sent again in the original order`);
    }
    this.#lastRedelivered = Math.max(this.#lastRedelivered, before.orderInProgram);
    before.packetId = packetId;
  }

  /** An earlier program has sent it; this one does so for the first time. */
  #inherited(before: Remembered, topic: string, packetId: number): void {
    const last = this.#lastInherited.get(topic) ?? -1;
    if (before.order <= last) {
      this.#report(
        `[MQTT-4.6.0-1] ${topic}, packet identifier ${packetId}, is not sent again in the order of its topic`,
      );
    }
    this.#lastInherited.set(topic, Math.max(last, before.order));
    before.orderInProgram = this.#seen++;
    before.program = this.#programs;
    before.packetId = packetId;
  }

  #takeIdentifier(packetId: number, what: string): void {
    if (packetId === 0) this.#report(`[MQTT-2.3.1-1] ${what} has packet identifier 0`);
    const user = this.#inFlight.get(packetId);
    if (user !== undefined) {
      this.#report(`[MQTT-2.3.1-2] ${what} has packet identifier ${packetId}, which a ${user} has on this connection`);
    }
    this.#inFlight.set(packetId, what);
  }
}
