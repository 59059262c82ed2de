/**
 * UTF-8 as MQTT has it (section 1.5.3), without TextEncoder, which XS lacks.
 *
 * Strings are walked with `codePointAt`: that gives whole code points both where strings are indexed by UTF-16 unit (Node)
 * and where they are indexed by code point (XS); `width` tells the two apart.
 */
import { ProtocolError } from './packet.js';

const REPLACEMENT = 0xfffd;
/** Code points joined at a time: XS passes arguments on its stack, which has a few hundred slots in all. */
const GROUP = 32;

/** Bytes of `text` in UTF-8. Throws a RangeError for text that has none. */
export function utf8ByteLength(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; ) {
    const point = text.codePointAt(index) as number;
    // Nearly all text is ASCII.
    if (point < 0x80) {
      bytes++;
      index++;
      continue;
    }
    if (isSurrogate(point)) throw new RangeError('[MQTT-1.5.3-1] text contains a lone surrogate');
    bytes += pointByteLength(point);
    index += width(text, index, point);
  }
  return bytes;
}

/** `text` as bytes, natively where the engine can (XS), which takes a hundredth of the steps. */
export function utf8Bytes(text: string): Uint8Array {
  const { fromString } = ArrayBuffer as { fromString?: (text: string) => ArrayBuffer };
  if (fromString !== undefined) return new Uint8Array(fromString.call(ArrayBuffer, text));
  const bytes = new Uint8Array(utf8ByteLength(text));
  encodeUtf8(text, bytes, 0);
  return bytes;
}

/** Writes `text`, whose length `utf8ByteLength` gave, and returns the offset behind it. */
export function encodeUtf8(text: string, into: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; ) {
    const point = text.codePointAt(index) as number;
    if (point < 0x80) {
      into[at++] = point;
      index++;
      continue;
    }
    if (point < 0x800) {
      into[at++] = 0xc0 | (point >> 6);
      into[at++] = continuation(point);
    } else if (point < 0x10000) {
      into[at++] = 0xe0 | (point >> 12);
      into[at++] = continuation(point >> 6);
      into[at++] = continuation(point);
    } else {
      into[at++] = 0xf0 | (point >> 18);
      into[at++] = continuation(point >> 12);
      into[at++] = continuation(point >> 6);
      into[at++] = continuation(point);
    }
    index += width(text, index, point);
  }
  return at;
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

/** How many indices `point` takes in `text`: a low surrogate stands behind it only where strings are UTF-16. */
function width(text: string, index: number, point: number): number {
  return point > 0xffff && isSurrogate(text.charCodeAt(index + 1)) ? 2 : 1;
}
