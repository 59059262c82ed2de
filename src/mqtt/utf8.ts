/**
 * UTF-8 as MQTT has it (section 1.5.3), without TextEncoder, which XS lacks.
 */
import { ProtocolError } from './packet.js';

const REPLACEMENT = 0xfffd;
/** Where strings consist of UTF-16 units; a pair of them takes four bytes. */
const BYTES_PER_UNIT_MAX = 3;
/** Code points joined at a time: XS passes arguments on its stack, which has a few hundred slots in all. */
const GROUP = 32;

/** Whether `text` can be encoded: it has no surrogate that is not one of a pair [MQTT-1.5.3-1]. */
export function isWellFormed(text: string): boolean {
  // Made here each time: matching writes to the expression, and what is made at module level is in flash on a device.
  return !/[\ud800-\udfff]/u.test(text);
}

/** Well-formed `text` as bytes, natively where the engine can (XS), which takes a hundredth of the steps. */
export function utf8Bytes(text: string): Uint8Array {
  const native = ArrayBuffer as { fromString?: (text: string) => ArrayBuffer };
  return native.fromString === undefined ? encoded(text) : new Uint8Array(native.fromString(text));
}

/** Where the bytes of a text are wanted; see `writeText` in hal/contract.ts. */
export type WriteText = (text: string, into: Uint8Array, at: number) => number;

/** Writes well-formed `text` into `into` from `at` on, and gives the offset behind it; -1, and nothing written, if it does not fit. */
export function writeText(text: string, into: Uint8Array, at: number): number {
  const bytes = utf8Bytes(text);
  if (at + bytes.length > into.length) return -1;
  into.set(bytes, at);
  return at + bytes.length;
}

function encoded(text: string): Uint8Array {
  const bytes = new Uint8Array(BYTES_PER_UNIT_MAX * text.length);
  let at = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = continuation(point);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = continuation(point >> 6);
      bytes[at++] = continuation(point);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = continuation(point >> 12);
      bytes[at++] = continuation(point >> 6);
      bytes[at++] = continuation(point);
    }
  }
  return bytes.slice(0, at);
}

/** The string in `bytes[start, end)`; throws a ProtocolError when it is ill-formed. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  return join(bytes, start, end, true);
}

/** The text in `bytes`, each ill-formed byte replaced by U+FFFD: for payloads, which may hold anything. */
export function decodeText(bytes: Uint8Array): string {
  return join(bytes, 0, bytes.length, false);
}

function join(bytes: Uint8Array, start: number, end: number, strict: boolean): string {
  let text = '';
  const group: number[] = [];
  for (let at = start; at < end; ) {
    let point = pointAt(bytes, at, end);
    if (strict) {
      if (point < 0) throw new ProtocolError('MQTT-1.5.3-1', 'string is not well-formed UTF-8');
      if (point === 0) throw new ProtocolError('MQTT-1.5.3-2', 'string contains the character U+0000');
    }
    if (point < 0) {
      point = REPLACEMENT;
      at += 1;
    } else {
      at += pointByteLength(point);
    }
    if (group.push(point) === GROUP) {
      text += String.fromCodePoint(...group);
      group.length = 0;
    }
  }
  return text + String.fromCodePoint(...group);
}

/** The code point whose encoding begins at `at`, or -1 when there is none: stray, cut, overlong, surrogate, too large. */
function pointAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return -1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > end) return -1;
  let point = first & (0x7f >> length);
  for (let index = at + 1; index < at + length; index++) {
    const byte = bytes[index] as number;
    if ((byte & 0xc0) !== 0x80) return -1;
    point = (point << 6) | (byte & 0x3f);
  }
  return pointByteLength(point) === length && point <= 0x10ffff && !isSurrogate(point) ? point : -1;
}

function pointByteLength(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}
