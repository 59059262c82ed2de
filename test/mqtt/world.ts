/**
 * A client in a virtual world: a connection, a link whose faults can be switched, a broker that checks, and a publisher
 * that keeps its messages until they are acknowledged, as an outbox does.
 */
import { Scheduler, SimClock, type SimLink, SimNetwork, seededRandom } from '../../hal/sim/sim.js';
import { CheckingBroker, type CheckingBrokerOptions } from '../../sim/world/broker.js';
import { Connection } from '../../src/mqtt/connection.js';
import type { ConnectionOptions } from '../../src/mqtt/options.js';
import type { InboundPublish, Qos } from '../../src/mqtt/packet.js';

export const CLIENT_ID = 'node-1';

export interface WorldOptions {
  readonly seed?: number;
  readonly latencyMilliseconds?: number;
  readonly broker?: Partial<CheckingBrokerOptions>;
  readonly connection?: Partial<ConnectionOptions>;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly link: SimLink;
  readonly broker: CheckingBroker;
  readonly clock: SimClock;
  readonly connection: Connection;
  /** What happened, in words and in order. */
  readonly events: string[] = [];
  readonly causes: Error[] = [];
  readonly messages: InboundPublish[] = [];
  readonly acknowledged: number[] = [];
  /** Thrown by the next `onMessage`. */
  messageError: Error | undefined;
  readonly #queue: { token: number; payload: Uint8Array }[] = [];
  /** How many of the queue were handed to the connection that is up. */
  #handed = 0;
  #lastToken = 0;

  constructor(options: WorldOptions = {}) {
    const { seed = 1, latencyMilliseconds = 0 } = options;
    const network = new SimNetwork({ scheduler: this.scheduler, random: seededRandom(seed) });
    this.broker = new CheckingBroker({ network, ...options.broker });
    this.link = network.link();
    this.link.latencyMilliseconds = latencyMilliseconds;
    this.clock = new SimClock(this.scheduler);
    this.connection = new Connection({
      clock: this.clock,
      random: seededRandom(seed + 1),
      Stream: this.link.TCP,
      network: this.link,
      host: 'broker',
      port: 1883,
      clientId: CLIENT_ID,
      onConnected: ({ sessionPresent, session }) => {
        this.events.push(`connected ${session}${sessionPresent ? ', session present' : ''}`);
        this.#handed = 0;
      },
      onDisconnected: (cause) => {
        this.events.push(`disconnected: ${cause.message}`);
        this.causes.push(cause);
      },
      onAcknowledged: (token) => {
        this.acknowledged.push(token);
        const index = this.#queue.findIndex((message) => message.token === token);
        // Not of the queue: a test has published it itself.
        if (index < 0) return;
        this.#queue.splice(index, 1);
        if (index < this.#handed) this.#handed--;
      },
      onReady: () => this.#drain(),
      onMessage: (_topic, payload, message) => {
        this.messages.push({ ...message, payload: payload.slice() });
        const error = this.messageError;
        this.messageError = undefined;
        if (error !== undefined) throw error;
      },
      ...options.connection,
    });
  }

  /** Messages the publisher still keeps. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Publishes `count` messages with QoS 1; their payloads are their tokens, '1' and on. */
  enqueue(count: number): void {
    for (let index = 0; index < count; index++) {
      const token = ++this.#lastToken;
      this.#queue.push({ token, payload: Uint8Array.from(Buffer.from(String(token))) });
    }
    this.#drain();
  }

  publish(topic: string, payload: string, qos: Qos = 0): boolean {
    return this.connection.publish({ topic, payload: Uint8Array.from(Buffer.from(payload)), qos, retain: false });
  }

  /** Starts, and lets a second pass, which brings the connection up if the world lets it. */
  connect(): void {
    this.connection.start();
    this.run(1000);
  }

  run(milliseconds: number): void {
    this.scheduler.runFor(milliseconds);
  }

  /** Lets time pass until everything is delivered; throws when that takes an hour. */
  runUntilDelivered(): void {
    const end = this.scheduler.now + 3_600_000;
    while (this.queued > 0) {
      if (this.scheduler.now > end) throw new Error(`${this.queued} messages are still not delivered`);
      this.run(1000);
    }
  }

  /** Payloads the broker has received with QoS 1, in order, DUP marked. */
  get receivedPayloads(): string[] {
    return this.broker.received
      .filter(({ qos }) => qos === 1)
      .map(({ dup, payload }) => `${Buffer.from(payload)}${dup ? ' dup' : ''}`);
  }

  #drain(): void {
    for (; this.#handed < this.#queue.length; this.#handed++) {
      const { payload, token } = this.#queue[this.#handed] as { payload: Uint8Array; token: number };
      if (!this.connection.publish({ topic: 'site/telemetry', payload, qos: 1, retain: false }, token)) return;
    }
  }
}
