/**
 * Frames: what follows the header in a sector. A frame starts on a slot (16 bytes by default), is programmed in one piece,
 * never crosses a sector and is padded with 0xFF, which programs nothing.
 *
 *   0  u8   length of the payload, 1 to 255; 0 marks an ACK frame, whose body has 8 bytes
 *   1  u8   stream in bits 4-7, lag in bits 0-3; 0 in an ACK frame
 *   2  u8   sequence number, low 8 bits; in an ACK frame of the next one to be given
 *   3  u8   CRC-8 of bytes 0-2, started from the sector sequence and the slot
 *   4  u32  CRC-32C of bytes 0-2 and the payload or body, started from the sector sequence and the slot
 *   8       payload, or the body of an ACK frame: u32 lag, u32 dropped
 *
 * A record of stream 15 is a batch: it stands for several numbers. Its payload follows three bytes:
 *
 *   8  u8   how many numbers, 1 to 254
 *   9  u16  first of them, bits 8-23
 *
 * So no frame has 0xFF in bytes 1 and 8, as erased flash has.
 *
 * lag: sequence number - cursor. In a record 0 to 14, which saves the acknowledged position for nothing; 15 says "not
 * here".
 */
import { readInt32, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.js';
import { type Crc32c, crc8 } from './crc.js';

export const FRAME_OVERHEAD_BYTES = 8;
export const ACK_BODY_BYTES = 8;
export const PAYLOAD_BYTES_MAX = 255;
export const STREAM_MAX = 14;
export const BATCH_STREAM = 15;
/** Before the payload of a batch. */
export const BATCH_HEAD_BYTES = 3;
export const LAG_NONE = 15;

/**
 * Where a frame stands; its checksums are bound to it, so that a copy elsewhere or from an earlier lap is no frame.
 * And what computes the long one.
 */
export interface FramePlace {
  readonly crc32c: Crc32c;
  readonly sectorSequence: number;
  readonly slot: number;
}

export function frameSlots(payloadBytes: number, slotBytes: number): number {
  return Math.ceil((FRAME_OVERHEAD_BYTES + payloadBytes) / slotBytes);
}

/**
 * Writes a frame to the start of `into`, padded to whole slots. `length` is the first byte (0 for an ACK frame), `second` the
 * second; `body` is the payload or the body of the ACK frame.
 */
export function encodeFrame(
  into: Uint8Array,
  slotBytes: number,
  place: FramePlace,
  length: number,
  second: number,
  sequence: number,
  body: Uint8Array,
): void {
  const end = FRAME_OVERHEAD_BYTES + body.byteLength;
  into.set(body, FRAME_OVERHEAD_BYTES);
  into.fill(0xff, end, Math.ceil(end / slotBytes) * slotBytes);
  into[0] = length;
  into[1] = second;
  into[2] = sequence % 256;
  into[3] = crc8(into, 0, 3, lengthRegister(place));
  writeUint32(into, 4, frameSum(into, 0, place, body.byteLength));
}

export function encodeAck(into: Uint8Array, lag: number, dropped: number): void {
  writeUint32(into, 0, lag);
  writeUint32(into, 4, dropped);
}

/** The body of a batch that stands for `count` numbers from `sequence` on. */
export function batchBody(payload: Uint8Array, sequence: number, count: number): Uint8Array {
  const body = new Uint8Array(BATCH_HEAD_BYTES + payload.byteLength);
  body[0] = count;
  writeUint16(body, 1, Math.floor(sequence / 0x100));
  body.set(payload, BATCH_HEAD_BYTES);
  return body;
}

/** How many numbers the record at `at` stands for. */
export function countOf(bytes: Uint8Array, at: number): number {
  return isBatch(bytes, at) ? (bytes[at + FRAME_OVERHEAD_BYTES] as number) : 1;
}

/**
 * The number of the frame at `at`, the first of its numbers, where `running` is expected: that one or a later one, or that
 * of the record before, which was written again after a power cut.
 */
export function sequenceOf(bytes: Uint8Array, at: number, running: number): number {
  const modulus = modulusOf(bytes, at);
  const ahead = (lowSequence(bytes, at) - (running % modulus) + modulus) % modulus;
  const isAgain = ahead + countOf(bytes, at) === modulus;
  return isAgain ? running + ahead - modulus : running + ahead;
}

/**
 * The number of the first frame of a sector, at `at`, the highest one up to `end` that it can have: `end` itself in an ACK frame,
 * and in a record that was written again at the beginning of the next sector.
 */
export function sequenceUpTo(bytes: Uint8Array, at: number, end: number): number {
  const modulus = modulusOf(bytes, at);
  return end - (((end % modulus) - lowSequence(bytes, at) + modulus) % modulus);
}

/** So much of the number stands in the frame. */
function modulusOf(bytes: Uint8Array, at: number): number {
  return isBatch(bytes, at) ? 0x1000000 : 0x100;
}

function lowSequence(bytes: Uint8Array, at: number): number {
  const low = bytes[at + 2] as number;
  return isBatch(bytes, at) ? low + readUint16(bytes, at + FRAME_OVERHEAD_BYTES + 1) * 0x100 : low;
}

function isBatch(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 1] as number) >> 4 === BATCH_STREAM;
}

/** Bytes of payload or body of a frame whose first byte is `length`. */
export function bodyBytes(length: number): number {
  return length === 0 ? ACK_BODY_BYTES : length;
}

/** Whether what stands at `at` is no frame for sure, as where flash is erased: checksums take five times as many steps. */
export function isNoFrame(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0xff && bytes[at + FRAME_OVERHEAD_BYTES] === 0xff;
}

/** Whether bytes 0-3 at `at` can begin a frame at `place`: the cheap check before the length is trusted. */
export function isFrameStart(bytes: Uint8Array, at: number, place: FramePlace): boolean {
  return bytes[at + 3] === crc8(bytes, at, at + 3, lengthRegister(place));
}

/** Whether the whole frame at `at`, whose start was checked, is intact. */
export function isFrame(bytes: Uint8Array, at: number, place: FramePlace): boolean {
  return readInt32(bytes, at + 4) === frameSum(bytes, at, place, bodyBytes(bytes[at] as number));
}

/** Of the ACK frame at `at`. */
export function ackLag(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 8);
}

/** Of the ACK frame at `at`. */
export function ackDropped(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 12);
}

function frameSum(bytes: Uint8Array, at: number, place: FramePlace, body: number): number {
  const register = ~(place.sectorSequence * 256 + place.slot);
  const start = place.crc32c(bytes, at, at + 3, register);
  return place.crc32c(bytes, at + FRAME_OVERHEAD_BYTES, at + FRAME_OVERHEAD_BYTES + body, start);
}

function lengthRegister(place: FramePlace): number {
  return place.sectorSequence * 31 + place.slot * 7;
}
