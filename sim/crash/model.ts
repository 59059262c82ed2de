/**
 * What an outbox owes, kept by an observer who only hears what its methods returned, and holds its counts against that.
 *
 * Records are known by an id that their payload proves. A call that was under way when the power went is in doubt: an
 * append may or may not have happened, a release may or may not have been saved. An append in doubt happened for certain
 * once its record was handed out, and did not happen for certain once another record got the number it would have had.
 */
import type { OutboxStatistics } from '../../src/outbox/outbox.js';

export interface ModelLimits {
  readonly sectors: number;
  readonly blockLength: number;
  /** Largest payload that any session appends. */
  readonly payloadBytesMax: number;
  /** `acknowledgementsUnsavedMax` of the outbox. */
  readonly unsavedMax: number;
  /** Records in flight, from the oldest not released to the newest handed out. */
  readonly windowMax: number;
  /** Bad cells: sectors may be given up, so that records go before the log is full. */
  readonly hasBadCells: boolean;
}

const SLOT_BYTES = 16;
/** Slots of zeros, copies and positions that one interruption costs at most, in frames of the largest size. */
const FRAMES_PER_INTERRUPTION = 5;

/** What became of a record. */
const PENDING = 0;
const RELEASE_IN_DOUBT = 1;
const RELEASED = 2;

/** Id of a number that a record has which was appended in doubt and not handed out since. */
const UNKNOWN = -1;

/** Payload of `length` bytes, at least 4, of record `id`: no two ids share one, nor does one begin with another. */
export function payloadOf(id: number, length: number): Uint8Array {
  const payload = new Uint8Array(length);
  let state = id * 64 + length;
  for (let i = 3; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    payload[i] = state >>> 24;
  }
  payload[0] = id;
  payload[1] = id >> 8;
  payload[2] = length;
  return payload;
}

export class Model {
  readonly #limits: ModelLimits;
  /** By sequence number: id of the record, what became of it, and the slots and interruptions before it. */
  readonly #ids: number[];
  readonly #fates: number[];
  readonly #slotsBefore: number[];
  readonly #interruptionsBefore: number[];
  /** Ids whose append was interrupted and may have happened. */
  #inDoubt: number[];
  #lastId: number;
  /** Slots of all records so far, those whose length is not known counted as the smallest. */
  #slots: number;
  #interruptions: number;
  /** Records that were released and may count as dropped all the same: evicted before the release came or was saved. */
  #droppedReleased: number;

  constructor(limits: ModelLimits, other?: Model) {
    this.#limits = limits;
    this.#ids = other ? other.#ids.slice() : [];
    this.#fates = other ? other.#fates.slice() : [];
    this.#slotsBefore = other ? other.#slotsBefore.slice() : [];
    this.#interruptionsBefore = other ? other.#interruptionsBefore.slice() : [];
    this.#inDoubt = other ? other.#inDoubt.slice() : [];
    this.#lastId = other ? other.#lastId : 0;
    this.#slots = other ? other.#slots : 0;
    this.#interruptions = other ? other.#interruptions : 0;
    this.#droppedReleased = other ? other.#droppedReleased : 0;
  }

  clone(): Model {
    return new Model(this.#limits, this);
  }

  /** An append begins; the payload to append. It is in doubt until `appended`. */
  appending(payloadBytesMax: number): Uint8Array {
    const id = ++this.#lastId;
    this.#inDoubt.push(id);
    return payloadOf(id, 4 + ((id * 7) % (payloadBytesMax - 3)));
  }

  appended(sequence: number, payload: Uint8Array): void {
    const skipped = sequence - this.#ids.length;
    if (skipped < 0) throw new Error(`number ${sequence} was given again`);
    if (skipped >= this.#inDoubt.length) throw new Error(`number ${sequence} leaves out ${skipped} numbers`);
    this.#inDoubt.pop();
    for (let i = 0; i < skipped; i++) this.#number(UNKNOWN, 1);
    if (this.#inDoubt.length > 0 && !this.#ids.includes(UNKNOWN)) this.#inDoubt = [];
    this.#number(this.#lastId, payload.length);
  }

  /** The power went, or a flash call threw. */
  interrupted(): void {
    this.#interruptions++;
  }

  /** A consumer received a record, which by that exists. */
  received(sequence: number, payload: Uint8Array): void {
    const id = (payload[0] as number) | ((payload[1] as number) << 8);
    if (!equals(payload, payloadOf(id, payload.length))) throw new Error(`record ${sequence} is not what was appended`);
    const appended = this.#ids[sequence];
    if (appended === id) return;
    const doubt = this.#inDoubt.indexOf(id);
    if (doubt === -1 || (appended !== undefined && appended !== UNKNOWN))
      throw new Error(`record ${sequence} carries payload ${id}, expected ${appended ?? 'none'}`);
    while (this.#ids.length <= sequence) this.#number(UNKNOWN, 1);
    this.#ids[sequence] = id;
    this.#inDoubt.splice(doubt, 1);
  }

  /** A record is about to be released that may have been evicted while it was in flight. */
  releasingLate(): void {
    this.#droppedReleased++;
  }

  releasing(sequence: number): void {
    this.#fates[sequence] = RELEASE_IN_DOUBT;
  }

  released(sequence: number): void {
    this.#fates[sequence] = RELEASED;
  }

  /**
   * Holds what an outbox handed out, from the beginning and without releases, against what it owes. `handed` were passed to
   * `received` before. `isAfterBoot`: nothing else happened since it was opened.
   */
  check(handed: readonly number[], books: OutboxStatistics, isAfterBoot: boolean): void {
    const isHanded: boolean[] = [];
    let last = -1;
    for (const sequence of handed) {
      if (sequence <= last) throw new Error(`record ${sequence} was handed out after record ${last}`);
      last = sequence;
      isHanded[sequence] = true;
    }
    // The last record is held back while making it solid would evict others.
    const held = books.queued - handed.length;
    if (held !== 0 && held !== 1) throw new Error(`${books.queued} queued, ${handed.length} handed out`);
    if (held === 1) isHanded[books.next - 1] = true;
    if (books.next < this.#ids.length || books.next > this.#ids.length + held)
      throw new Error(`next is ${books.next}, ${this.#ids.length} numbers were given`);
    if (books.next !== books.delivered + books.queued + books.dropped + books.void)
      throw new Error(`the books do not balance: ${JSON.stringify(books)}`);
    if (isAfterBoot) this.#forget(isHanded);
    this.#checkDropped(isHanded, books.dropped, isAfterBoot);
  }

  /**
   * What an outbox hands out after a boot is not released, whatever was known before. Of those released in order, fewer than
   * `unsavedMax` may come again; those released ahead of an older one may all. Two interruptions in one sector may use up the
   * room for positions in it: then as many may come again as a sector holds.
   */
  #forget(isHanded: readonly boolean[]): void {
    let again = 0;
    let isInOrder = true;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      if (!isHanded[sequence]) continue;
      if (this.#fates[sequence] !== RELEASED) isInOrder = false;
      else if (isInOrder) again++;
      this.#fates[sequence] = PENDING;
    }
    const { unsavedMax, blockLength } = this.#limits;
    const sectorSlots = blockLength / SLOT_BYTES;
    const sectorAgo = this.#slotsBefore.findLastIndex((slots) => slots <= this.#slots - sectorSlots);
    const isRoomUsedUp = this.#interruptions - (this.#interruptionsBefore[sectorAgo] ?? 0) > 2;
    if (again >= (isRoomUsedUp ? sectorSlots : unsavedMax))
      throw new Error(`${again} records that had been released in order came again`);
  }

  /** Every record is handed out, released or dropped; dropped are the oldest, when the log is full, and counted. */
  #checkDropped(isHanded: readonly boolean[], dropped: number, isAfterBoot: boolean): void {
    let missing = 0;
    let lastMissing = -1;
    let firstHanded = this.#ids.length;
    let inDoubt = 0;
    let gone = 0;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const fate = this.#fates[sequence];
      if (isHanded[sequence]) {
        if (fate === RELEASED) throw new Error(`record ${sequence} came again after it had been released`);
        firstHanded = Math.min(firstHanded, sequence);
      } else if (fate === PENDING) {
        missing++;
        lastMissing = sequence;
      } else if (fate === RELEASE_IN_DOUBT) inDoubt++;
      else gone++;
    }
    if (missing > dropped) throw new Error(`${missing} records are missing, ${dropped} reported dropped`);
    const { unsavedMax, windowMax } = this.#limits;
    const forgotten = isAfterBoot ? unsavedMax - 1 + windowMax : 0;
    const reportedMax = missing + inDoubt + Math.min(gone, this.#droppedReleased + forgotten);
    if (dropped > reportedMax) throw new Error(`${dropped} reported dropped, ${missing} are missing`);
    this.#droppedReleased = Math.max(0, dropped - missing);
    if (missing > 0) this.#checkEviction(firstHanded, lastMissing);
  }

  #checkEviction(firstHanded: number, lastMissing: number): void {
    const { sectors, blockLength, payloadBytesMax, unsavedMax, hasBadCells } = this.#limits;
    const sectorSlots = blockLength / SLOT_BYTES;
    // An eviction that was cut may have left parts of the sector it was erasing.
    if (lastMissing - firstHanded > sectorSlots)
      throw new Error(`record ${lastMissing} is missing, though ${firstHanded} is there`);
    if (hasBadCells) return;
    const frameSlots = slotsOf(payloadBytesMax);
    const reservedSlots = Math.floor(sectorSlots / unsavedMax) + 4 * frameSlots + 1;
    const usedMin = Math.max(0, sectorSlots - 2 - reservedSlots - frameSlots);
    const after = this.#slots - (this.#slotsBefore[lastMissing] as number);
    const wasted =
      (this.#interruptions - (this.#interruptionsBefore[lastMissing] as number)) * FRAMES_PER_INTERRUPTION * frameSlots;
    if (after + wasted < (sectors - 2) * usedMin)
      throw new Error(`record ${lastMissing} is missing, though only ${after} slots were used after it`);
  }

  /** Gives the next number. */
  #number(id: number, payloadBytes: number): void {
    this.#ids.push(id);
    this.#fates.push(PENDING);
    this.#slotsBefore.push(this.#slots);
    this.#interruptionsBefore.push(this.#interruptions);
    this.#slots += slotsOf(payloadBytes);
  }
}

function slotsOf(payloadBytes: number): number {
  return Math.ceil((8 + payloadBytes) / SLOT_BYTES);
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
