/**
 * Takes the bytes a broker sends, in whatever fragments they arrive, and gives the packets in them.
 *
 *   0      type (4 bits), flags (4 bits)
 *   1      remaining length, 1 to 4 bytes of 7 bits, least significant first; a set top bit says "more"
 *   2..5   variable header and payload, `remaining length` bytes in all
 *
 * Strict: whatever breaks the standard throws a ProtocolError that names the statement, and the decoder is of no use
 * until `reset`. Knows packets one by one; what may come when (a CONNACK first, a SUBACK for a SUBSCRIBE) is the
 * connection's matter.
 *
 * Bounded: holds no more than `packetBytesMax` bytes. A larger PUBLISH is delivered without its payload, which is skipped
 * as it streams by, so that it can be acknowledged: refusing it would make the broker send it again after every
 * reconnect, for ever.
 */
import type { InboundPacket } from './packet.js';
import { PacketType, ProtocolError } from './packet.js';
import {
  checkFirstByte,
  checkRemainingLength,
  packetName,
  parsePacket,
  parsePublish,
  publishPayloadAt,
} from './parse.js';

const FIXED_HEADER_BYTES_MAX = 5;

/** Is given each packet when it is complete. An object and not a function: a closure costs RAM on a device. */
export interface PacketHandler {
  onPacket(packet: InboundPacket): void;
}

export class Decoder {
  readonly #handler: PacketHandler;
  /** The beginning of a packet that has not wholly arrived. */
  readonly #buffer: Uint8Array;
  #filled = 0;
  /** Of the packet at hand, fixed header included, once that is known; 0 before. */
  #packetLength = 0;
  #headerLength = 0;
  /** Payload bytes of an oversized PUBLISH still to come. */
  #skip = 0;
  #oversized: InboundPacket | undefined;

  constructor(packetBytesMax: number, handler: PacketHandler) {
    this.#handler = handler;
    this.#buffer = new Uint8Array(packetBytesMax);
  }

  /** Forgets what has arrived: the next byte begins a packet. */
  reset(): void {
    this.#filled = 0;
    this.#packetLength = 0;
    this.#skip = 0;
    this.#oversized = undefined;
  }

  /** Takes `bytes`, and hands over each packet that is now complete. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, bytes.length - at);
        at += count;
        this.#skip -= count;
        if (this.#skip === 0) this.deliverOversized();
      } else if (this.#filled === 0 && this.wholePacket(bytes, at)) {
        const end = at + this.#packetLength;
        const packet = parsePacket(bytes, at, at + this.#headerLength, end);
        this.#packetLength = 0;
        at = end;
        this.#handler.onPacket(packet);
      } else {
        at = this.collect(bytes, at);
      }
    }
  }

  /** Whether a packet of bearable size lies wholly in `bytes` at `at`, where it can be decoded without being copied. */
  private wholePacket(bytes: Uint8Array, at: number): boolean {
    return (
      this.measure(bytes, at, bytes.length) &&
      this.#packetLength <= this.#buffer.length &&
      at + this.#packetLength <= bytes.length
    );
  }

  /** Copies up to the next point at which something can be decided, decides it, and returns how far it came. */
  private collect(bytes: Uint8Array, start: number): number {
    const missing = this.wanted() - this.#filled;
    const count = Math.min(missing, bytes.length - start);
    this.#buffer.set(bytes.subarray(start, start + count), this.#filled);
    this.#filled += count;
    if (count === missing && (this.#packetLength > 0 || this.measure(this.#buffer, 0, this.#filled))) {
      if (this.#filled === this.#packetLength) this.deliver();
      else if (this.#filled === this.wanted()) this.beginSkipping();
    }
    return start + count;
  }

  /** How many bytes of the packet at hand must be in the buffer before anything more can be said of it. */
  private wanted(): number {
    if (this.#packetLength === 0) return this.#filled + 1;
    if (this.#packetLength <= this.#buffer.length) return this.#packetLength;
    const topicAt = this.#headerLength + 2;
    if (this.#filled < topicAt) return topicAt;
    const payloadAt = publishPayloadAt(this.#buffer, 0, this.#headerLength, this.#packetLength);
    if (payloadAt > this.#buffer.length) {
      throw new ProtocolError('MQTT-4.8.0-1', `topic name alone takes more than ${this.#buffer.length} bytes`);
    }
    return payloadAt;
  }

  /**
   * Reads the fixed header at `start`, of which the bytes up to `end` are there. False when more are needed; checks as
   * soon as it can, so that a peer that talks nonsense is not waited for.
   */
  private measure(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start] as number;
    checkFirstByte(first);
    let remaining = 0;
    let scale = 1;
    for (let at = start + 1; at < end; at++) {
      const byte = bytes[at] as number;
      remaining += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        checkRemainingLength(first >> 4, remaining);
        this.#headerLength = at + 1 - start;
        this.#packetLength = this.#headerLength + remaining;
        this.checkSize(first >> 4);
        return true;
      }
      if (at + 1 - start === FIXED_HEADER_BYTES_MAX) {
        throw new ProtocolError('MQTT-4.8.0-1', 'remaining length takes more than 4 bytes (section 2.2.3)');
      }
    }
    return false;
  }

  private checkSize(type: number): void {
    if (this.#packetLength > this.#buffer.length && type !== PacketType.PUBLISH) {
      throw new ProtocolError(
        'MQTT-4.8.0-1',
        `${packetName(type)} of ${this.#packetLength} bytes, at most ${this.#buffer.length} are taken`,
      );
    }
  }

  private deliver(): void {
    const packet = parsePacket(this.#buffer, 0, this.#headerLength, this.#packetLength);
    this.#filled = 0;
    this.#packetLength = 0;
    this.#handler.onPacket(packet);
  }

  /** Topic and packet identifier of an oversized PUBLISH are in the buffer; what follows is payload. */
  private beginSkipping(): void {
    this.#oversized = parsePublish(this.#buffer, 0, this.#headerLength, this.#filled, true);
    this.#skip = this.#packetLength - this.#filled;
    this.#filled = 0;
    this.#packetLength = 0;
  }

  private deliverOversized(): void {
    const packet = this.#oversized as InboundPacket;
    this.#oversized = undefined;
    this.#handler.onPacket(packet);
  }
}
