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
import type { Channel } from '../reading/channel.js';
import { bootOf, type StoredReading } from '../reading/reading.js';

/** What stands around the values of an element, and around one value with its quotes, colon and comma, in bytes. */
const ELEMENT_BYTES = 128;
const VALUE_BYTES_MAX = 28;

/**
 * One element, for the numbers sequence <= n < end. `start` is when the boot began, in milliseconds since 1970, if known; `text` that
 * of its values, if that has been made.
 */
export function telemetryOf(
  reading: StoredReading,
  sequence: number,
  end: number,
  start: number | undefined,
  text?: string,
): string {
  const time = start === undefined ? `"ms":${reading.milliseconds}` : `"ts":${start + reading.milliseconds}`;
  const thinned = end > sequence + 1 ? `,"thinned":${end - sequence - 1}` : '';
  if (reading.kind === 'values') {
    const values = text ?? textOf(reading.values, reading.table.channels);
    return `{${time},"values":{${values}},"boot":${reading.boot},"seq":${sequence}${thinned}}`;
  }
  const values = reading.kind === 'alarm' ? `"${channelOf(reading)}":${reading.value}` : '';
  return `{${time},"values":{${values}},"boot":${reading.boot},"seq":${sequence}${thinned},${detailOf(reading)}}`;
}

/** What all sensors gave last as one JSON object, with the time, if that is known. `values` is their text. */
export function stateOf(values: string, unixMilliseconds: number | undefined): string {
  if (unixMilliseconds === undefined) return `{${values}}`;
  return values === '' ? `{"ts":${unixMilliseconds}}` : `{${values},"ts":${unixMilliseconds}}`;
}

/**
 * The values of a sensor's channels as they stand in an object. Written piece by piece, which takes half the steps of making an
 * object for JSON, and needs no property named as a channel. Names need no escapes (schema.ts).
 */
export function textOf(values: readonly (number | undefined)[], channels: readonly Channel[]): string {
  let text = '';
  for (let i = 0; i < values.length; ++i) {
    const value = values[i];
    if (value === undefined) continue;
    text += `${text === '' ? '"' : ',"'}${(channels[i] as Channel).name}":${value}`;
  }
  return text;
}

function detailOf(reading: Exclude<StoredReading, { kind: 'values' }>): string {
  if (reading.kind === 'anchor') return '"anchor":true';
  if (reading.kind === 'alarm')
    return `"alarm":${JSON.stringify({ channel: channelOf(reading), state: reading.state })}`;
  return `"fault":${JSON.stringify({ sensor: reading.table?.sensor ?? 'unknown', reason: reading.reason })}`;
}

function channelOf({ table, channel }: StoredReading & { kind: 'alarm' }): string {
  return (table.channels[channel] as Channel).name;
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
