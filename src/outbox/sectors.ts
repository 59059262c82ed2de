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
import { ACK_BODY_BYTES, encodeFrame, FRAME_OVERHEAD_BYTES, frameSlots, PAYLOAD_BYTES_MAX, startSum } from './frame.js';
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
  readonly #crc32c: Crc32c;
  /** What is programmed, whole slots, and the same bytes four at a time. */
  #bytes: Uint8Array = new Uint8Array(0);
  #bytesWords: Int32Array = new Int32Array(0);
  /** Where in the partition the first bytes of the buffer stand, and how many of them do. */
  #bufferedFrom = 0;
  #buffered = 0;
  /** Where the frame begins that was programmed and has read back, as long as that is in the buffer; else -1. */
  #programmedFrom = -1;

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
    this.#crc32c = crc32c;
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
    if (this.#bufferedFrom !== block * this.#sectorBytes || this.#buffered < HEADER_BYTES + this.slotBytes)
      this.fetch(block * this.#sectorBytes, this.headerSlots + 1);
    return decodeHeader(this.buffer, block, this.#crc32c);
  }

  /** The header of sector `sectorSequence`; `undefined` when its block holds another, a damaged one or none. */
  header(sectorSequence: number): SectorHeader | undefined {
    if (sectorSequence < 0) return undefined;
    const header = this.headerInBlock(sectorSequence % this.count);
    return header !== 'newer' && header?.sectorSequence === sectorSequence ? header : undefined;
  }

  /** Looks for an intact frame at that place; `buffer`, `at` and `frameSlots` then tell what it is. */
  frame(sectorSequence: number, slot: number): boolean {
    return this.findFrame(sectorSequence, slot, slot + 1) !== -1;
  }

  /**
   * The first slot at or after `slot`, and before `end`, where an intact frame begins; -1 when there is none. In one piece:
   * this is done for each record, and at the end of the deepest calls.
   */
  findFrame(sectorSequence: number, slot: number, end: number = this.slots): number {
    const buffer = this.buffer;
    const slotBytes = this.slotBytes;
    let from = (sectorSequence % this.count) * this.#sectorBytes + slot * slotBytes;
    for (let here = slot; here < end; here++, from += slotBytes) {
      let at = from - this.#bufferedFrom;
      if (at < 0 || at + slotBytes > this.#buffered) {
        this.fetch(from, this.slots - here);
        at = 0;
      }
      const byteLength = FRAME_OVERHEAD_BYTES + ((buffer[at] as number) || ACK_BODY_BYTES);
      if (from !== this.#programmedFrom) {
        // As where flash is erased: checksums take more steps.
        if (buffer[at + 1] === 0xff && buffer[at + FRAME_OVERHEAD_BYTES] === 0xff) continue;
        const place = sectorSequence * 256 + here;
        if (buffer[at + 3] !== startSum(buffer, at, place)) continue;
        if (at + byteLength > this.#buffered) {
          if (byteLength > (this.slots - here) * slotBytes) continue;
          this.fetch(from, this.slots - here);
          at = 0;
        }
        let sum = this.#crc32c(buffer, at, at + 3, ~place);
        sum = this.#crc32c(buffer, at + FRAME_OVERHEAD_BYTES, at + byteLength, sum);
        // Followed by itself, the sum is 0.
        if (this.#crc32c(buffer, at + 4, at + 8, sum) !== 0) continue;
      }
      this.at = at;
      this.frameSlots = Math.ceil(byteLength / slotBytes);
      return here;
    }
    return -1;
  }

  /** Whether all bytes of `slots` slots read `value`. */
  reads(value: number, sectorSequence: number, slot: number, slots: number): boolean {
    const word = Math.imul(value, 0x01010101);
    const words = this.#words;
    const end = slot + slots;
    for (let from = slot; from < end; ) {
      this.need(sectorSequence, from, this.slotBytes);
      const left = Math.min((end - from) * this.slotBytes, this.#buffered - this.at);
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
    this.take(encodeHeader(header, this.#crc32c));
    return this.program(header.sectorSequence, 0);
  }

  /** Programs a frame of `slots` slots and says whether it reads back. */
  programFrame(
    sectorSequence: number,
    slot: number,
    slots: number,
    head: number,
    sequence: number,
    body: Uint8Array,
  ): boolean {
    if (this.#bytes.byteLength !== slots * this.slotBytes) this.take(new Uint8Array(slots * this.slotBytes));
    encodeFrame(this.#bytes, sectorSequence * 256 + slot, this.#crc32c, head, sequence, body);
    if (!this.program(sectorSequence, slot)) return false;
    this.#programmedFrom = this.#bufferedFrom;
    return true;
  }

  private take(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#bytesWords = new Int32Array(bytes.buffer);
  }

  /** Programs what was taken and says whether it reads back. */
  private program(sectorSequence: number, slot: number): boolean {
    const from = (sectorSequence % this.count) * this.#sectorBytes + slot * this.slotBytes;
    const words = this.#bytesWords;
    this.#buffered = 0;
    this.#flash.write(this.#bytes, from);
    this.fetch(from, this.slots - slot);
    const read = this.#words;
    for (let i = 0; i < words.length; i += 4) {
      const changed =
        ((read[i] as number) ^ (words[i] as number)) |
        ((read[i + 1] as number) ^ (words[i + 1] as number)) |
        ((read[i + 2] as number) ^ (words[i + 2] as number)) |
        ((read[i + 3] as number) ^ (words[i + 3] as number));
      if (changed !== 0) return false;
    }
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

  private offset(sectorSequence: number, slot: number): number {
    return (sectorSequence % this.count) * this.#sectorBytes + slot * this.slotBytes;
  }

  /** Makes `byteLength` bytes from `slot` on available at `at`. */
  private need(sectorSequence: number, slot: number, byteLength: number): void {
    const from = this.offset(sectorSequence, slot);
    this.at = from - this.#bufferedFrom;
    if (this.at >= 0 && this.at + byteLength <= this.#buffered) return;
    this.fetch(from, this.slots - slot);
    this.at = 0;
  }

  /**
   * Reads what the buffer takes of `slots` slots. Should reading throw, there is nothing in the buffer. Not by `forget`: this is
   * the end of the deepest calls.
   */
  private fetch(from: number, slots: number): void {
    let bytes = this.buffer;
    if (slots * this.slotBytes < READ_BYTES) bytes = new Uint8Array(bytes.buffer, 0, slots * this.slotBytes);
    this.#buffered = 0;
    this.#programmedFrom = -1;
    this.#flash.read(bytes, from);
    this.#bufferedFrom = from;
    this.#buffered = bytes.byteLength;
  }

  private forget(): void {
    this.#buffered = 0;
  }
}

/** Slots of the largest frame that carries payloads of up to `payloadBytesMax` bytes. */
export function frameSlotsFor(payloadBytesMax: number, slotBytes: number): number {
  if (!Number.isInteger(payloadBytesMax) || payloadBytesMax < 1 || payloadBytesMax > PAYLOAD_BYTES_MAX)
    throw new RangeError(`payloadBytesMax is ${payloadBytesMax}, expected 1 to ${PAYLOAD_BYTES_MAX}`);
  return frameSlots(payloadBytesMax, slotBytes);
}
