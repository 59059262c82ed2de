/**
 * What a single packet from a broker must look like, and what it says.
 *
 * Pure, and without regard to how the bytes arrived: `decode.ts` calls the checks as soon as the bytes they need are
 * there, and the parsing when the packet is whole. Each rule throws a ProtocolError that names its statement.
 */
import type { InboundPacket, Qos } from './packet.js';
import { PacketType, ProtocolError } from './packet.js';
import { decodeUtf8 } from './utf8.js';

const NAMES = Object.freeze([
  'reserved type 0',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'reserved type 15',
]);
const CODE_REFUSED_MAX = 5;
const SUBSCRIPTION_FAILED = 0x80;

/** The name of a packet type, for messages. */
export function packetName(type: number): string {
  return NAMES[type] as string;
}

/** Type and reserved flags. */
export function checkFirstByte(first: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  switch (type) {
    case PacketType.PUBLISH:
      checkPublishFlags(flags);
      return;
    case PacketType.CONNACK:
    case PacketType.PUBACK:
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
    case PacketType.PINGRESP:
      if (flags !== 0) {
        throw new ProtocolError('MQTT-2.2.2-2', `reserved flags of ${NAMES[type]} are ${flags}, expected 0`);
      }
      return;
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      throw new ProtocolError('MQTT-4.3.2-2', `${NAMES[type]} belongs to QoS 2, which this client does not use`);
    default:
      throw new ProtocolError('MQTT-4.8.0-1', `${NAMES[type]} is not for a broker to send (section 2.2.1)`);
  }
}

function checkPublishFlags(flags: number): void {
  const qos = (flags >> 1) & 0x03;
  if (qos === 3) throw new ProtocolError('MQTT-3.3.1-4', 'PUBLISH has both QoS bits set');
  if (qos === 2) throw new ProtocolError('MQTT-3.8.4-6', 'PUBLISH has QoS 2, at most 1 was asked for');
  if (qos === 0 && (flags & 0x08) !== 0) throw new ProtocolError('MQTT-3.3.1-2', 'PUBLISH with QoS 0 has DUP set');
}

/** The sizes that are fixed, or have a least. */
export function checkRemainingLength(type: number, remaining: number): void {
  switch (type) {
    case PacketType.PUBLISH:
      if (remaining < 2) throw new ProtocolError('MQTT-3.3.2-1', 'PUBLISH ends before its topic name');
      return;
    case PacketType.SUBACK:
      if (remaining < 3) throw new ProtocolError('MQTT-3.8.4-5', 'SUBACK holds no return code');
      return;
    default: {
      const expected = type === PacketType.PINGRESP ? 0 : 2;
      if (remaining !== expected) {
        throw new ProtocolError(
          'MQTT-4.8.0-1',
          `${NAMES[type]} has remaining length ${remaining}, expected ${expected}`,
        );
      }
    }
  }
}

/** Parses the packet in `bytes[start, end)`, whose fixed header, checked before, ends at `at`. */
export function parsePacket(bytes: Uint8Array, start: number, at: number, end: number): InboundPacket {
  const type = (bytes[start] as number) >> 4;
  switch (type) {
    case PacketType.PUBACK:
    case PacketType.UNSUBACK:
      return { type, packetId: acknowledgedPacketId(type, bytes, at) };
    case PacketType.SUBACK:
      return { type, packetId: acknowledgedPacketId(type, bytes, at), codes: subackCodes(bytes, at + 2, end) };
    case PacketType.CONNACK:
      return parseConnack(bytes, at);
    case PacketType.PINGRESP:
      return { type };
    default:
      return parsePublish(bytes, start, at, end, false);
  }
}

function parseConnack(bytes: Uint8Array, at: number): InboundPacket {
  const flags = bytes[at] as number;
  const code = bytes[at + 1] as number;
  if (flags > 1) {
    throw new ProtocolError(
      'MQTT-4.8.0-1',
      `CONNACK acknowledge flags are ${flags}, expected 0 or 1 (section 3.2.2.1)`,
    );
  }
  if (code > CODE_REFUSED_MAX) {
    throw new ProtocolError('MQTT-3.2.2-6', `CONNACK return code is ${code}, expected 0 to ${CODE_REFUSED_MAX}`);
  }
  if (code !== 0 && flags !== 0) {
    throw new ProtocolError('MQTT-3.2.2-4', `CONNACK with return code ${code} says that a session is present`);
  }
  return { type: PacketType.CONNACK, sessionPresent: flags === 1, code };
}

/** `end` is the end of the packet, or of what is there of it when the payload is skipped. */
export function parsePublish(
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
  oversized: boolean,
): InboundPacket {
  const flags = bytes[start] as number;
  const qos = ((flags >> 1) & 0x03) as Qos;
  const payloadAt = publishPayloadAt(bytes, start, at, end);
  const topicEnd = qos === 0 ? payloadAt : payloadAt - 2;
  const packetId = qos === 0 ? 0 : uint16At(bytes, topicEnd);
  if (qos !== 0 && packetId === 0) throw new ProtocolError('MQTT-2.3.1-1', 'PUBLISH has packet identifier 0');
  return {
    type: PacketType.PUBLISH,
    topic: topicName(bytes, at + 2, topicEnd),
    payload: bytes.subarray(payloadAt, end),
    qos,
    dup: (flags & 0x08) !== 0,
    retain: (flags & 0x01) !== 0,
    packetId,
    oversized,
  };
}

/** Where the payload of a PUBLISH begins; topic and packet identifier must end within the packet. */
export function publishPayloadAt(bytes: Uint8Array, start: number, at: number, packetEnd: number): number {
  const withIdentifier = ((bytes[start] as number) & 0x06) !== 0;
  const topicEnd = at + 2 + uint16At(bytes, at);
  if (topicEnd > packetEnd) throw new ProtocolError('MQTT-3.3.2-1', 'PUBLISH ends within its topic name');
  if (!withIdentifier) return topicEnd;
  if (topicEnd + 2 > packetEnd) {
    throw new ProtocolError('MQTT-2.3.1-1', 'PUBLISH ends before its packet identifier');
  }
  return topicEnd + 2;
}

function topicName(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) throw new ProtocolError('MQTT-4.7.3-1', 'PUBLISH has an empty topic name');
  const topic = decodeUtf8(bytes, start, end);
  if (topic.includes('#') || topic.includes('+')) {
    throw new ProtocolError('MQTT-3.3.2-2', 'topic name of PUBLISH contains a wildcard');
  }
  return topic;
}

function acknowledgedPacketId(type: number, bytes: Uint8Array, at: number): number {
  const packetId = uint16At(bytes, at);
  if (packetId === 0) {
    const statement = type === PacketType.PUBACK ? 'MQTT-2.3.1-6' : 'MQTT-2.3.1-7';
    throw new ProtocolError(statement, `${NAMES[type]} has packet identifier 0`);
  }
  return packetId;
}

function subackCodes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const codes = bytes.slice(start, end);
  for (const code of codes) {
    if (code > 2 && code !== SUBSCRIPTION_FAILED) {
      throw new ProtocolError('MQTT-3.9.3-2', `SUBACK return code ${code} is reserved`);
    }
  }
  return codes;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
