/**
 * The vocabulary of MQTT 3.1.1 (OASIS Standard, 29 October 2014) that the parts of this folder share.
 */

/** Control packet types, the upper four bits of a packet's first byte (section 2.2.1). */
export const PacketType = Object.freeze({
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  UNSUBSCRIBE: 10,
  UNSUBACK: 11,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
} as const);

/** The delivery guarantees this client offers: at most once, at least once. */
export type Qos = 0 | 1;

/** ASCII text in pieces, which need not be put together first. */
export interface TextPayload {
  readonly pieces: readonly string[];
  /** Of all pieces. */
  readonly length: number;
}

/** Text in one piece. */
export function textPayload(text: string): TextPayload {
  return { pieces: [text], length: text.length };
}

/** An application message. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array | TextPayload;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** One line of a SUBSCRIBE packet: a topic filter and the highest QoS wanted for what matches it. */
export interface Subscription {
  readonly filter: string;
  readonly qos: Qos;
}

/** What a CONNECT packet says. */
export interface Connect {
  readonly clientId: string;
  readonly clean: boolean;
  /** 0 to 65535; 0 turns keep-alive off. */
  readonly keepAliveSeconds: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly will?: Message | undefined;
}

/** A PUBLISH from the broker. */
export interface InboundPublish {
  readonly type: typeof PacketType.PUBLISH;
  readonly topic: string;
  /** A view into a buffer that is used again: valid only during the callback. Empty when `oversized`. */
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly dup: boolean;
  readonly retain: boolean;
  /** 0 with QoS 0. */
  readonly packetId: number;
  /** The packet was larger than the decoder may hold; its payload was skipped. */
  readonly oversized: boolean;
}

/** The packets a broker may send. */
export type InboundPacket =
  | { readonly type: typeof PacketType.CONNACK; readonly sessionPresent: boolean; readonly code: number }
  | InboundPublish
  | { readonly type: typeof PacketType.PUBACK; readonly packetId: number }
  | { readonly type: typeof PacketType.SUBACK; readonly packetId: number; readonly codes: Uint8Array }
  | { readonly type: typeof PacketType.UNSUBACK; readonly packetId: number }
  | { readonly type: typeof PacketType.PINGRESP };

/**
 * The peer broke the standard, and the connection must be closed [MQTT-4.8.0-1]. The message begins with the statement
 * that was broken; where the standard has a rule without a number, that is MQTT-4.8.0-1 and the text names the section.
 */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
  readonly statement: string;

  constructor(statement: string, message: string) {
    super(`[${statement}] ${message}`);
    this.statement = statement;
  }
}
