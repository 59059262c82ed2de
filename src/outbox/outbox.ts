/**
 * An outbox on raw NOR flash: a queue of small records that survives power loss at any moment.
 *
 *     const outbox = openOutbox(flash);
 *     const sequence = outbox.append(bytes, 0);      // durable when it returns
 *     const record = outbox.next();                  // the oldest not yet handed out
 *     outbox.release(record.sequence);               // delivered: may leave flash
 *     outbox.rewind();                               // hand out again all that is not released
 *
 * Stores opaque bytes with a stream number; knows neither MQTT nor readings. Opening only reads. Sequence numbers are dense
 * and never repeat, so that a consumer can discard duplicates and see gaps. The log is bounded by its partition: when it
 * is full, the oldest sector is evicted and its records are counted as dropped. After a power cut, at most
 * `acknowledgementsUnsavedMax` released records are handed out again, besides those in flight (more only if a full log
 * suffers several power cuts within one sector: DESIGN.md, "Outbox"). RAM does not grow with what is queued.
 *
 * Records may be released in any order. The format is FORMAT.md; the reasons are DESIGN.md, "Outbox".
 */
import type { Flash } from '../../hal/contract.js';
import { OutboxError } from './error.js';
import { STREAM_MAX } from './frame.js';
import { Reader } from './reader.js';
import { frameSlotsFor, Sectors } from './sectors.js';
import { Writer } from './writer.js';

export { OutboxError, type OutboxErrorCode } from './error.js';

export interface OutboxOptions {
  /** Largest payload, 1 to 255 bytes. Every unclean boot costs about this much flash. Default 64. */
  readonly payloadBytesMax?: number;
  /** Releases that a power cut may undo, 1 to 64; the smaller, the more bytes are programmed. Default 16. */
  readonly acknowledgementsUnsavedMax?: number;
}

export interface OutboxRecord {
  readonly sequence: number;
  /** 0 to 14, as given to `append`. */
  readonly stream: number;
  /** Valid until the next call of any method of the outbox. */
  readonly payload: Uint8Array;
}

/** At any time: next = delivered + queued + dropped + void. All counts are over the life of the log. */
export interface OutboxStatistics {
  /** The sequence number that the next record will get. */
  readonly next: number;
  /** The oldest sequence number that is not settled; `next` when nothing is queued. */
  readonly oldest: number;
  readonly queued: number;
  readonly delivered: number;
  /** Evicted, or not readable any more. */
  readonly dropped: number;
  /** Numbers that no record ever had. Always 0: a power cut burns none in this format (DESIGN.md, "Outbox"). */
  readonly void: number;
}

export class Outbox {
  readonly payloadBytesMax: number;
  readonly #sectors: Sectors;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #unsavedMax: number;

  constructor(flash: Flash, options: OutboxOptions = {}) {
    const { payloadBytesMax = 64, acknowledgementsUnsavedMax = 16 } = options;
    if (
      !Number.isInteger(acknowledgementsUnsavedMax) ||
      acknowledgementsUnsavedMax < 1 ||
      acknowledgementsUnsavedMax > 64
    )
      throw new RangeError(`acknowledgementsUnsavedMax is ${acknowledgementsUnsavedMax}, expected 1 to 64`);
    this.payloadBytesMax = payloadBytesMax;
    this.#unsavedMax = acknowledgementsUnsavedMax;
    this.#sectors = new Sectors(flash);
    this.#writer = new Writer(this.#sectors, {
      frameSlotsMax: frameSlotsFor(payloadBytesMax, this.#sectors.slotBytes),
      unsavedMax: acknowledgementsUnsavedMax,
    });
    this.#reader = new Reader(this.#sectors, this.#writer, this.#writer.settlement.cursor);
  }

  /**
   * Stores a record and returns its sequence number; durable when it returns. `payload` has 1 to `payloadBytesMax` bytes,
   * `stream` is 0 to 14. Throws an OutboxError when the payload does not fit or the flash is broken, and whatever the
   * flash throws; the record then is not stored.
   */
  append(payload: Uint8Array, stream: number): number {
    if (payload.byteLength < 1 || payload.byteLength > this.payloadBytesMax)
      throw new OutboxError(
        'payload',
        `the payload has ${payload.byteLength} bytes, expected 1 to ${this.payloadBytesMax}`,
      );
    if (!Number.isInteger(stream) || stream < 0 || stream > STREAM_MAX)
      throw new RangeError(`stream is ${stream}, expected 0 to ${STREAM_MAX}`);
    return this.#writer.append(payload, stream);
  }

  /** The oldest record that is neither released nor handed out since the last `rewind`; `undefined` when there is none. */
  next(): OutboxRecord | undefined {
    const { settlement } = this.#writer;
    const reader = this.#reader;
    if (reader.position < settlement.cursor) reader.seek(settlement.cursor);
    for (;;) {
      if (reader.position === this.#writer.next - 1 && !this.#writer.solidify()) return undefined;
      const found = reader.read();
      if (found === 'end') return undefined;
      if (found === 'data') {
        if (settlement.isSettled(reader.first)) continue;
        return { sequence: reader.first, stream: reader.stream, payload: reader.payload as Uint8Array };
      }
      settlement.settle(reader.first, reader.end, 'dropped');
    }
  }

  /** Settles a record as delivered. Releasing it twice, or after it was evicted, does nothing. */
  release(sequence: number): void {
    const writer = this.#writer;
    if (!Number.isInteger(sequence) || sequence < 0 || sequence >= writer.next)
      throw new RangeError(`there is no record ${sequence}: the next one will be ${writer.next}`);
    writer.settlement.settle(sequence, sequence + 1, 'delivered');
    if (writer.unsaved >= this.#unsavedMax) writer.save();
  }

  /** `next` begins again with the oldest record that is not released. */
  rewind(): void {
    this.#reader.seek(this.#writer.settlement.cursor);
  }

  /**
   * Shows the records that `next` would hand out, in order, until `visit` returns false. Neither appends nor releases may
   * be made from inside it.
   */
  lookAhead(visit: (record: OutboxRecord) => boolean): void {
    const { settlement } = this.#writer;
    const reader = new Reader(this.#sectors, this.#writer, Math.max(this.#reader.position, settlement.cursor));
    const isSolid = this.#writer.solidify();
    for (let found = reader.read(); found !== 'end'; found = reader.read()) {
      if (found !== 'data' || settlement.isSettled(reader.first)) continue;
      if (reader.end === this.#writer.next && !isSolid) return;
      if (!visit({ sequence: reader.first, stream: reader.stream, payload: reader.payload as Uint8Array })) return;
    }
  }

  /** Saves the acknowledged position now: for idle time and before sleep. Costs one small program when there is news. */
  flush(): void {
    this.#writer.save();
  }

  statistics(): OutboxStatistics {
    const { next, settlement } = this.#writer;
    return { next, oldest: settlement.cursor, ...settlement.books(next), void: 0 };
  }
}

/** Opens the log in `flash`. A blank partition becomes an empty log with the first append. Throws an OutboxError. */
export function openOutbox(flash: Flash, options?: OutboxOptions): Outbox {
  return new Outbox(flash, options);
}

/** Erases the whole partition, whatever it holds; it can then be opened as an empty log. Cut by a power loss, it must be repeated. */
export function formatOutbox(flash: Flash): void {
  flash.eraseBlock(0, flash.status().blocks);
}
