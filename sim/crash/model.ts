/**
 * What an outbox owes, kept by an observer who only hears what its methods returned and never asks it anything.
 *
 * Records are known by an id that their payload proves. A call that was under way when the power went is in doubt: an
 * append may or may not have happened, a release may or may not have been saved.
 */
import type { OutboxStatistics } from '../../src/outbox/outbox.js';

/** A record as a consumer received it. */
export interface Received {
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface ModelLimits {
  readonly payloadBytesMax: number;
  /** Released records that may come again after a power cut: acknowledgementsUnsavedMax and the window in flight. */
  readonly redeliveredMax: number;
  readonly sectors: number;
  readonly blockLength: number;
}

/** Payload number `id`: every id has a length and bytes of its own. */
export function payloadOf(id: number, payloadBytesMax: number): Uint8Array {
  const payload = new Uint8Array(4 + ((id * 7) % (payloadBytesMax - 3)));
  let state = id + 1;
  for (let i = 0; i < payload.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    payload[i] = state >>> 24;
  }
  payload[0] = id;
  payload[1] = id >> 8;
  return payload;
}

export class Model {
  /** Id of the record that was appended under each sequence number; 0 where the number belongs to no record. */
  readonly #ids: number[];
  /** Of each sequence number: whether its release returned. */
  readonly #released: boolean[];
  /** Id that a consumer received under each sequence number. */
  readonly #received: number[];
  /** Ids whose append was cut. */
  readonly #inDoubt: number[];
  #lastId: number;
  /** Of each sequence number: whether its release was cut. */
  readonly #releaseInDoubt: boolean[];
  readonly #limits: ModelLimits;

  constructor(limits: ModelLimits, other?: Model) {
    this.#limits = limits;
    this.#ids = other ? other.#ids.slice() : [];
    this.#released = other ? other.#released.slice() : [];
    this.#received = other ? other.#received.slice() : [];
    this.#inDoubt = other ? other.#inDoubt.slice() : [];
    this.#lastId = other ? other.#lastId : 0;
    this.#releaseInDoubt = other ? other.#releaseInDoubt.slice() : [];
  }

  clone(): Model {
    return new Model(this.#limits, this);
  }

  /** An append begins; the payload to append. It is in doubt until `appended`. */
  appending(): Uint8Array {
    this.#lastId++;
    this.#inDoubt.push(this.#lastId);
    return payloadOf(this.#lastId, this.#limits.payloadBytesMax);
  }

  appended(sequence: number): void {
    this.#inDoubt.pop();
    if (this.#ids[sequence]) throw new Error(`number ${sequence} was given twice`);
    if (this.#received[sequence]) throw new Error(`number ${sequence} was given again after it had been delivered`);
    if (sequence < this.#ids.length) throw new Error(`number ${sequence} is not above all numbers given before`);
    this.#ids[sequence] = this.#lastId;
  }

  /** A consumer received a record. */
  received({ sequence, payload }: Received): void {
    const id = (payload[0] as number) | ((payload[1] as number) << 8);
    if (!equals(payload, payloadOf(id, this.#limits.payloadBytesMax)))
      throw new Error(`record ${sequence} is not what was appended`);
    const appended = this.#ids[sequence];
    if (appended ? appended !== id : !this.#inDoubt.includes(id))
      throw new Error(`record ${sequence} carries payload ${id}, expected ${appended || 'one whose append was cut'}`);
    const before = this.#received[sequence];
    if (before && before !== id) throw new Error(`record ${sequence} was delivered before with another payload`);
    this.#received[sequence] = id;
  }

  releasing(sequence: number): void {
    this.#releaseInDoubt[sequence] = true;
  }

  released(sequence: number): void {
    this.#released[sequence] = true;
  }

  /**
   * Holds what an outbox handed out after a boot, from the beginning and without releases, against what it owes.
   * `handed` were passed to `received` before.
   */
  check(handed: readonly Received[], books: OutboxStatistics): void {
    const isHanded: boolean[] = [];
    let last = -1;
    for (const { sequence } of handed) {
      if (sequence <= last) throw new Error(`record ${sequence} was handed out after record ${last}`);
      last = sequence;
      isHanded[sequence] = true;
    }
    // The last record is held back while making it solid would evict others.
    const held = books.queued - handed.length;
    if (held !== 0 && held !== 1) throw new Error(`${books.queued} queued, ${handed.length} handed out`);
    if (held === 1) isHanded[books.next - 1] = true;
    const { redeliveredMax, sectors, blockLength, payloadBytesMax } = this.#limits;
    let redelivered = 0;
    let missing = 0;
    let lastMissing = -1;
    let firstHanded = handed[0]?.sequence ?? Number.POSITIVE_INFINITY;
    let released = 0;
    let inDoubt = this.#inDoubt.length;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      if (!this.#ids[sequence]) continue;
      if (this.#released[sequence]) {
        released++;
        if (isHanded[sequence]) redelivered++;
      } else if (!isHanded[sequence] && this.#releaseInDoubt[sequence]) inDoubt++;
      else if (!isHanded[sequence]) {
        missing++;
        lastMissing = sequence;
      }
    }
    for (const { sequence } of handed) if (!this.#released[sequence]) firstHanded = Math.min(firstHanded, sequence);
    if (redelivered > redeliveredMax) throw new Error(`${redelivered} released records came again`);
    if (missing > books.dropped) throw new Error(`${missing} records are missing, ${books.dropped} reported dropped`);
    if (missing > 0) {
      // An eviction that was cut may have left parts of the sector it was erasing.
      if (lastMissing - firstHanded > blockLength / 16)
        throw new Error(`record ${lastMissing} is missing after ${firstHanded}`);
      let bytesAfter = 0;
      for (let s = lastMissing + 1; s < this.#ids.length; s++)
        if (this.#ids[s])
          bytesAfter += 16 * Math.ceil((8 + payloadOf(this.#ids[s] as number, payloadBytesMax).length) / 16);
      if (bytesAfter < ((sectors - 2) * blockLength) / 4)
        throw new Error(`record ${lastMissing} is missing, though only ${bytesAfter} bytes followed it`);
    }
    if (books.next !== books.delivered + books.queued + books.dropped + books.void)
      throw new Error(`the books do not balance: ${JSON.stringify(books)}`);
    if (books.next < this.#ids.length) throw new Error(`next is ${books.next}, ${this.#ids.length} numbers were given`);
    const settled = books.delivered + books.dropped;
    const owed = released - redelivered + missing;
    if (settled < owed || settled > owed + inDoubt)
      throw new Error(`${settled} delivered or dropped by the books, ${owed} by the observer`);
  }
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
