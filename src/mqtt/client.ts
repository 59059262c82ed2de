/**
 * An MQTT 3.1.1 client for programs without an outbox, and the package entry `godwit/mqtt`.
 *
 * On top of a Connection it keeps QoS 1 messages in memory until they are acknowledged, bounded and in order, and the
 * subscriptions with their handlers. What is in memory is lost with it: to survive a power loss, use the outbox.
 *
 *     import { HostClock, hostRandom, TCP } from 'godwit/hal/host';
 *     import { Client, text } from 'godwit/mqtt';
 *
 *     const client = new Client({
 *       clock: new HostClock(),
 *       random: hostRandom,
 *       Stream: TCP,
 *       host: '127.0.0.1',
 *       port: 1883,
 *       clientId: 'example-1',
 *       onConnect: () => console.log('connected'),
 *       onClose: (cause) => console.log(`closed: ${cause.message}`),
 *     });
 *     client.subscribe('example/#', 1, (topic, payload) => console.log(`${topic}: ${text(payload)}`));
 *     client.start();
 *
 *     let count = 0;
 *     setInterval(() => {
 *       const number = ++count;
 *       client.publish('example/count', `${number}`, { qos: 1 }, () => console.log(`acknowledged: ${number}`));
 *     }, 1000);
 */
import { Connection, type ConnectionState, type ConnectionStatistics } from './connection.js';
import type { ConnectionOptions } from './options.js';
import type { InboundPublish, Message, Qos } from './packet.js';
import { topicMatches } from './topic.js';
import { decodeText, isWellFormed, utf8Bytes } from './utf8.js';

export { type CauseKind, ConnectionError } from './cause.js';
export { Connection, type ConnectionState, type ConnectionStatistics } from './connection.js';
export type { ConnectionOptions } from './options.js';
export {
  type InboundPublish,
  type Message,
  ProtocolError,
  type Qos,
  type Subscription,
  type TextPayload,
} from './packet.js';
export type { RequestDone } from './session.js';
export { topicMatches } from './topic.js';

const QUEUE_MAX = 100;
const SUBSCRIPTION_REFUSED = 0x80;

/** Takes a message; `payload` is a copy, and empty when `message.oversized`. */
export type MessageHandler = (topic: string, payload: Uint8Array, message: InboundPublish) => void;

type ConnectionEvent = 'onConnected' | 'onDisconnected' | 'onAcknowledged' | 'onReady' | 'onMessage';

export interface ClientOptions extends Omit<ConnectionOptions, ConnectionEvent> {
  /** QoS 1 messages that may wait for their acknowledgement. 100 by default. */
  readonly queueMax?: number | undefined;
  /** The broker has accepted the client. */
  readonly onConnect?: ((connected: { sessionPresent: boolean; session: number }) => void) | undefined;
  /** The connection ended, or an attempt failed; another one follows. */
  readonly onClose?: ((cause: Error) => void) | undefined;
  /** A message came that no subscription of this program matches: from a session of old. */
  readonly onMessage?: MessageHandler | undefined;
}

export interface PublishOptions {
  /** 0 by default. */
  readonly qos?: Qos;
  /** False by default. */
  readonly retain?: boolean;
}

interface Waiting extends Message {
  readonly token: number;
  readonly onAcknowledged: (() => void) | undefined;
}

interface Subscribed {
  readonly filter: string;
  readonly qos: Qos;
  readonly onMessage: MessageHandler;
  readonly onSubscribed: ((error: Error | undefined) => void) | undefined;
  /** Whether the broker knows of it, or is being told. */
  isAsked: boolean;
}

export class Client {
  readonly #options: ClientOptions;
  readonly #queueMax: number;
  readonly #connection: Connection;
  /** QoS 1 messages not yet acknowledged, oldest first. */
  readonly #queue: Waiting[] = [];
  /** How many of them were handed to the connection that is up. */
  #handed = 0;
  #lastToken = 0;
  readonly #subscriptions = new Map<string, Subscribed>();
  /** Filters that the broker may still know. */
  readonly #unwanted = new Set<string>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#queueMax = options.queueMax ?? QUEUE_MAX;
    if (!Number.isInteger(this.#queueMax) || this.#queueMax < 1) {
      throw new RangeError(`queueMax is ${this.#queueMax}, expected a whole number from 1`);
    }
    this.#connection = new Connection({
      ...options,
      onConnected: (connected) => this.onConnected(connected),
      onDisconnected: (cause) => options.onClose?.(cause),
      onAcknowledged: (token) => this.onAcknowledged(token),
      onReady: () => this.work(),
      onMessage: (topic, payload, message) => this.onMessage(topic, payload, message),
    });
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get statistics(): ConnectionStatistics {
    return this.#connection.statistics;
  }

  /** QoS 1 messages that are not yet acknowledged. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Connects, and reconnects whenever the connection ends, until `stop()`. */
  start(): void {
    this.#connection.start();
  }

  /** Takes leave of the broker. What waits in the queue stays there, for the next `start()`. */
  stop(): void {
    this.#connection.stop();
  }

  /**
   * With QoS 1: keeps the message until it is acknowledged, connected or not, and returns true; throws an Error when the
   * queue is full. With QoS 0: sends it now, or returns false. Throws a RangeError for what can never be sent.
   */
  publish(
    topic: string,
    payload: string | Uint8Array,
    { qos = 0, retain = false }: PublishOptions = {},
    onAcknowledged?: () => void,
  ): boolean {
    const bytes = typeof payload === 'string' ? bytesOf(payload) : payload;
    if (qos === 0) return this.#connection.publish({ topic, payload: bytes, qos, retain });
    this.#connection.check({ topic, payload: bytes, qos, retain });
    if (this.#queue.length >= this.#queueMax) {
      throw new Error(`the queue is full: ${this.#queueMax} messages wait for their acknowledgement`);
    }
    const token = ++this.#lastToken;
    // A copy: the caller may use its buffer again, and the message may be sent again.
    this.#queue.push({ topic, payload: bytes.slice(), qos, retain, token, onAcknowledged });
    this.work();
    return true;
  }

  /**
   * Asks for the messages that match `filter`, now and after each reconnect, and gives them to `onMessage`. A second
   * subscription to the same filter replaces the first. `onSubscribed` comes each time the broker has answered, with an
   * Error if it refused; the subscription is then forgotten.
   */
  subscribe(
    filter: string,
    qos: Qos,
    onMessage: MessageHandler,
    onSubscribed?: (error: Error | undefined) => void,
  ): void {
    const subscription = { filter, qos, onMessage, onSubscribed, isAsked: false };
    this.ask(subscription);
    this.#subscriptions.set(filter, subscription);
    this.#unwanted.delete(filter);
  }

  /** Wants no more messages of a subscription. */
  unsubscribe(filter: string): void {
    if (!this.#subscriptions.delete(filter)) return;
    this.#unwanted.add(filter);
    this.work();
  }

  private onConnected(connected: { sessionPresent: boolean; session: number }): void {
    this.#handed = 0;
    if (!connected.sessionPresent) {
      this.#unwanted.clear();
      for (const subscription of this.#subscriptions.values()) subscription.isAsked = false;
    }
    this.#options.onConnect?.(connected);
  }

  private onAcknowledged(token: number): void {
    const index = this.#queue.findIndex((waiting) => waiting.token === token);
    const [acknowledged] = this.#queue.splice(index, 1);
    this.#handed--;
    acknowledged?.onAcknowledged?.();
  }

  private onMessage(topic: string, payload: Uint8Array, message: InboundPublish): void {
    const copy = { ...message, payload: payload.slice() };
    const handlers: MessageHandler[] = [];
    for (const { filter, onMessage } of this.#subscriptions.values()) {
      if (topicMatches(filter, topic)) handlers.push(onMessage);
    }
    if (handlers.length === 0 && this.#options.onMessage !== undefined) handlers.push(this.#options.onMessage);
    for (const handler of handlers) handler(topic, copy.payload, copy);
  }

  /** Hands over what waits, as far as the connection takes it. */
  private work(): void {
    for (const filter of this.#unwanted) if (!this.retract(filter)) return;
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.isAsked && !this.ask(subscription)) return;
    }
    for (; this.#handed < this.#queue.length; this.#handed++) {
      const waiting = this.#queue[this.#handed] as Waiting;
      if (!this.#connection.publish(waiting, waiting.token)) return;
    }
  }

  private ask(subscription: Subscribed): boolean {
    const { filter, onSubscribed, qos } = subscription;
    subscription.isAsked = this.#connection.subscribe([{ filter, qos }], (error, codes) => {
      if (error !== undefined) {
        subscription.isAsked = false;
        return;
      }
      const isRefused = codes[0] === SUBSCRIPTION_REFUSED;
      if (isRefused && this.#subscriptions.get(filter) === subscription) this.#subscriptions.delete(filter);
      onSubscribed?.(isRefused ? new Error(`the broker refused the subscription to ${filter}`) : undefined);
    });
    return subscription.isAsked;
  }

  private retract(filter: string): boolean {
    const isSent = this.#connection.unsubscribe([filter], (error) => {
      if (error !== undefined && !this.#subscriptions.has(filter)) this.#unwanted.add(filter);
    });
    if (isSent) this.#unwanted.delete(filter);
    return isSent;
  }
}

/** A payload as text; what is not UTF-8 becomes U+FFFD. */
export function text(payload: Uint8Array): string {
  return decodeText(payload);
}

function bytesOf(payload: string): Uint8Array {
  if (!isWellFormed(payload)) throw new RangeError('payload: [MQTT-1.5.3-1] text contains a lone surrogate');
  return utf8Bytes(payload);
}
