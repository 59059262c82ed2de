/**
 * The client's session state: which packet identifiers are in use, and for what.
 *
 * Pure: knows no stream, no clock (the time is an argument) and, above all, no payload. A message is known by its token,
 * a number of the publisher's. Whoever publishes keeps the messages, and after a reconnect hands the unacknowledged ones
 * in again, oldest first; the session then recognises their tokens.
 *
 *   entries   [ 0 .. current )       in flight on this connection, in the order they were sent
 *             [ current .. count )   in flight when an earlier connection ended and not handed in since, likewise
 *
 * Invariants:
 *   - no packet identifier is 0 or belongs to two entries or requests [MQTT-2.3.1-1] [MQTT-2.3.1-2];
 *   - a token handed in again gets DUP [MQTT-3.3.1-1] and, if the broker kept the session, the packet identifier it had
 *     [MQTT-2.3.1-3] [MQTT-4.4.0-1]; without a session all identifiers of old are free [MQTT-3.1.2-6];
 *   - at most `windowMax` entries are in flight. As many entries of earlier connections are remembered beyond them; if
 *     more are never handed in again (their messages were dropped), those passed over most often are forgotten.
 */
import { PacketType, ProtocolError } from './packet.js';

const PACKET_ID_MAX = 65535;
/** SUBSCRIBE and UNSUBSCRIBE packets that may be unanswered at the same time. */
export const REQUESTS_MAX = 8;

/** How a SUBSCRIBE or UNSUBSCRIBE ended. `codes`: what SUBACK granted for each filter, 0x80 for "refused". */
export type RequestDone = (error: Error | undefined, codes: Uint8Array) => void;

/** A SUBSCRIBE or UNSUBSCRIBE that waits for its answer. */
export interface Request {
  readonly type: typeof PacketType.SUBSCRIBE | typeof PacketType.UNSUBSCRIBE;
  readonly packetId: number;
  readonly filters: number;
  readonly sentMilliseconds: number;
  readonly done: RequestDone;
}

export class Session {
  readonly #windowMax: number;
  /** 0: the identifier is free, though the token was in flight once. */
  readonly #packetIds: Uint16Array;
  readonly #tokens: Float64Array;
  /** Of those in flight only. */
  readonly #sentMilliseconds: Float64Array;
  #current = 0;
  #count = 0;
  #lastPacketId = 0;
  #isRedelivery = false;
  #requests: Request[] = [];
  #unknownAcknowledgements = 0;

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
    this.#packetIds = new Uint16Array(2 * windowMax);
    this.#tokens = new Float64Array(2 * windowMax);
    this.#sentMilliseconds = new Float64Array(windowMax);
  }

  /** Messages in flight on this connection. */
  get inFlight(): number {
    return this.#current;
  }

  get windowFull(): boolean {
    return this.#current === this.#windowMax;
  }

  /** Acknowledgements for nothing that is in flight. Legal after the loss of a session, and ignored. */
  get unknownAcknowledgements(): number {
    return this.#unknownAcknowledgements;
  }

  /** When the message that is in flight for longest was sent. */
  get oldestSentMilliseconds(): number | undefined {
    return this.#current > 0 ? this.#sentMilliseconds[0] : undefined;
  }

  /** When the request that is unanswered for longest was sent. */
  get oldestRequestMilliseconds(): number | undefined {
    return this.#requests[0]?.sentMilliseconds;
  }

  get requestsFull(): boolean {
    return this.#requests.length === REQUESTS_MAX;
  }

  /** A connection begins, on which the broker has kept the session, or has not. */
  begin(sessionPresent: boolean): void {
    if (!sessionPresent) this.#packetIds.fill(0);
  }

  /** The connection is gone; gives the requests that no answer will come for. */
  end(): Request[] {
    this.#current = 0;
    const requests = this.#requests;
    this.#requests = [];
    return requests;
  }

  /** Whether the message published last was in flight when an earlier connection ended, so that it needs DUP. */
  get isRedelivery(): boolean {
    return this.#isRedelivery;
  }

  /** Takes a message in flight, which the window must allow, and gives its packet identifier; see `isRedelivery`. */
  publish(token: number, nowMilliseconds: number): number {
    let index = indexOf(this.#tokens, token, this.#count);
    if (index >= 0 && index < this.#current) throw new Error(`the message with token ${token} is in flight already`);
    if (this.windowFull) throw new Error(`${this.#windowMax} messages are in flight, no more are allowed`);
    this.#isRedelivery = index >= 0;
    const known = index >= 0 ? (this.#packetIds[index] as number) : 0;
    const packetId = known > 0 ? known : this.unusedPacketId();
    if (index < 0) {
      // No place left: the last entry is forgotten, which was passed over on the most connections.
      if (this.#count === this.#tokens.length) this.#count--;
      index = this.#count++;
    }
    this.moveToCurrent(index);
    this.#packetIds[this.#current] = packetId;
    this.#tokens[this.#current] = token;
    this.#sentMilliseconds[this.#current] = nowMilliseconds;
    this.#current++;
    return packetId;
  }

  /** PUBACK: gives the token, or undefined when nothing with this packet identifier is in flight. Any order will do. */
  acknowledge(packetId: number): number | undefined {
    const index = indexOf(this.#packetIds, packetId, this.#current);
    if (index < 0) {
      this.#unknownAcknowledgements++;
      return undefined;
    }
    const token = this.#tokens[index];
    this.remove(index);
    this.#current--;
    return token;
  }

  /** Notes a SUBSCRIBE or UNSUBSCRIBE and gives its packet identifier. */
  request(type: Request['type'], filters: number, nowMilliseconds: number, done: RequestDone): number {
    const packetId = this.unusedPacketId();
    this.#requests.push({ type, packetId, filters, sentMilliseconds: nowMilliseconds, done });
    return packetId;
  }

  /** SUBACK: gives the request it answers. */
  subscribed(packetId: number, codes: Uint8Array): Request {
    const request = this.answered(PacketType.SUBSCRIBE, packetId);
    if (request === undefined) {
      throw new ProtocolError('MQTT-3.8.4-2', `SUBACK has packet identifier ${packetId}, which no SUBSCRIBE has`);
    }
    if (codes.length !== request.filters) {
      throw new ProtocolError('MQTT-3.8.4-5', `SUBACK has ${codes.length} return codes for ${request.filters} filters`);
    }
    return request;
  }

  /** UNSUBACK: gives the request it answers. */
  unsubscribed(packetId: number): Request {
    const request = this.answered(PacketType.UNSUBSCRIBE, packetId);
    if (request === undefined) {
      throw new ProtocolError('MQTT-3.10.4-4', `UNSUBACK has packet identifier ${packetId}, which no UNSUBSCRIBE has`);
    }
    return request;
  }

  private answered(type: Request['type'], packetId: number): Request | undefined {
    const index = this.#requests.findIndex((request) => request.type === type && request.packetId === packetId);
    return index < 0 ? undefined : this.#requests.splice(index, 1)[0];
  }

  /** Counts on from the last one given, and never gives 0. */
  private unusedPacketId(): number {
    do {
      this.#lastPacketId = (this.#lastPacketId % PACKET_ID_MAX) + 1;
    } while (this.isUsed(this.#lastPacketId));
    return this.#lastPacketId;
  }

  private isUsed(packetId: number): boolean {
    if (indexOf(this.#packetIds, packetId, this.#count) >= 0) return true;
    for (const request of this.#requests) if (request.packetId === packetId) return true;
    return false;
  }

  /** Makes the place at `current` free for the entry at `index`, the entries between moving up. */
  private moveToCurrent(index: number): void {
    if (index === this.#current) return;
    this.#packetIds.copyWithin(this.#current + 1, this.#current, index);
    this.#tokens.copyWithin(this.#current + 1, this.#current, index);
  }

  private remove(index: number): void {
    this.#packetIds.copyWithin(index, index + 1, this.#count);
    this.#tokens.copyWithin(index, index + 1, this.#count);
    this.#sentMilliseconds.copyWithin(index, index + 1, this.#current);
    this.#count--;
  }
}

/** Of `value` among the first `count`, or -1. By hand: the built-in would search the places that are not in use, too. */
function indexOf(values: Uint16Array | Float64Array, value: number, count: number): number {
  let index = 0;
  while (index < count && values[index] !== value) ++index;
  return index < count ? index : -1;
}
