/**
 * Readings as they are stored: a few bytes each, against the channel table of their sensor (FORMAT.md, "Readings").
 *
 *   varint  boot * 4 + kind
 *   varint  milliseconds since that boot
 *   values  (kind 0)  flags: bit i % 7 of byte i / 7 says that channel i has a value, the top bit that more bytes follow;
 *                     then a signed varint for each, the value * 10^decimals, rounded
 *   fault   (kind 1)  ASCII text: why there is no value
 *   anchor  (kind 2)  varint: the wall time at that moment, milliseconds since 1970
 *   alarm   (kind 3)  varint: channel * 4 + state (0 clear, 1 above, 2 below); signed varint: the value, as in kind 0
 *
 * Does not know where records are kept, nor how they are sent.
 */
import type { Channel, ChannelTables, SensorTable } from './channel.js';
import { VarintReader, writeSignedVarint, writeVarint } from './varint.js';

/** Longest text of a fault that is kept, in bytes. */
export const FAULT_BYTES_MAX = 40;

/** Of a value times 10^decimals. Values beyond are kept as missing: they cannot be told exactly. */
export const SCALED_MAX = Number.MAX_SAFE_INTEGER / 4;

const VALUES = 0;
const FAULT = 1;
const ANCHOR = 2;
/** By their codes. */
const KINDS = Object.freeze(['values', 'fault', 'anchor', 'alarm'] as const);

/** What the value of a channel is to its limits. Its place in the list is its code. */
const ALARM_STATES = Object.freeze(['clear', 'above', 'below'] as const);

export type AlarmState = (typeof ALARM_STATES)[number];

export interface Moment {
  readonly boot: number;
  /** Since that boot. */
  readonly milliseconds: number;
}

interface ValuesReading {
  readonly kind: 'values';
  readonly values: readonly (number | undefined)[];
}

interface FaultReading {
  readonly kind: 'fault';
  readonly reason: string;
}

interface AnchorReading {
  readonly kind: 'anchor';
  readonly unixMilliseconds: number;
}

/** From now on the value of a channel, by its index, is beyond a limit, or is not any more. */
interface AlarmReading {
  readonly kind: 'alarm';
  readonly channel: number;
  readonly state: AlarmState;
  readonly value: number;
}

export type Reading = Moment & (ValuesReading | FaultReading | AnchorReading | AlarmReading);

/** With the table that was in force; of a fault, if that is known. */
export type StoredReading = Moment &
  (
    | (ValuesReading & { readonly table: SensorTable })
    | (FaultReading & { readonly table: SensorTable | undefined })
    | AnchorReading
    | (AlarmReading & { readonly table: SensorTable })
  );

/** Bytes that a reading of `channels` channels takes at most. */
export function readingBytesMax(channels: number): number {
  return Math.max(8 + 8 + Math.ceil(channels / 7) + channels * 8, 8 + 8 + FAULT_BYTES_MAX);
}

/** Writes `reading` to the start of `into` (large enough by `readingBytesMax`) and returns its length in bytes. */
export function packReading(into: Uint8Array, reading: Reading, channels: readonly Channel[]): number {
  const head = writeVarint(into, 0, reading.boot * 4 + KINDS.indexOf(reading.kind));
  const at = writeVarint(into, head, reading.milliseconds);
  if (reading.kind === 'values') return packValues(into, at, reading.values, channels);
  if (reading.kind === 'fault') return packText(into, at, reading.reason);
  if (reading.kind === 'anchor') return writeVarint(into, at, reading.unixMilliseconds);
  return packAlarm(into, at, reading, channels);
}

/**
 * The reading of `stream` in `bytes`; `undefined` for bytes that are none, and for values without the table that was in
 * force. Like `unpackValues` it reads numbers itself and not through a VarintReader, which takes more steps: each value on its way
 * comes by.
 */
export function unpackReading(
  bytes: Uint8Array,
  stream: number,
  tables: Pick<ChannelTables, 'at'>,
): StoredReading | undefined {
  let at = 0;
  let first = bytes[at] as number;
  for (let scale = 0x80; first >= scale; scale *= 0x80) first += ((bytes[++at] as number) - 1) * scale;
  let milliseconds = bytes[++at] as number;
  for (let scale = 0x80; milliseconds >= scale; scale *= 0x80) milliseconds += ((bytes[++at] as number) - 1) * scale;
  if (++at > bytes.length) return undefined;
  const kind = first % 4;
  const boot = (first - kind) / 4;
  const table = tables.at(stream, boot);
  if (kind === VALUES) {
    const values = table && unpackValues(bytes, at, table.channels);
    return table && values && { kind: 'values', boot, milliseconds, values, table };
  }
  if (kind === FAULT) return { kind: 'fault', boot, milliseconds, reason: unpackText(bytes, at), table };
  const reader = new VarintReader(bytes, at);
  if (kind === ANCHOR) {
    const unixMilliseconds = reader.unsigned();
    return reader.isOver ? undefined : { kind: 'anchor', boot, milliseconds, unixMilliseconds };
  }
  const alarm = table && unpackAlarm(reader, table.channels);
  return table && alarm && { ...alarm, boot, milliseconds, table };
}

/** The boot of the reading in `bytes`; 0 for what is no reading. */
export function bootOf(bytes: Uint8Array): number {
  const reader = new VarintReader(bytes, 0);
  const first = reader.unsigned();
  return reader.isOver ? 0 : Math.floor(first / 4);
}

/** Its value is one that can be told exactly: others raise no alarm (agent/latest.ts). */
function packAlarm(into: Uint8Array, from: number, alarm: AlarmReading, channels: readonly Channel[]): number {
  const { channel, state, value } = alarm;
  const scaled = Math.round(value * 10 ** (channels[channel] as Channel).decimals);
  const at = writeVarint(into, from, channel * 4 + ALARM_STATES.indexOf(state));
  return writeSignedVarint(into, at, scaled);
}

function unpackAlarm(reader: VarintReader, channels: readonly Channel[]): AlarmReading | undefined {
  const code = reader.unsigned();
  const scaled = reader.signed();
  const index = Math.floor(code / 4);
  const state = ALARM_STATES[code % 4];
  const channel = channels[index];
  if (reader.isOver || state === undefined || channel === undefined) return undefined;
  return { kind: 'alarm', channel: index, state, value: scaled / 10 ** channel.decimals };
}

function packValues(
  into: Uint8Array,
  from: number,
  values: readonly (number | undefined)[],
  channels: readonly Channel[],
): number {
  let last = channels.length - 1;
  while (last > 0 && values[last] === undefined) --last;
  let at = from + (last - (last % 7)) / 7;
  if (at > from) into.fill(0x80, from, at);
  into[at] = 0;
  ++at;
  for (let i = 0; i <= last; i++) {
    const value = values[i];
    if (value === undefined) continue;
    const scaled = Math.round(value * 10 ** (channels[i] as Channel).decimals);
    if (!(scaled >= -SCALED_MAX && scaled <= SCALED_MAX)) continue;
    const flags = from + (i - (i % 7)) / 7;
    into[flags] = (into[flags] as number) | (1 << (i % 7));
    const folded = scaled < 0 ? -2 * scaled - 1 : 2 * scaled;
    if (folded < 0x4000 && folded >= 0x80) {
      // As most values are; a call takes more steps.
      into[at] = folded | 0x80;
      ++at;
      into[at] = folded >> 7;
      ++at;
    } else at = writeVarint(into, at, folded);
  }
  return at;
}

/** `undefined` when the bytes end too early. */
function unpackValues(
  bytes: Uint8Array,
  from: number,
  channels: readonly Channel[],
): readonly (number | undefined)[] | undefined {
  const values: (number | undefined)[] = [];
  let last = from;
  while ((bytes[last] as number) >= 0x80) ++last;
  let at = last;
  let flagsAt = from - 1;
  /** Of the next channels, with a 1 above them. */
  let flags = 1;
  for (let i = 0; i < channels.length; ++i) {
    if (flags === 1) flags = flagsAt < last ? (bytes[++flagsAt] as number) | 0x80 : 0x80;
    if ((flags & 1) === 0) values[i] = undefined;
    else {
      let folded = bytes[++at] as number;
      for (let scale = 0x80; folded >= scale; scale *= 0x80) folded += ((bytes[++at] as number) - 1) * scale;
      values[i] = (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2) / 10 ** (channels[i] as Channel).decimals;
    }
    flags >>= 1;
  }
  return at < bytes.length ? values : undefined;
}

/** Characters beyond ASCII become '?': a reason is for a person, and the space is small. */
function packText(into: Uint8Array, from: number, text: string): number {
  let at = from;
  for (const character of text) {
    if (at === from + FAULT_BYTES_MAX) break;
    const code = character.codePointAt(0) as number;
    into[at++] = code >= 0x20 && code < 0x7f ? code : 0x3f;
  }
  return at;
}

function unpackText(bytes: Uint8Array, from: number): string {
  let text = '';
  for (let at = from; at < bytes.length; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
