/**
 * Writes the packets a client sends, each into a given place, in the fewest bytes MQTT 3.1.1 allows.
 *
 * Pure: knows neither session nor stream. For each packet of variable size there is a function that validates and gives
 * the byte length (a RangeError says in one sentence what can never be sent), and one that writes what was validated and
 * returns the offset behind it; the caller provides the room.
 *
 *   first byte   remaining length   variable header         payload
 *   type flags   1 to 4 bytes       packet identifier, ...  strings with a 2-byte length before them, or message
 */
import type { Connect, Message, Subscription } from './packet.js';
import { PacketType } from './packet.js';
import { stringBytes, topicFilterBytes, topicNameBytes } from './topic.js';
import { utf8Bytes, type WriteText } from './utf8.js';

export const PUBACK_BYTES = 4;
export const PINGREQ_BYTES = 2;
const REMAINING_LENGTH_MAX = 268_435_455;
const WILL_PAYLOAD_BYTES_MAX = 65535;
/** "MQTT" with its length, protocol level, flags, keep-alive. */
const CONNECT_HEADER_BYTES = 10;
const PROTOCOL_LEVEL = 4;

/** Validates and measures a CONNECT. No error contains the password. */
export function connectByteLength(connect: Connect): number {
  const { clientId, clean, keepAliveSeconds, user, password, will } = connect;
  if (clientId === '' && !clean) {
    throw new RangeError('[MQTT-3.1.3-7] an empty client identifier needs a clean session');
  }
  if (password !== undefined && user === undefined) {
    throw new RangeError('[MQTT-3.1.2-22] a password needs a user name');
  }
  if (!Number.isInteger(keepAliveSeconds) || keepAliveSeconds < 0 || keepAliveSeconds > 65535) {
    throw new RangeError(`keep-alive is ${keepAliveSeconds}, expected 0 to 65535 whole seconds`);
  }
  let remaining = CONNECT_HEADER_BYTES + 2 + stringBytes(clientId, 'client identifier').length;
  if (will !== undefined) {
    if (will.payload.length > WILL_PAYLOAD_BYTES_MAX) {
      throw new RangeError(`will message takes ${will.payload.length} bytes, at most ${WILL_PAYLOAD_BYTES_MAX}`);
    }
    remaining += 4 + topicNameBytes(will.topic).length + will.payload.length;
  }
  if (user !== undefined) remaining += 2 + stringBytes(user, 'user name').length;
  if (password !== undefined) remaining += 2 + stringBytes(password, 'password').length;
  return packetByteLength(remaining);
}

/** Writes a CONNECT whose length `connectByteLength` gave as `byteLength`. */
export function encodeConnect(
  connect: Connect,
  byteLength: number,
  writeText: WriteText,
  into: Uint8Array,
  offset: number,
): number {
  const { clientId, clean, keepAliveSeconds, user, password, will } = connect;
  let at = encodeHeader(PacketType.CONNECT, 0, remainingOf(byteLength), into, offset);
  at = encodeString('MQTT', into, at);
  into[at++] = PROTOCOL_LEVEL;
  // [MQTT-3.1.2-3] bit 0 is 0; [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15] no will, no will QoS and retain.
  let flags = clean ? 0x02 : 0;
  if (will !== undefined) flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
  if (password !== undefined) flags |= 0x40;
  if (user !== undefined) flags |= 0x80;
  into[at++] = flags;
  at = encodeUint16(keepAliveSeconds, into, at);
  // [MQTT-3.1.3-1] in this order.
  at = encodeString(clientId, into, at);
  if (will !== undefined) {
    at = encodeString(will.topic, into, at);
    at = encodeUint16(will.payload.length, into, at);
    at = encodePayload(will, writeText, into, at);
    if (at < 0) throw new RangeError('the text of the will is not ASCII');
  }
  if (user !== undefined) at = encodeString(user, into, at);
  if (password !== undefined) at = encodeString(password, into, at);
  return at;
}

/** The remaining length of a PUBLISH to a topic whose name takes so many bytes. */
export function publishRemaining(topicBytes: number, message: Message): number {
  return 2 + topicBytes + (message.qos > 0 ? 2 : 0) + message.payload.length;
}

/**
 * Writes a PUBLISH whose remaining length `publishRemaining` gave; gives -1 for text that is not ASCII. With QoS 0 there is no
 * packet identifier [MQTT-2.3.1-5] and no DUP [MQTT-3.3.1-2].
 */
export function encodePublish(
  message: Message,
  remaining: number,
  packetId: number,
  dup: boolean,
  writeText: WriteText,
  into: Uint8Array,
  offset: number,
): number {
  const qos = message.qos;
  const flags = (dup ? 0x08 : 0) | (qos << 1) | (message.retain ? 0x01 : 0);
  let at = encodeHeader(PacketType.PUBLISH, flags, remaining, into, offset);
  // Not by `encodeString`, which makes a buffer: this is done for each message.
  const topicAt = at + 2;
  at = writeText(message.topic, into, topicAt);
  encodeUint16(at - topicAt, into, topicAt - 2);
  if (qos > 0) at = encodeUint16(packetId, into, at);
  return encodePayload(message, writeText, into, at);
}

export function encodePuback(packetId: number, into: Uint8Array, offset: number): number {
  return encodeUint16(packetId, into, encodeHeader(PacketType.PUBACK, 0, 2, into, offset));
}

/** Validates and measures a SUBSCRIBE. */
export function subscribeByteLength(subscriptions: readonly Subscription[]): number {
  if (subscriptions.length === 0) throw new RangeError('[MQTT-3.8.3-3] nothing to subscribe to');
  let remaining = 2;
  for (const { filter } of subscriptions) remaining += 3 + topicFilterBytes(filter).length;
  return packetByteLength(remaining);
}

/** Writes a SUBSCRIBE whose length `subscribeByteLength` gave as `byteLength`. */
export function encodeSubscribe(
  subscriptions: readonly Subscription[],
  packetId: number,
  byteLength: number,
  into: Uint8Array,
  offset: number,
): number {
  // [MQTT-3.8.1-1] reserved flags 0010
  let at = encodeHeader(PacketType.SUBSCRIBE, 0x02, remainingOf(byteLength), into, offset);
  at = encodeUint16(packetId, into, at);
  for (const { filter, qos } of subscriptions) {
    at = encodeString(filter, into, at);
    into[at++] = qos;
  }
  return at;
}

/** Validates and measures an UNSUBSCRIBE. */
export function unsubscribeByteLength(filters: readonly string[]): number {
  if (filters.length === 0) throw new RangeError('[MQTT-3.10.3-2] nothing to unsubscribe from');
  let remaining = 2;
  for (const filter of filters) remaining += 2 + topicFilterBytes(filter).length;
  return packetByteLength(remaining);
}

/** Writes an UNSUBSCRIBE whose length `unsubscribeByteLength` gave as `byteLength`. */
export function encodeUnsubscribe(
  filters: readonly string[],
  packetId: number,
  byteLength: number,
  into: Uint8Array,
  offset: number,
): number {
  // [MQTT-3.10.1-1] reserved flags 0010
  let at = encodeHeader(PacketType.UNSUBSCRIBE, 0x02, remainingOf(byteLength), into, offset);
  at = encodeUint16(packetId, into, at);
  for (const filter of filters) at = encodeString(filter, into, at);
  return at;
}

export function encodePingreq(into: Uint8Array, offset: number): number {
  return encodeHeader(PacketType.PINGREQ, 0, 0, into, offset);
}

export function encodeDisconnect(into: Uint8Array, offset: number): number {
  return encodeHeader(PacketType.DISCONNECT, 0, 0, into, offset);
}

/** The bytes of a packet in all. Throws a RangeError when MQTT has none that long. */
export function packetByteLength(remaining: number): number {
  if (remaining > REMAINING_LENGTH_MAX) throw new RangeError(`a packet of ${remaining} bytes is too large for MQTT`);
  return 1 + lengthByteLength(remaining) + remaining;
}

/** The remaining length of a packet of `byteLength` bytes in all. */
function remainingOf(byteLength: number): number {
  let remaining = byteLength - 2;
  while (1 + lengthByteLength(remaining) + remaining > byteLength) remaining--;
  return remaining;
}

function lengthByteLength(remaining: number): number {
  return remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x200000 ? 3 : 4;
}

function encodeHeader(type: number, flags: number, remaining: number, into: Uint8Array, offset: number): number {
  let at = offset;
  into[at] = (type << 4) | flags;
  let rest = remaining;
  // A byte takes the low 8 bits of what is stored.
  for (; rest >= 0x80; rest >>= 7) into[++at] = rest | 0x80;
  into[++at] = rest;
  return at + 1;
}

/** -1 for text that is not ASCII: it has more bytes than were counted. */
function encodePayload({ payload }: Message, writeText: WriteText, into: Uint8Array, offset: number): number {
  const end = offset + payload.length;
  if (!('pieces' in payload)) {
    into.set(payload, offset);
    return end;
  }
  let at = offset;
  const pieces = payload.pieces;
  for (let i = 0; i < pieces.length; ++i) {
    at = writeText(pieces[i] as string, into, at);
    if (at < 0) return at;
  }
  return at === end ? end : -1;
}

/** Writes the bytes of `text` and puts their count before them. */
function encodeString(text: string, into: Uint8Array, offset: number): number {
  const bytes = utf8Bytes(text);
  const at = encodeUint16(bytes.length, into, offset);
  into.set(bytes, at);
  return at + bytes.length;
}

function encodeUint16(value: number, into: Uint8Array, offset: number): number {
  into[offset] = value >> 8;
  into[offset + 1] = value & 0xff;
  return offset + 2;
}
