/**
 * What a connection is told, with the defaults and the bounds of every limit.
 */
import type { Clock, Network, Random, StreamConstructor, StreamSecurity } from '../../hal/contract.js';
import type { InboundPublish, Message } from './packet.js';
import type { WriteText } from './utf8.js';

/** MQTT 3.1.1, the only version so far. */
const PROTOCOL_VERSION = 4;

/** The connection keeps this object, and calls its functions as methods of it. */
export interface ConnectionOptions {
  readonly clock: Clock;
  /** Spreads the reconnects of a fleet; must differ from device to device. */
  readonly random: Random;
  /** TCP or TLS. */
  readonly Stream: StreamConstructor;
  /** Writes the texts of messages into the transmit buffer: a native, where the platform has one. By default that of utf8.ts. */
  readonly writeText?: WriteText | undefined;
  /** The link below; while it is down, nothing is tried. Absent: always up. The connection becomes its watcher. */
  readonly network?: Network | undefined;
  readonly host: string;
  readonly port: number;
  readonly secure?: StreamSecurity | undefined;
  /** Unique to this client at its broker. May be empty with a clean session: the broker then makes one up. */
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /**
   * Whether the broker is to forget the session at the end of each connection. True by default. 'once': only what it may have
   * kept from before this program began, of which the client knows nothing; what it keeps for subscriptions is lost then.
   */
  readonly clean?: boolean | 'once' | undefined;
  readonly protocolVersion?: number | undefined;
  /** What the broker publishes when the connection dies; a function is asked at every connect. */
  readonly will?: Message | ((session: number) => Message | undefined) | undefined;
  /** 60 by default; 0 turns keep-alive and the detection of a dead peer off. */
  readonly keepAliveSeconds?: number | undefined;
  /** Unacknowledged QoS 1 messages at the same time. 20 by default. */
  readonly windowMax?: number | undefined;
  /** Size of an inbound packet that is held whole. 2048 by default; larger messages come without their payload. */
  readonly packetBytesMax?: number | undefined;
  /** Outbound packets waiting for the stream, all together, and so the size of the largest. 4096 by default. */
  readonly transmitBytesMax?: number | undefined;
  /** From the first byte to CONNACK. 10,000 by default. */
  readonly connectTimeoutMilliseconds?: number | undefined;
  /** For PINGRESP, SUBACK and UNSUBACK. 10,000 by default. */
  readonly responseTimeoutMilliseconds?: number | undefined;
  /** A message in flight for longer ends the connection; it is sent again on the next one. 30,000 by default. */
  readonly acknowledgeTimeoutMilliseconds?: number | undefined;
  /** The first wait after a lost connection is at most this long. 1000 by default. */
  readonly backoffBaseMilliseconds?: number | undefined;
  /** No wait is longer. 120,000 by default. */
  readonly backoffMaxMilliseconds?: number | undefined;
  /** A connection that lasted this long makes the waits short again. 60,000 by default. */
  readonly stableMilliseconds?: number | undefined;

  /** The broker has accepted the client. `session` counts the CONNECT packets sent, and is what the will was told. */
  readonly onConnected?: ((connected: { sessionPresent: boolean; session: number }) => void) | undefined;
  /** A connection ended, or an attempt failed; another one follows. Not called by `stop()`. */
  readonly onDisconnected?: ((cause: Error) => void) | undefined;
  /** The broker has taken the QoS 1 message that was published with `token`. */
  readonly onAcknowledged?: ((token: number) => void) | undefined;
  /** `publish` may take more now. */
  readonly onReady?: (() => void) | undefined;
  /**
   * A message arrived; `payload` is valid during the call only. A QoS 1 message is acknowledged when this has returned;
   * if it throws, it is not, and the connection closes with the error thrown as its cause.
   */
  readonly onMessage?: ((topic: string, payload: Uint8Array, message: InboundPublish) => void) | undefined;
}

/** Default, least and most of each limit. */
const LIMITS = Object.freeze({
  keepAliveSeconds: bounds(60, 0, 65_535),
  windowMax: bounds(20, 1, 10_000),
  packetBytesMax: bounds(2048, 64, 268_435_460),
  transmitBytesMax: bounds(4096, 64, 268_435_460),
  connectTimeoutMilliseconds: bounds(10_000, 1, 86_400_000),
  responseTimeoutMilliseconds: bounds(10_000, 1, 86_400_000),
  acknowledgeTimeoutMilliseconds: bounds(30_000, 1, 86_400_000),
  backoffBaseMilliseconds: bounds(1000, 1, 86_400_000),
  backoffMaxMilliseconds: bounds(120_000, 1, 86_400_000),
  stableMilliseconds: bounds(60_000, 0, 86_400_000),
});

export type Limits = { readonly [name in keyof typeof LIMITS]: number };

function bounds(byDefault: number, least: number, most: number): readonly [number, number, number] {
  return Object.freeze([byDefault, least, most] as [number, number, number]);
}

/** Checks what the types cannot, and gives every limit a value. Throws an error that names the option. */
export function limitsOf(options: ConnectionOptions): Limits {
  const { host, port, protocolVersion = PROTOCOL_VERSION } = options;
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw new RangeError(
      `protocolVersion ${protocolVersion} is not supported, only ${PROTOCOL_VERSION} (MQTT 3.1.1) is`,
    );
  }
  if (host === '') throw new RangeError('host is empty');
  requireWhole('port', port, 1, 65535);
  const limits: Partial<Record<keyof Limits, number>> = {};
  for (const name of Object.keys(LIMITS) as (keyof Limits)[]) {
    const [byDefault, least, most] = LIMITS[name];
    const value = options[name] ?? byDefault;
    requireWhole(name, value, least, most);
    limits[name] = value;
  }
  return limits as Limits;
}

function requireWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} is ${value}, expected a whole number from ${least} to ${most}`);
  }
}
