/**
 * The partition as a ring of sectors: reads and programs headers and frames by sector sequence and slot.
 *
 * Knows where bytes stand and whether they are intact. Does not know which sector is active, what is queued, or in which
 * order anything must be written.
 *
 * Sector sequence q lives in block q mod N. Slot 0 begins the block; frames begin after the header. One buffer serves all
 * reads: what `frame` found stays valid until the next call of any method.
 */
import type { Flash } from '../../hal/contract.js';
import { type Crc32c, crc32c as scriptedCrc32c } from './crc.js';
import { OutboxError } from './error.js';
import {
  bodyBytes,
  FRAME_OVERHEAD_BYTES,
  type FramePlace,
  frameSlots,
  isFrame,
  isFrameStart,
  isNoFrame,
  PAYLOAD_BYTES_MAX,
} from './frame.js';
import { decodeHeader, encodeHeader, HEADER_BYTES, type SectorHeader } from './header.js';

/** Bytes fetched at once: at least the largest frame. */
const READ_BYTES = 288;
/** What a slot has at least, and at most. */
const SLOT_BYTES = 16;
const SLOT_BYTES_MAX = 32;
const SECTORS_MIN = 3;
/**
 * Of flash that is written once, where each power cut in a row may leave a sector that reads well at the next boot and is gone at
 * the one after: so many cuts do not reach the last one that is solid.
 */
const WRITE_ONCE_SECTORS_MIN = 8;
const SECTORS_MAX = 65_535;

export class Sectors {
  /** Sectors in the partition. */
  readonly count: number;
  readonly slotBytes: number;
  /** Slots in a sector, the header's included. */
  readonly slots: number;
  readonly headerSlots: number;
  /**
   * Whether what is programmed stays so until it is erased, and erased flash reads as noise, as in an encrypted partition.
   */
  readonly isWriteOnce: boolean;
  /** What `frame` found last: its bytes begin at `buffer[at]` and take `frameSlots` slots. */
  readonly buffer = new Uint8Array(READ_BYTES);
  /** The same bytes, four at a time: comparing takes a quarter of the steps. Slots begin on a word. */
  readonly #words = new Int32Array(this.buffer.buffer);
  at = 0;
  frameSlots = 0;

  readonly #flash: Flash;
  /** What an erased byte reads as; of no use where that is noise. */
  readonly #eraseValue: number;
  readonly #sectorBytes: number;
  readonly #place: { crc32c: Crc32c; sectorSequence: number; slot: number };
  #bufferedFrom = 0;
  #bufferedTo = 0;

  constructor(flash: Flash, crc32c: Crc32c = scriptedCrc32c) {
    const status = flash.status();
    const { blocks, blockLength, writeAlign = 1 } = status;
    const eraseValue = 'eraseValue' in status ? status.eraseValue : 0xff;
    const slotBytes = Math.max(SLOT_BYTES, writeAlign);
    if (slotBytes !== SLOT_BYTES && slotBytes !== SLOT_BYTES_MAX)
      throw new OutboxError('unsupported', `writes are aligned to ${writeAlign} bytes, expected 1 to 16 or 32`);
    const sectorsMin = eraseValue === undefined ? WRITE_ONCE_SECTORS_MIN : SECTORS_MIN;
    if (blocks < sectorsMin || blocks > SECTORS_MAX)
      throw new OutboxError(
        'unsupported',
        `the partition has ${blocks} erase blocks, expected ${sectorsMin} to ${SECTORS_MAX}`,
      );
    if (blockLength % slotBytes !== 0 || blockLength < 2 * READ_BYTES - 64 || blockLength > 256 * SLOT_BYTES)
      throw new OutboxError('unsupported', `an erase block has ${blockLength} bytes, expected 512 to 4096`);
    this.#flash = flash;
    this.#place = { crc32c, sectorSequence: 0, slot: 0 };
    this.#sectorBytes = blockLength;
    this.count = blocks;
    this.slotBytes = slotBytes;
    this.slots = blockLength / slotBytes;
    this.headerSlots = HEADER_BYTES / slotBytes;
    this.isWriteOnce = eraseValue === undefined;
    this.#eraseValue = eraseValue ?? 0;
  }

  /** The header in block number `block`, as it stands. What is then asked of the slot after it needs no other read. */
  headerInBlock(block: number): SectorHeader | 'newer' | undefined {
    const from = block * this.#sectorBytes;
    const byteLength = HEADER_BYTES + this.slotBytes;
    if (this.#bufferedFrom !== from || this.#bufferedTo < from + byteLength) this.fetch(from, byteLength);
    return decodeHeader(this.buffer, block, this.#place.crc32c);
  }

  /** The header of sector `sectorSequence`; `undefined` when its block holds another, a damaged one or none. */
  header(sectorSequence: number): SectorHeader | undefined {
    if (sectorSequence < 0) return undefined;
    const header = this.headerInBlock(sectorSequence % this.count);
    return header !== 'newer' && header?.sectorSequence === sectorSequence ? header : undefined;
  }

  /** Looks for an intact frame at that place; `buffer`, `at` and `frameSlots` then tell what it is. */
  frame(sectorSequence: number, slot: number): boolean {
    this.need(sectorSequence, slot, this.slotBytes);
    if (isNoFrame(this.buffer, this.at)) return false;
    const place = this.placeOf(sectorSequence, slot);
    const left = (this.slots - slot) * this.slotBytes;
    if (!isFrameStart(this.buffer, this.at, place)) return false;
    const body = bodyBytes(this.buffer[this.at] as number);
    if (FRAME_OVERHEAD_BYTES + body > left) return false;
    if (this.at + FRAME_OVERHEAD_BYTES + body > this.#bufferedTo - this.#bufferedFrom)
      this.need(sectorSequence, slot, FRAME_OVERHEAD_BYTES + body);
    if (!isFrame(this.buffer, this.at, place)) return false;
    this.frameSlots = frameSlots(body, this.slotBytes);
    return true;
  }

  /** The first slot at or after `slot` where an intact frame begins; -1 when there is none. */
  findFrame(sectorSequence: number, slot: number): number {
    for (let at = slot; at < this.slots; at++) if (this.frame(sectorSequence, at)) return at;
    return -1;
  }

  /** Whether all bytes of `slots` slots read `value`. */
  reads(value: number, sectorSequence: number, slot: number, slots: number): boolean {
    const word = Math.imul(value, 0x01010101);
    const words = this.#words;
    const end = slot + slots;
    for (let from = slot; from < end; ) {
      this.need(sectorSequence, from, this.slotBytes);
      const left = Math.min((end - from) * this.slotBytes, this.#bufferedTo - this.offset(sectorSequence, from));
      // Four at a time, the words of a slot: half the steps, in a partition of which all is read.
      for (let at = this.at >> 2, stop = (this.at + left) >> 2; at < stop; at += 4) {
        const difference =
          ((words[at] as number) ^ word) |
          ((words[at + 1] as number) ^ word) |
          ((words[at + 2] as number) ^ word) |
          ((words[at + 3] as number) ^ word);
        if (difference !== 0) return false;
      }
      from += left / this.slotBytes;
    }
    return true;
  }

  /** Whether the slots are known to be erased; where that reads as noise, none are. */
  isErased(sectorSequence: number, slot: number, slots: number): boolean {
    return !this.isWriteOnce && this.reads(this.#eraseValue, sectorSequence, slot, slots);
  }

  erase(sectorSequence: number): void {
    this.forget();
    this.#flash.eraseBlock(sectorSequence % this.count);
  }

  /** Programs the header and says whether it reads back. */
  programHeader(header: SectorHeader): boolean {
    return this.program(header.sectorSequence, 0, encodeHeader(header));
  }

  /** Programs `bytes` (whole slots, beginning on a word of their buffer) and says whether they read back. */
  program(sectorSequence: number, slot: number, bytes: Uint8Array): boolean {
    this.forget();
    this.#flash.write(bytes, this.offset(sectorSequence, slot));
    this.need(sectorSequence, slot, bytes.byteLength);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    const from = this.at >> 2;
    for (let i = words.length; i-- > 0; ) if (this.#words[from + i] !== words[i]) return false;
    return true;
  }

  /**
   * Clears every bit of the slots. What stood there is then no frame, and no cell of it is in doubt. Where cells are written
   * once, what did not read back is left alone: it is noise.
   */
  zero(sectorSequence: number, slot: number, slots: number): void {
    if (this.isWriteOnce) return;
    this.forget();
    this.#flash.write(new Uint8Array(slots * this.slotBytes), this.offset(sectorSequence, slot));
  }

  /** Programs `slots` slots with what they read now, so that cells left half-programmed by a power cut become solid. */
  firmUp(sectorSequence: number, slot: number, slots: number): void {
    this.need(sectorSequence, slot, slots * this.slotBytes);
    const bytes = this.buffer.slice(this.at, this.at + slots * this.slotBytes);
    this.forget();
    this.#flash.write(bytes, this.offset(sectorSequence, slot));
  }

  /** One object, changed by the next call. */
  placeOf(sectorSequence: number, slot: number): FramePlace {
    const place = this.#place;
    place.sectorSequence = sectorSequence;
    place.slot = slot;
    return place;
  }

  private offset(sectorSequence: number, slot: number): number {
    return (sectorSequence % this.count) * this.#sectorBytes + slot * this.slotBytes;
  }

  /** Makes `byteLength` bytes from `slot` on available at `at`. */
  private need(sectorSequence: number, slot: number, byteLength: number): void {
    const from = this.offset(sectorSequence, slot);
    if (from < this.#bufferedFrom || from + byteLength > this.#bufferedTo)
      this.fetch(from, Math.min(READ_BYTES, (this.slots - slot) * this.slotBytes));
    this.at = from - this.#bufferedFrom;
  }

  /** Should reading throw, there is nothing in the buffer. Not by `forget`: this is the end of the deepest calls. */
  private fetch(from: number, byteLength: number): void {
    this.#bufferedTo = this.#bufferedFrom;
    this.#flash.read(byteLength === READ_BYTES ? this.buffer : this.buffer.subarray(0, byteLength), from);
    this.#bufferedFrom = from;
    this.#bufferedTo = from + byteLength;
    this.at = 0;
  }

  private forget(): void {
    this.#bufferedTo = this.#bufferedFrom;
  }
}

/** Slots of the largest frame that carries payloads of up to `payloadBytesMax` bytes. */
export function frameSlotsFor(payloadBytesMax: number, slotBytes: number): number {
  if (!Number.isInteger(payloadBytesMax) || payloadBytesMax < 1 || payloadBytesMax > PAYLOAD_BYTES_MAX)
    throw new RangeError(`payloadBytesMax is ${payloadBytesMax}, expected 1 to ${PAYLOAD_BYTES_MAX}`);
  return frameSlots(payloadBytesMax, slotBytes);
}
