/**
 * How much a connection can send at once: the size of its buffer, and what of that is left for a payload.
 */
import type { Configuration } from './configuration.js';
import { telemetryBytesMax } from './telemetry.js';

/** The connection's buffer for what is to be sent is not smaller: status with books, or CONNECT with will, names apart. */
const TRANSMIT_BYTES_MIN = 640;
/** Of a character in UTF-8. */
const UTF8_BYTES_MAX = 4;
/** Of a PUBLISH besides topic and payload, rounded up: fixed header, lengths, packet identifier. */
const PUBLISH_OVERHEAD_BYTES_MAX = 16;

/** Room for the largest packet: several readings, one reading of the widest sensor, the state of all channels, or CONNECT. */
export function transmitBytesOf({ broker, publish, topics, sensors }: Configuration): number {
  const state = telemetryBytesMax(sensors.flatMap(({ channels }) => channels));
  const topic = Math.max(...Object.values(topics).map((name) => name.length));
  const texts = `${broker.clientId}${broker.user ?? ''}${broker.password ?? ''}`;
  const connect = TRANSMIT_BYTES_MIN + topic + texts.length * UTF8_BYTES_MAX;
  return Math.max(connect, Math.max(publish.messageBytesMax, state) + topic + PUBLISH_OVERHEAD_BYTES_MAX);
}

/** Bytes of the largest payload that can be sent to a topic. */
export function payloadBytesOf(configuration: Configuration, topic: string): number {
  return transmitBytesOf(configuration) - PUBLISH_OVERHEAD_BYTES_MAX - topic.length;
}
