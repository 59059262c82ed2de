/**
 * Frames: what follows the header in a sector. A frame starts on a slot (16 bytes by default), is programmed in one piece,
 * never crosses a sector and is padded with 0xFF, which programs nothing.
 *
 *   0  u8   length of the payload, 1 to 255; 0 marks a control frame, whose body has 8 bytes
 *   1  u8   data: stream in bits 4-7, lag in bits 0-3;  control: kind
 *   2  u8   sequence number, low 8 bits
 *   3  u8   CRC-8 of bytes 0-2, started from the sector sequence and the slot
 *   4  u32  CRC-32C of bytes 0-2 and the payload or body, started from instance, sector sequence and slot
 *   8       payload or body
 *
 * lag: sequence number - cursor, 0 to 14, which saves the acknowledged position for nothing; 15 says "not here".
 *
 * Control body, the books at that moment:
 *
 *   0  u24  lag: sequence number - cursor      3  u24  dropped, low 24 bits      6  u16  voids among the unsettled
 *
 * ACK saves the books; its sequence number is the next one to be given. FENCE does the same and takes a number itself,
 * which is burnt (void): a torn record that was once read, and is unreadable later, must not share its number with
 * another. A FENCE counts itself among the voids of its body.
 */
import { readInt32, readUint16, readUint24, writeUint16, writeUint24, writeUint32 } from './bytes.js';
import { crc8, crc32c } from './crc.js';

export const FRAME_OVERHEAD_BYTES = 8;
export const CONTROL_BODY_BYTES = 8;
export const PAYLOAD_BYTES_MAX = 255;
export const STREAM_MAX = 14;
export const LAG_NONE = 15;
export const ACK = 1;
export const FENCE = 2;

/** Where a frame stands; its checksums are bound to it, so that a copy elsewhere or from an earlier lap is no frame. */
export interface FramePlace {
  readonly instance: number;
  readonly sectorSequence: number;
  readonly slot: number;
}

export interface ControlBody {
  readonly lag: number;
  readonly dropped: number;
  readonly voidsUnsettled: number;
}

export function frameSlots(payloadBytes: number, slotBytes: number): number {
  return Math.ceil((FRAME_OVERHEAD_BYTES + payloadBytes) / slotBytes);
}

/**
 * Writes a frame to the start of `into`, padded to whole slots. `length` is the first byte (0 for a control frame),
 * `second` the second; `body` is the payload or the control body.
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

export function encodeControl(into: Uint8Array, body: ControlBody): void {
  writeUint24(into, 0, body.lag);
  writeUint24(into, 3, body.dropped);
  writeUint16(into, 6, body.voidsUnsettled);
}

/** Bytes of payload or body of a frame whose first byte is `length`. */
export function bodyBytes(length: number): number {
  return length === 0 ? CONTROL_BODY_BYTES : length;
}

/** Whether bytes 0-3 at `at` can begin a frame at `place`: the cheap check before the length is trusted. */
export function isFrameStart(bytes: Uint8Array, at: number, place: FramePlace): boolean {
  return bytes[at + 3] === crc8(bytes, at, at + 3, lengthRegister(place));
}

/** Whether the whole frame at `at`, whose start was checked, is intact. */
export function isFrame(bytes: Uint8Array, at: number, place: FramePlace): boolean {
  return readInt32(bytes, at + 4) === frameSum(bytes, at, place, bodyBytes(bytes[at] as number));
}

export function decodeControl(bytes: Uint8Array, at: number): ControlBody {
  return {
    lag: readUint24(bytes, at + 8),
    dropped: readUint24(bytes, at + 11),
    voidsUnsettled: readUint16(bytes, at + 14),
  };
}

function frameSum(bytes: Uint8Array, at: number, place: FramePlace, body: number): number {
  const register = (place.sectorSequence * 256 + place.slot) ^ Math.imul(place.instance, 0x9e3779b1) ^ -1;
  const start = crc32c(bytes, at, at + 3, register);
  return crc32c(bytes, at + FRAME_OVERHEAD_BYTES, at + FRAME_OVERHEAD_BYTES + body, start);
}

function lengthRegister(place: FramePlace): number {
  return place.sectorSequence * 31 + place.slot * 7;
}
