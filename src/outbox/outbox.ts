/**
 * An outbox on raw NOR flash: a queue of small records that survives power loss at any moment.
 *
 *     const outbox = openOutbox(flash);
 *     const sequence = outbox.append(bytes, 0);      // durable when it returns
 *     const item = outbox.next();                    // the oldest not yet handed out: a record, or a gap
 *     outbox.release(item.sequence, item.end);       // delivered: may leave flash
 *     outbox.rewind();                               // hand out again all that is not released
 *
 * Stores opaque bytes with a stream number; knows neither MQTT nor readings. Opening only reads. Sequence numbers are dense
 * and never repeat, so that a consumer can discard duplicates and see gaps. The log is bounded by its partition: when it
 * is full, the oldest sector is evicted. What was lost is handed out too, as a gap in the numbers with its reason, until it
 * is released; so a consumer learns of it even after power cuts. After a power cut, at most
 * `acknowledgementsUnsavedMax` released records are handed out again, besides those in flight (more only if a full log
 * suffers several power cuts within one sector, or meets a broken block: DESIGN.md, "Outbox"). RAM does not grow with what is queued.
 *
 * Records may be released in any order. The format is FORMAT.md; the reasons are DESIGN.md, "Outbox".
 */
import type { Flash } from '../../hal/contract.js';
import { findLog, type Standing } from './boot.js';
import type { Crc32c } from './crc.js';
import { OutboxError } from './error.js';
import { BATCH_HEAD_BYTES, BATCH_STREAM, STREAM_MAX } from './frame.js';
import { Reader } from './reader.js';
import { frameSlotsFor, Sectors } from './sectors.js';
import type { Outcome } from './settlement.js';
import { beginLog, Writer } from './writer.js';

export { OutboxError, type OutboxErrorCode } from './error.js';

export const BATCH_COUNT_MAX = 254;

export interface OutboxOptions {
  /** Largest payload, 1 to 255 bytes. Every unclean boot costs about this much flash. Default 64. */
  readonly payloadBytesMax?: number;
  /** Releases that a power cut may undo, 1 to 64; the smaller, the more bytes are programmed. Default 16. */
  readonly acknowledgementsUnsavedMax?: number;
  /** A native CRC-32C, where the platform has one. By default that of crc.ts. */
  readonly crc32c?: Crc32c | undefined;
}

/** Stands for the numbers sequence <= n < end: one, or those of a batch. */
export interface OutboxRecord {
  readonly sequence: number;
  readonly end: number;
  /** 0 to 14, as given to `append`; 15 for a batch. */
  readonly stream: number;
  /** Valid until the next call of any method of the outbox. */
  readonly payload: Uint8Array;
  readonly reason?: undefined;
}

/** What was not released of the numbers sequence <= n < end is lost. */
export interface OutboxGap {
  readonly sequence: number;
  readonly end: number;
  readonly stream?: undefined;
  readonly payload?: undefined;
  readonly reason: 'evicted' | 'unreadable';
}

/** At any time: next = delivered + queued + dropped + void. All counts are over the life of the log. */
export interface OutboxStatistics {
  /** The sequence number that the next record will get. */
  readonly next: number;
  /** The oldest sequence number that is not released. */
  readonly oldest: number;
  readonly queued: number;
  readonly delivered: number;
  /** Evicted, or released as dropped. */
  readonly dropped: number;
  /** Numbers that no record ever had. Always 0: a power cut burns none in this format (DESIGN.md, "Outbox"). */
  readonly void: number;
  /** Erase blocks of the partition. */
  readonly sectors: number;
  /** Sectors ever opened, each of which cost a block one erase (src/outbox/wear.ts). */
  readonly sectorsOpened: number;
}

export class Outbox {
  readonly payloadBytesMax: number;
  readonly #sectors: Sectors;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #unsavedMax: number;

  /** By `openOutbox`. */
  constructor(sectors: Sectors, log: Standing | undefined, options: OutboxOptions) {
    const { payloadBytesMax = 64, acknowledgementsUnsavedMax = 16 } = options;
    if (
      !Number.isInteger(acknowledgementsUnsavedMax) ||
      acknowledgementsUnsavedMax < 1 ||
      acknowledgementsUnsavedMax > 64
    )
      throw new RangeError(`acknowledgementsUnsavedMax is ${acknowledgementsUnsavedMax}, expected 1 to 64`);
    this.payloadBytesMax = payloadBytesMax;
    this.#unsavedMax = acknowledgementsUnsavedMax;
    this.#sectors = sectors;
    this.#writer = new Writer(sectors, log, {
      frameSlotsMax: frameSlotsFor(payloadBytesMax, sectors.slotBytes),
      unsavedMax: acknowledgementsUnsavedMax,
    });
    this.#reader = new Reader(sectors, this.#writer);
  }

  /**
   * Stores a record and returns its sequence number; durable when it returns. `payload` has 1 to `payloadBytesMax` bytes,
   * `stream` is 0 to 14. Throws an OutboxError when the payload does not fit or the flash is broken, and whatever the
   * flash throws; the record then is not stored.
   */
  append(payload: Uint8Array, stream: number): number {
    this.checkPayload(payload, this.payloadBytesMax);
    if (stream >>> 0 !== stream || stream > STREAM_MAX)
      throw new RangeError(`stream is ${stream}, expected 0 to ${STREAM_MAX}`);
    return this.#writer.append(payload, stream, 1);
  }

  /**
   * Stores one record that stands for `count` numbers, 1 to 254, from `first` on. The payload may be 3 bytes shorter than
   * others. `first` is the next number, or, when nothing is queued, any later one. Throws as `append` does. A log should hold
   * batches or single records, not both: behind a damaged batch of many numbers, those of single records cannot be told.
   */
  appendBatch(payload: Uint8Array, first: number, count: number): void {
    this.checkPayload(payload, this.payloadBytesMax - BATCH_HEAD_BYTES);
    if (!Number.isInteger(count) || count < 1 || count > BATCH_COUNT_MAX)
      throw new RangeError(`count is ${count}, expected 1 to ${BATCH_COUNT_MAX}`);
    const writer = this.#writer;
    if (first !== writer.next) {
      if (!Number.isInteger(first) || first < writer.next || this.#writer.settlement.cursor < writer.next)
        throw new RangeError(`the batch begins at ${first}, expected ${writer.next}`);
      writer.skipTo(first);
    }
    writer.append(payload, BATCH_STREAM, count);
  }

  /**
   * The oldest record or gap that is neither released nor handed out since the last `rewind`; `undefined` when there is
   * none.
   */
  next(): OutboxRecord | OutboxGap | undefined {
    const writer = this.#writer;
    const reader = this.#reader;
    // Often asked in vain.
    if (reader.position >= writer.next) return undefined;
    const settlement = writer.settlement;
    const floor = settlement.floor;
    if (reader.position < settlement.cursor || reader.position < floor) {
      const sequence = settlement.unsettledFrom(reader.position);
      reader.seek(Math.max(settlement.cursor, floor));
      if (sequence < floor) return { sequence, end: floor, reason: 'evicted' };
    }
    let isSolid = writer.isSolid;
    for (;;) {
      const found = reader.read();
      if (found === 'end') return undefined;
      const sequence = reader.first;
      const end = reader.position;
      if (settlement.unsettledFrom(sequence) >= end) continue;
      if (end === writer.next && !isSolid) {
        reader.back(found);
        if (!writer.solidify()) return undefined;
        isSolid = true;
        continue;
      }
      if (found === 'lost') return { sequence, end, reason: 'unreadable' };
      return { sequence, end, stream: reader.stream, payload: reader.payload as Uint8Array };
    }
  }

  /**
   * Counts the record that was just appended as handed out, if it is what `next` would give, and says whether it did: for a consumer
   * that still has it in hand.
   */
  pass(): boolean {
    return this.#reader.passLast();
  }

  /**
   * Settles the numbers first <= n < end, by default one, as delivered, or, for a gap, as dropped. What was released before
   * stays as it is.
   */
  release(first: number, end: number = first + 1, outcome: Outcome = 'delivered'): void {
    const writer = this.#writer;
    if (!Number.isInteger(first) || !Number.isInteger(end) || first < 0 || end > writer.next)
      throw new RangeError(
        `there is no record ${first}${end === first + 1 ? '' : ` to ${end - 1}`}: the next one will be ${writer.next}`,
      );
    writer.settlement.settle(first, end, outcome);
    if (writer.unsaved >= this.#unsavedMax) writer.save();
  }

  /** Whether a number was released. */
  isReleased(sequence: number): boolean {
    return this.#writer.settlement.unsettledFrom(sequence) !== sequence;
  }

  /** `next` begins again with the oldest record that is not released. */
  rewind(): void {
    this.#reader.position = -1;
  }

  /**
   * Shows the records that `next` would hand out, in order and without the gaps, until `visit` returns false; with `from`, those
   * that are not released from that number on. Neither appends nor releases may be made from inside it.
   */
  lookAhead(visit: (record: OutboxRecord) => boolean, from: number = this.#reader.position): void {
    const { settlement } = this.#writer;
    const first = Math.max(from, settlement.cursor, settlement.floor);
    const reader = new Reader(this.#sectors, this.#writer);
    reader.seek(first);
    const isSolid = this.#writer.solidify();
    for (let found = reader.read(); found !== 'end'; found = reader.read()) {
      const { first: sequence, position: end, stream } = reader;
      if (found !== 'data' || settlement.unsettledFrom(sequence) >= end) continue;
      if (end === this.#writer.next && !isSolid) return;
      if (!visit({ sequence, end, stream, payload: reader.payload as Uint8Array })) return;
    }
  }

  /** Whether appending a payload (or batch) of so many bytes would evict what is queued. */
  wouldEvict(byteLength: number): boolean {
    return this.#writer.wouldEvict(byteLength + BATCH_HEAD_BYTES);
  }

  /**
   * Makes sure that no power cut takes back what was appended before the last boot. `false` when that would evict what is
   * queued.
   */
  secure(): boolean {
    return this.#writer.solidify();
  }

  /** Saves the acknowledged position now: for idle time and before sleep. Costs one small program when there is news. */
  flush(): void {
    this.#writer.save();
  }

  /**
   * For idle time: erases the block that the next sector will go to, if it holds nothing that is queued, so that the append
   * which opens the sector does not wait for it. Says whether it did: once a sector, in those that this session opened.
   */
  maintain(): boolean {
    return this.#writer.maintain();
  }

  private checkPayload(payload: Uint8Array, bytesMax: number): void {
    const byteLength = payload.byteLength;
    if (byteLength < 1 || byteLength > bytesMax)
      throw new OutboxError('payload', `the payload has ${byteLength} bytes, expected 1 to ${bytesMax}`);
  }

  statistics(): OutboxStatistics {
    const { next, settlement, opened } = this.#writer;
    const wear = { sectors: this.#sectors.count, sectorsOpened: opened };
    return { next, oldest: settlement.cursor, ...settlement.books(next), void: 0, ...wear };
  }
}

/**
 * Opens the log in `flash`. A blank partition becomes an empty log with the first append; an encrypted one, which does not
 * show that it is blank, has to be formatted first. Throws an OutboxError.
 */
export function openOutbox(flash: Flash, options: OutboxOptions = {}): Outbox {
  const sectors = new Sectors(flash, options.crc32c);
  // Here and not in a constructor: this is the deepest that a boot goes, and a device's stack is short.
  const log = findLog(sectors);
  return new Outbox(sectors, log, options);
}

/**
 * Erases the whole partition, whatever it holds; it can then be opened as an empty log. Cut by a power loss, it must be repeated.
 * Throws an OutboxError when the flash cannot hold a log.
 */
export function formatOutbox(flash: Flash): void {
  const sectors = new Sectors(flash);
  flash.eraseBlock(0, sectors.count);
  if (sectors.isWriteOnce) beginLog(sectors);
}
