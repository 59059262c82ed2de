/**
 * The MQTT connection of one client, kept up for as long as it is started: the pump that drives a conversation with the
 * broker, and reconnects.
 *
 * Everything happens in the pump. Callbacks of stream, network and timers only record and wake it; it runs once for any
 * number of events, takes what arrived, lets the program publish, and writes what was encoded in one go. One timer is
 * armed for whatever is due next. An exception in a turn, from the peer's nonsense or the program's own callbacks, is
 * caught in one place and closes the connection with it as the cause.
 *
 * Knows no outbox: messages are the publisher's, who keeps them until `onAcknowledged` and hands in again, oldest first,
 * what was not acknowledged when `onConnected` says that there is a new connection. A message is sent again only then,
 * never by a timer on a live connection.
 *
 *   stopped --start--> waiting --due, network up--> connecting --CONNACK--> connected
 *                         ^                              |                      |
 *                         +-- any cause, back-off -------+----------------------+        stop(), anywhere: stopped
 */
import type { Timer } from '../../hal/contract.js';
import { backoffMilliseconds } from './backoff.js';
import { ConnectionError } from './cause.js';
import { Conversation } from './conversation.js';
import { type ConnectionOptions, type Limits, limitsOf } from './options.js';
import type { Message, Subscription } from './packet.js';
import type { RequestDone } from './session.js';

export type ConnectionState = 'stopped' | 'waiting' | 'connecting' | 'connected';

export interface ConnectionStatistics {
  /** CONNACKs that accepted. */
  readonly connects: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  readonly inFlight: number;
  /** PUBACKs for nothing that was in flight. */
  readonly unknownAcknowledgements: number;
  readonly lastCause: Error | undefined;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #limits: Limits;
  readonly #conversation: Conversation;
  #started = false;
  /** Failures since the last stable connection. */
  #attempt = 0;
  #retryAtMilliseconds = 0;
  /** Since the last connection: coming up ends the waiting. */
  #networkWasDown = false;
  #lastCause: Error | undefined;
  #pumping = false;
  #wakeTimer: Timer | undefined;
  #deadlineTimer: Timer | undefined;
  #deadlineMilliseconds = 0;

  // Made once, so that a turn allocates no closures. They do no more than call, since what a closure refers to costs RAM.
  readonly #onEvent = (): void => this.wake();
  readonly #onWake = (): void => this.pump();

  /** Throws an error that names the option that is wrong. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#conversation = new Conversation(options, this.#limits, this.#onEvent);
  }

  get state(): ConnectionState {
    if (!this.#started) return 'stopped';
    if (!this.#conversation.isOpen) return 'waiting';
    return this.#conversation.isConnected ? 'connected' : 'connecting';
  }

  /** When the next attempt is due; undefined unless `waiting`, and while the network is down. */
  get retryAtMilliseconds(): number | undefined {
    return this.state === 'waiting' && this.isNetworkUp ? this.#retryAtMilliseconds : undefined;
  }

  /** Whether a QoS 1 message of moderate size would be taken. */
  get ready(): boolean {
    return this.#conversation.ready;
  }

  get statistics(): ConnectionStatistics {
    const { connects, link, receivedPackets, sentPackets, session } = this.#conversation;
    return {
      connects,
      sentBytes: link.sentBytes,
      receivedBytes: link.receivedBytes,
      sentPackets,
      receivedPackets,
      inFlight: session.inFlight,
      unknownAcknowledgements: session.unknownAcknowledgements,
      lastCause: this.#lastCause,
    };
  }

  /** Connects, and reconnects whenever the connection ends, until `stop()`. */
  start(): void {
    if (this.#started) return;
    const { clock, network } = this.#options;
    network?.watch(this.#onEvent);
    this.#started = true;
    this.#attempt = 0;
    this.#retryAtMilliseconds = clock.milliseconds();
    this.wake();
  }

  /** Takes leave of the broker, as far as the stream takes it at once, and closes. The will is not published then. */
  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    try {
      this.#conversation.leave();
    } catch {
      // The stream is gone: there is nobody to take leave of.
    }
    const { clock } = this.#options;
    if (this.#deadlineTimer !== undefined) clock.clearTimer(this.#deadlineTimer);
    this.#deadlineTimer = undefined;
    this.#conversation.close(new ConnectionError('stopped', 'the connection was stopped'));
  }

  /**
   * Encodes a message to be sent at the end of this turn. A QoS 1 message needs a token, unique among the publisher's
   * messages: `onAcknowledged` tells it, and handing it in again on a later connection makes it a redelivery, with DUP.
   * `mayRepeat` says that it may have been sent before this program began, which nobody but the publisher can know.
   *
   * False: not now (offline, window full, no room); `onReady` tells when. Throws an Error for what can never be sent.
   */
  publish(message: Message, token?: number, mayRepeat = false): boolean {
    return this.wakeIf(this.#conversation.publish(message, token, mayRepeat));
  }

  /** There is something to publish: `onReady` follows in a turn of its own, when connected. Says whether it is. */
  announce(): boolean {
    const isConnected = this.#conversation.isConnected;
    if (isConnected) this.wake();
    return isConnected;
  }

  /** Throws the Error that `publish` would throw, whatever the state; for those who keep messages for later. */
  check(message: Message): void {
    this.#conversation.hasRoomFor(message);
  }

  /** Sends a SUBSCRIBE; `done` comes once, with the codes granted or with what ended the connection. False: not now. */
  subscribe(subscriptions: readonly Subscription[], done: RequestDone): boolean {
    return this.wakeIf(this.#conversation.subscribe(subscriptions, done));
  }

  /** Sends an UNSUBSCRIBE, likewise. */
  unsubscribe(filters: readonly string[], done: RequestDone): boolean {
    return this.wakeIf(this.#conversation.unsubscribe(filters, done));
  }

  private get isNetworkUp(): boolean {
    return this.#options.network?.connected ?? true;
  }

  private wakeIf(sent: boolean): boolean {
    if (sent) this.wake();
    return sent;
  }

  /** Asks for a turn. During one there is no need: it ends by writing. */
  private wake(): void {
    if (this.#pumping || this.#wakeTimer !== undefined || !this.#started) return;
    this.#wakeTimer = this.#options.clock.setTimer(this.#onWake, 0);
  }

  private pump(): void {
    this.#wakeTimer = undefined;
    if (!this.#started) return;
    const now = this.#options.clock.milliseconds();
    let again = false;
    this.#pumping = true;
    try {
      if (!this.#conversation.isOpen) this.connectIfDue(now);
      else again = this.#conversation.turn(now);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)), now);
    } finally {
      this.#pumping = false;
      if (again) this.wake();
      this.arm(now);
    }
  }

  private connectIfDue(now: number): void {
    if (!this.isNetworkUp) {
      this.#networkWasDown = true;
    } else if (this.#networkWasDown || now >= this.#retryAtMilliseconds) {
      this.#networkWasDown = false;
      this.#conversation.open(now);
    }
  }

  /** Closes, and waits for the next attempt. */
  private fail(cause: Error, now: number): void {
    this.#lastCause = cause;
    if (!this.#started) return;
    const { backoffBaseMilliseconds, backoffMaxMilliseconds, stableMilliseconds } = this.#limits;
    const { random } = this.#options;
    const isStable = this.#conversation.isConnected && this.#conversation.connectedFor(now) >= stableMilliseconds;
    if (isStable) this.#attempt = 0;
    this.#retryAtMilliseconds =
      now + backoffMilliseconds(this.#attempt, backoffBaseMilliseconds, backoffMaxMilliseconds, random);
    this.#attempt++;
    this.#networkWasDown = !this.isNetworkUp;
    this.#conversation.close(cause);
    this.#options.onDisconnected?.(cause);
  }

  /**
   * Sets the timer for the next deadline, which is an event like others. One that is set too early is left: it finds nothing due,
   * and is set anew. One whose time has come has gone off, or finds nothing due.
   */
  private arm(now: number): void {
    const deadline = this.nextDeadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    if (this.#deadlineTimer !== undefined) {
      if (this.#deadlineMilliseconds > now && this.#deadlineMilliseconds <= deadline) return;
      clock.clearTimer(this.#deadlineTimer);
    }
    this.#deadlineMilliseconds = deadline;
    this.#deadlineTimer = clock.setTimer(this.#onEvent, Math.max(0, deadline - clock.milliseconds()));
  }

  private nextDeadline(): number {
    if (!this.#started) return Number.POSITIVE_INFINITY;
    if (this.#conversation.isOpen) return this.#conversation.deadline;
    return this.isNetworkUp ? this.#retryAtMilliseconds : Number.POSITIVE_INFINITY;
  }
}
