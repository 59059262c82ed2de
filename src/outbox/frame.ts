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
import { CRC8, type Crc32c } from './crc.js';

export const FRAME_OVERHEAD_BYTES = 8;
export const ACK_BODY_BYTES = 8;
export const PAYLOAD_BYTES_MAX = 255;
export const STREAM_MAX = 14;
export const BATCH_STREAM = 15;
/** Before the payload of a batch. */
export const BATCH_HEAD_BYTES = 3;
export const LAG_NONE = 15;

/** From here on the second byte is that of a batch. */
export const BATCH_SECOND = BATCH_STREAM << 4;

export function frameSlots(payloadBytes: number, slotBytes: number): number {
  return Math.ceil((FRAME_OVERHEAD_BYTES + payloadBytes) / slotBytes);
}

/**
 * Fills `into`, which has the whole slots of the frame. `place` is 256 x sector sequence + slot: both checksums start from it, so
 * that a copy elsewhere or from an earlier lap is no frame. `head` is bytes 0 and 1; `body` is the payload or the body of the ACK
 * frame.
 */
export function encodeFrame(
  into: Uint8Array,
  place: number,
  crc32c: Crc32c,
  head: number,
  sequence: number,
  body: Uint8Array,
): void {
  const end = FRAME_OVERHEAD_BYTES + body.byteLength;
  into.set(body, FRAME_OVERHEAD_BYTES);
  if (end < into.byteLength) into.fill(0xff, end);
  into[0] = head;
  into[1] = head >> 8;
  into[2] = sequence % 256;
  let sum = startSum(into, 0, place);
  into[3] = sum;
  sum = crc32c(into, FRAME_OVERHEAD_BYTES, end, crc32c(into, 0, 3, ~place));
  into[4] = sum;
  into[5] = sum >> 8;
  into[6] = sum >> 16;
  into[7] = sum >> 24;
}

export function encodeAck(into: Uint8Array, lag: number, dropped: number): void {
  const view = new DataView(into.buffer, into.byteOffset);
  view.setUint32(0, lag, true);
  view.setUint32(4, dropped, true);
}

/** The body of a batch that stands for `count` numbers from `sequence` on. */
export function batchBody(payload: Uint8Array, sequence: number, count: number): Uint8Array {
  const body = new Uint8Array(BATCH_HEAD_BYTES + payload.byteLength);
  body[0] = count;
  body[1] = sequence / 0x100;
  body[2] = sequence / 0x10000;
  body.set(payload, BATCH_HEAD_BYTES);
  return body;
}

/** How many numbers the record at `at` stands for. */
export function countOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 1] as number) >= BATCH_SECOND ? (bytes[at + FRAME_OVERHEAD_BYTES] as number) : 1;
}

/**
 * The number of the frame at `at`, the first of its numbers, where `running` is expected: that one or a later one, or that
 * of the record before, which was written again after a power cut.
 */
export function sequenceOf(bytes: Uint8Array, at: number, running: number): number {
  if ((bytes[at + 1] as number) >= BATCH_SECOND) return batchSequenceOf(bytes, at, running);
  const ahead = ((bytes[at + 2] as number) - running) & 0xff;
  return ahead === 0xff ? running - 1 : running + ahead;
}

function batchSequenceOf(bytes: Uint8Array, at: number, running: number): number {
  const count = countOf(bytes, at);
  const ahead = (lowOfBatch(bytes, at) - running) & 0xffffff;
  const isAgain = ahead + count === 0x1000000;
  return isAgain ? running - count : running + ahead;
}

/**
 * The number of the first frame of a sector, at `at`, the highest one up to `end` that it can have: `end` itself in an ACK frame,
 * and in a record that was written again at the beginning of the next sector.
 */
export function sequenceUpTo(bytes: Uint8Array, at: number, end: number): number {
  if ((bytes[at + 1] as number) >= BATCH_SECOND) return end - ((end - lowOfBatch(bytes, at)) & 0xffffff);
  return end - ((end - (bytes[at + 2] as number)) & 0xff);
}

/** So much of the number stands in the batch at `at`. */
function lowOfBatch(bytes: Uint8Array, at: number): number {
  const high = at + FRAME_OVERHEAD_BYTES + 1;
  return (bytes[at + 2] as number) | ((bytes[high] as number) << 8) | ((bytes[high + 1] as number) << 16);
}

/** CRC-8 of bytes 0-2: with it, the length can be trusted. */
export function startSum(bytes: Uint8Array, at: number, place: number): number {
  const first = CRC8[(((place >> 8) * 31 + place * 7) ^ (bytes[at] as number)) & 0xff] as number;
  return CRC8[(CRC8[first ^ (bytes[at + 1] as number)] as number) ^ (bytes[at + 2] as number)] as number;
}

/** Of the ACK frame at `at`. */
export function ackLag(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + FRAME_OVERHEAD_BYTES, true);
}

/** Of the ACK frame at `at`. */
export function ackDropped(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + FRAME_OVERHEAD_BYTES + 4, true);
}
