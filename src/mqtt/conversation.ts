/**
 * What client and broker say to each other on one connection after another: CONNECT and CONNACK, messages and their
 * acknowledgements, requests and their answers, pings.
 *
 * Works on a link that its owner opens. It decides what an inbound packet means, encodes what goes out into the link's
 * transmit buffer, and knows until when what must have happened; it throws whatever must end the connection. It sets no
 * timers and does not reconnect: that is the owner's (`connection.ts`).
 */
import { ConnectionError, refusal } from './cause.js';
import { Decoder, type PacketHandler } from './decode.js';
import {
  connectByteLength,
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  encodeUnsubscribe,
  PINGREQ_BYTES,
  PUBACK_BYTES,
  packetByteLength,
  publishRemaining,
  subscribeByteLength,
  unsubscribeByteLength,
} from './encode.js';
import { type KeepAlive, keepAliveDeadline, keepAliveInterval, keepAliveVerdict } from './keep-alive.js';
import { Link } from './link.js';
import type { ConnectionOptions, Limits } from './options.js';
import type { Connect, InboundPacket, InboundPublish, Message, Subscription } from './packet.js';
import { PacketType, ProtocolError } from './packet.js';
import { type RequestDone, Session } from './session.js';
import { topicNameBytes } from './topic.js';
import { type WriteText, writeText } from './utf8.js';

/** Size of the receive buffer; not larger than the largest packet that is held. */
const RECEIVE_BYTES_MAX = 512;
/** The smallest PUBLISH with QoS 1: fixed header, a topic of one byte, packet identifier. */
const PUBLISH_BYTES_MIN = 7;
const DISCONNECT_BYTES = 2;
/** Receive buffers decoded in one turn. */
const PIECES_PER_TURN_MAX = 8;
/** Topic names that are known to be as they must be. */
const TOPICS_MAX = 4;
const NOTHING = new Uint8Array(0);

export class Conversation implements PacketHandler {
  readonly link: Link;
  readonly session: Session;
  /** CONNACKs that accepted. */
  connects = 0;
  sentPackets = 0;
  receivedPackets = 0;
  readonly #options: ConnectionOptions;
  readonly #limits: Limits;
  readonly #decoder: Decoder;
  readonly #writeText: WriteText;
  readonly #keepAlive: KeepAlive;
  #phase: 'closed' | 'opening' | 'greeting' | 'connected' = 'closed';
  #openedMilliseconds = 0;
  #connectedMilliseconds = 0;
  #sessionNumber = 0;
  /** Topics published to, which are as they must be, each with the bytes it takes behind it. */
  readonly #topics: (string | number)[] = [];
  /** Until then no deadline passes, and perhaps somewhat longer: events move most of them further away. */
  #quietUntilMilliseconds = 0;
  /** Bytes that there has to be room for: what was refused last, or any. */
  #wantedBytes = 1;
  #now = 0;

  constructor(options: ConnectionOptions, limits: Limits, onEvent: () => void) {
    this.#options = options;
    this.#limits = limits;
    const receiveCapacityBytes = Math.min(RECEIVE_BYTES_MAX, limits.packetBytesMax);
    // For whatever a full receive buffer can hold, and the end of a packet before it.
    const acknowledgementsBytes = (Math.floor(receiveCapacityBytes / PUBLISH_BYTES_MIN) + 1) * PUBACK_BYTES;
    this.link = new Link({
      Stream: options.Stream,
      host: options.host,
      port: options.port,
      secure: options.secure,
      transmitCapacityBytes: limits.transmitBytesMax + acknowledgementsBytes + PINGREQ_BYTES + DISCONNECT_BYTES,
      receiveCapacityBytes,
      onEvent,
    });
    this.#decoder = new Decoder(limits.packetBytesMax, this);
    this.#writeText = options.writeText ?? writeText;
    this.session = new Session(limits.windowMax);
    this.#keepAlive = {
      intervalMilliseconds: keepAliveInterval(limits.keepAliveSeconds),
      responseTimeoutMilliseconds: limits.responseTimeoutMilliseconds,
      sentMilliseconds: 0,
      receivedMilliseconds: 0,
      pingMilliseconds: undefined,
    };
    // Throws now what would otherwise fail at every connect.
    this.measureConnect(
      (options.clean ?? true) === true,
      typeof options.will === 'function' ? undefined : options.will,
    );
  }

  get isOpen(): boolean {
    return this.#phase !== 'closed';
  }

  get isConnected(): boolean {
    return this.#phase === 'connected';
  }

  get ready(): boolean {
    return (
      this.#phase === 'connected' &&
      this.link.end + this.#wantedBytes <= this.#limits.transmitBytesMax &&
      !this.session.windowFull
    );
  }

  /** Since CONNACK; 0 without. */
  connectedFor(nowMilliseconds: number): number {
    return this.isConnected ? nowMilliseconds - this.#connectedMilliseconds : 0;
  }

  open(nowMilliseconds: number): void {
    this.#phase = 'opening';
    this.#openedMilliseconds = nowMilliseconds;
    this.#quietUntilMilliseconds = this.nextDeadline();
    this.link.open();
  }

  /** Releases the stream; `cause` is told to those who wait for an answer. */
  close(cause: Error): void {
    this.#phase = 'closed';
    this.link.close();
    this.#decoder.reset();
    for (const { done } of this.session.end()) done(cause, NOTHING);
  }

  /** Says goodbye, if there was a greeting, as far as the stream takes it at once [MQTT-3.14.4-1]. */
  leave(): void {
    const isGreeted = this.#phase === 'greeting' || this.#phase === 'connected';
    this.link.flush();
    if (isGreeted) this.sent(encodeDisconnect(this.link.transmit, this.link.end), this.#now);
    this.link.flush();
  }

  /**
   * Takes what arrived, does what is due, lets the program publish, and writes. True: there is more to do at once.
   * Throws the cause when the connection must end.
   */
  turn(nowMilliseconds: number): boolean {
    this.#now = nowMilliseconds;
    const { link } = this;
    const isMore = this.receive();
    if (!this.isOpen) return false;
    if (link.failure !== undefined) throw new ConnectionError('stream', link.failure);
    if (this.#phase === 'opening' && link.established) this.greet();
    if (nowMilliseconds >= this.#quietUntilMilliseconds) {
      this.checkDeadlines();
      this.#quietUntilMilliseconds = this.nextDeadline();
    }
    if (this.ready) this.#options.onReady?.();
    const before = link.end;
    const isHeldUp = before > 0 && !this.ready;
    link.flush();
    return (isMore && this.mayReceive) || (isHeldUp && link.end < before && this.ready);
  }

  /** When a turn is needed at the latest, if nothing happens until then. */
  get deadline(): number {
    return this.#quietUntilMilliseconds;
  }

  /** Whether there is room for a message now. Throws when there never will be, or the topic is wrong. */
  hasRoomFor(message: Message): boolean {
    const remaining = publishRemaining(this.topicBytes(message.topic), message);
    return this.hasRoom('message', packetByteLength(remaining));
  }

  publish(message: Message, token: number | undefined, mayRepeat: boolean): boolean {
    const remaining = publishRemaining(this.topicBytes(message.topic), message);
    const hasRoom = this.hasRoom('message', packetByteLength(remaining));
    if (message.qos > 0 && token === undefined) throw new RangeError('a QoS 1 message needs a token');
    if (!this.isConnected || !hasRoom) return false;
    const now = this.#options.clock.milliseconds();
    let packetId = 0;
    let dup = false;
    if (message.qos > 0 && token !== undefined) {
      if (this.session.windowFull) return false;
      packetId = this.session.publish(token, now);
      this.expect(now + this.#limits.acknowledgeTimeoutMilliseconds);
      dup = this.session.isRedelivery || mayRepeat;
    }
    const link = this.link;
    const end = encodePublish(message, remaining, packetId, dup, this.#writeText, link.transmit, link.end);
    if (end < 0) {
      if (packetId > 0) this.session.acknowledge(packetId);
      throw new RangeError('payload: text has to be ASCII');
    }
    this.sent(end, now);
    return true;
  }

  subscribe(subscriptions: readonly Subscription[], done: RequestDone): boolean {
    const byteLength = subscribeByteLength(subscriptions);
    if (!this.hasRoom('SUBSCRIBE', byteLength) || !this.isConnected || this.session.requestsFull) return false;
    const now = this.#options.clock.milliseconds();
    const packetId = this.session.request(PacketType.SUBSCRIBE, subscriptions.length, now, done);
    this.expect(now + this.#limits.responseTimeoutMilliseconds);
    this.sent(encodeSubscribe(subscriptions, packetId, byteLength, this.link.transmit, this.link.end), now);
    return true;
  }

  unsubscribe(filters: readonly string[], done: RequestDone): boolean {
    const byteLength = unsubscribeByteLength(filters);
    if (!this.hasRoom('UNSUBSCRIBE', byteLength) || !this.isConnected || this.session.requestsFull) return false;
    const now = this.#options.clock.milliseconds();
    const packetId = this.session.request(PacketType.UNSUBSCRIBE, filters.length, now, done);
    this.expect(now + this.#limits.responseTimeoutMilliseconds);
    this.sent(encodeUnsubscribe(filters, packetId, byteLength, this.link.transmit, this.link.end), now);
    return true;
  }

  /** Called by the decoder. */
  onPacket(packet: InboundPacket): void {
    // A callback may have stopped the connection while packets that came with this one are still being decoded.
    if (!this.isOpen) return;
    this.receivedPackets++;
    if (!this.isConnected) {
      this.takeConnack(packet);
      return;
    }
    switch (packet.type) {
      case PacketType.PUBACK: {
        const token = this.session.acknowledge(packet.packetId);
        if (token !== undefined) this.#options.onAcknowledged?.(token);
        return;
      }
      case PacketType.PUBLISH:
        this.takePublish(packet);
        return;
      case PacketType.SUBACK:
        this.session.subscribed(packet.packetId, packet.codes).done(undefined, packet.codes);
        return;
      case PacketType.UNSUBACK:
        this.session.unsubscribed(packet.packetId).done(undefined, NOTHING);
        return;
      case PacketType.PINGRESP:
        this.#keepAlive.pingMilliseconds = undefined;
        return;
      case PacketType.CONNACK:
        throw new ProtocolError('MQTT-4.8.0-1', 'a second CONNACK on one connection (section 3.2)');
    }
  }

  /** Nothing is read that could not be acknowledged: the broker is held back until the stream takes more. */
  private get mayReceive(): boolean {
    return this.isOpen && this.link.end <= this.#limits.transmitBytesMax;
  }

  /** Decodes what has arrived, up to what is fair in one turn. False: there is no more. */
  private receive(): boolean {
    for (let piece = 0; piece < PIECES_PER_TURN_MAX && this.mayReceive; piece++) {
      const bytes = this.link.take();
      if (bytes === undefined) return false;
      this.#keepAlive.receivedMilliseconds = this.#now;
      this.#decoder.push(bytes);
    }
    return true;
  }

  private hasRoom(what: string, byteLength: number): boolean {
    const { transmitBytesMax } = this.#limits;
    if (byteLength > transmitBytesMax) {
      throw new RangeError(
        `a ${what} of ${byteLength} bytes can never be sent, transmitBytesMax is ${transmitBytesMax}`,
      );
    }
    const hasRoom = this.link.end + byteLength <= transmitBytesMax;
    this.#wantedBytes = hasRoom ? 1 : byteLength;
    return hasRoom;
  }

  /** The bytes that the name of a topic takes. Throws a RangeError for one that must not be published to. */
  private topicBytes(topic: string): number {
    const topics = this.#topics;
    for (let i = 0; i < topics.length; i += 2) if (topics[i] === topic) return topics[i + 1] as number;
    const byteLength = topicNameBytes(topic).length;
    if (topics.length === 2 * TOPICS_MAX) topics.length = 0;
    topics.push(topic, byteLength);
    return byteLength;
  }

  /** A packet was encoded, up to `end`. */
  private sent(end: number, nowMilliseconds: number): void {
    this.link.end = end;
    this.sentPackets++;
    this.#keepAlive.sentMilliseconds = nowMilliseconds;
  }

  /** For 'once' until a CONNACK has come: a CONNECT without an answer may not have been seen. */
  private get isClean(): boolean {
    const { clean = true } = this.#options;
    return clean === 'once' ? this.connects === 0 : clean;
  }

  private measureConnect(clean: boolean, will: Message | undefined): { connect: Connect; byteLength: number } {
    const { clientId, user, password } = this.#options;
    const { keepAliveSeconds } = this.#limits;
    const connect = { clientId, clean, keepAliveSeconds, user, password, will };
    const byteLength = connectByteLength(connect);
    this.hasRoom('CONNECT', byteLength);
    return { connect, byteLength };
  }

  /** [MQTT-3.1.0-1] The link was empty until now: nothing is encoded before CONNECT. */
  private greet(): void {
    const options = this.#options;
    const session = ++this.#sessionNumber;
    const will = typeof options.will === 'function' ? options.will(session) : options.will;
    const { connect, byteLength } = this.measureConnect(this.isClean, will);
    this.#phase = 'greeting';
    this.sent(encodeConnect(connect, byteLength, this.#writeText, this.link.transmit, this.link.end), this.#now);
  }

  private takeConnack(packet: InboundPacket): void {
    if (packet.type !== PacketType.CONNACK || this.#phase !== 'greeting') {
      throw new ProtocolError('MQTT-3.2.0-1', 'the first packet is not the CONNACK that answers CONNECT');
    }
    const { code, sessionPresent } = packet;
    if (code !== 0) throw refusal(code);
    if (sessionPresent && this.isClean) {
      throw new ProtocolError('MQTT-3.2.2-1', 'CONNACK says that a session is present, a clean one was asked for');
    }
    this.session.begin(sessionPresent);
    this.#phase = 'connected';
    this.#connectedMilliseconds = this.#now;
    this.#keepAlive.pingMilliseconds = undefined;
    this.#quietUntilMilliseconds = this.nextDeadline();
    this.connects++;
    this.#options.onConnected?.({ sessionPresent, session: this.#sessionNumber });
  }

  private takePublish(packet: InboundPublish): void {
    this.#options.onMessage?.(packet.topic, packet.payload, packet);
    // [MQTT-4.3.2-2], in the order of arrival [MQTT-4.6.0-2], and whether the program cared or not [MQTT-4.5.0-2].
    if (packet.qos > 0 && this.isOpen) {
      this.sent(encodePuback(packet.packetId, this.link.transmit, this.link.end), this.#now);
    }
  }

  private checkDeadlines(): void {
    const { acknowledgeTimeoutMilliseconds, connectTimeoutMilliseconds, responseTimeoutMilliseconds } = this.#limits;
    if (!this.isConnected) {
      if (this.#now < this.nextDeadline()) return;
      const missing = this.#phase === 'opening' ? 'connection' : 'CONNACK';
      throw new ConnectionError('timeout', `no ${missing} within ${connectTimeoutMilliseconds} ms`);
    }
    if (this.#now >= this.acknowledgeDeadline()) {
      throw new ConnectionError('unacknowledged', `no PUBACK within ${acknowledgeTimeoutMilliseconds} ms`);
    }
    if (this.#now >= this.requestDeadline()) {
      throw new ConnectionError('timeout', `no SUBACK or UNSUBACK within ${responseTimeoutMilliseconds} ms`);
    }
    const verdict = keepAliveVerdict(this.#keepAlive, this.#now);
    if (verdict === 'dead') throw new ConnectionError('silent', 'the peer is dead: it is silent, and no PINGRESP came');
    if (verdict === 'ping') this.ping();
  }

  private ping(): void {
    const { transmit, end } = this.link;
    this.#keepAlive.pingMilliseconds ??= this.#now;
    this.#keepAlive.sentMilliseconds = this.#now;
    // Without room the stream is stuck, and what waits there will do for a ping if it ever moves.
    if (end + PINGREQ_BYTES + DISCONNECT_BYTES <= transmit.length) this.sent(encodePingreq(transmit, end), this.#now);
  }

  /** Something must have happened by then. */
  private expect(deadlineMilliseconds: number): void {
    if (deadlineMilliseconds < this.#quietUntilMilliseconds) this.#quietUntilMilliseconds = deadlineMilliseconds;
  }

  private nextDeadline(): number {
    if (!this.isConnected) return this.#openedMilliseconds + this.#limits.connectTimeoutMilliseconds;
    return Math.min(this.acknowledgeDeadline(), this.requestDeadline(), keepAliveDeadline(this.#keepAlive));
  }

  private acknowledgeDeadline(): number {
    const oldest = this.session.oldestSentMilliseconds ?? Number.POSITIVE_INFINITY;
    return oldest + this.#limits.acknowledgeTimeoutMilliseconds;
  }

  private requestDeadline(): number {
    const oldest = this.session.oldestRequestMilliseconds ?? Number.POSITIVE_INFINITY;
    return oldest + this.#limits.responseTimeoutMilliseconds;
  }
}
