/**
 * What a reading looks like on the wire: one JSON object, or an array of such objects when several travel in one message.
 *
 *     {"ts":1760000000123,"values":{"temperature":21.4},"boot":12,"seq":3451}
 *
 * `ts` (milliseconds since 1970) and `values` are what ThingsBoard, Telegraf and Node-RED take as they are. (boot, seq) is
 * what a consumer recognises duplicates by. A sensor that failed has no values but a `fault`; the record that fixes the
 * wall time of a boot has `anchor`. Without `ts`, nobody knew the time of that boot; `ms` then is the time since it.
 * In the log of events, `alarm` says which channel is beyond a limit, or no longer, and `values` has its value.
 * `thinned` numbers behind `seq` were left out. Numbers that are lost are told of by
 *
 *     {"values":{},"gap":{"first":3452,"last":3573,"reason":"evicted"}}
 */

import type { LogGap } from '../archive/log.js';
import type { SensorTable } from '../reading/channel.js';
import { type AlarmState, bootOf, type Reading } from '../reading/reading.js';

/** What stands around the values of an element, and around one value with its quotes, colon and comma, in bytes. */
const ELEMENT_BYTES = 128;
const VALUE_BYTES_MAX = 28;

interface Element {
  ts?: number;
  ms?: number;
  values: { [name: string]: number };
  boot: number;
  seq: number;
  thinned?: number;
  fault?: { sensor: string; reason: string };
  anchor?: true;
  alarm?: { channel: string; state: AlarmState };
}

/**
 * One element, for the numbers sequence <= n < end. `unixMilliseconds` is when the reading was taken, if that is known.
 */
export function telemetryOf(
  reading: Reading,
  sequence: number,
  end: number,
  table: SensorTable | undefined,
  unixMilliseconds: number | undefined,
): string {
  const { boot, milliseconds } = reading;
  const values: { [name: string]: number } = {};
  if (reading.kind === 'values')
    table?.channels.forEach(({ name }, i) => {
      const value = reading.values[i];
      if (value !== undefined) values[name] = value;
    });
  const alarmed = reading.kind === 'alarm' ? (table?.channels[reading.channel]?.name ?? '') : '';
  if (reading.kind === 'alarm') values[alarmed] = reading.value;
  const element: Element = {
    ...(unixMilliseconds === undefined ? { ms: milliseconds } : { ts: unixMilliseconds }),
    values,
    boot,
    seq: sequence,
  };
  if (end > sequence + 1) element.thinned = end - sequence - 1;
  if (reading.kind === 'fault') element.fault = { sensor: table?.sensor ?? 'unknown', reason: reading.reason };
  if (reading.kind === 'anchor') element.anchor = true;
  if (reading.kind === 'alarm') element.alarm = { channel: alarmed, state: reading.state };
  return JSON.stringify(element);
}

/**
 * A record whose channels nobody knows any more, or whose text no message can hold, goes out as it is stored, in
 * hexadecimal: it is not lost.
 */
export function rawTelemetry(sequence: number, stream: number, payload: Uint8Array): string {
  let raw = '';
  for (const byte of payload) raw += (byte < 16 ? '0' : '') + byte.toString(16);
  return JSON.stringify({ values: {}, boot: bootOf(payload), seq: sequence, stream, raw });
}

/** What tells of numbers that are lost. */
export function gapTelemetry({ sequence: first, end, reason }: LogGap): string {
  return JSON.stringify({ values: {}, gap: { first, last: end - 1, reason } });
}

/** Bytes that an element with values of these channels takes at most. */
export function telemetryBytesMax(channels: readonly { readonly name: string }[]): number {
  return channels.reduce((bytes, { name }) => bytes + name.length + VALUE_BYTES_MAX, ELEMENT_BYTES);
}
