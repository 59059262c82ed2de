/**
 * The books: which sequence numbers are settled, and how.
 *
 * Pure: knows numbers, neither flash nor payloads. Every number below `cursor` is settled. Numbers may be settled ahead of
 * the cursor, in any order; those wait in a short list of ranges until the cursor reaches them. At any time
 *
 *     next = delivered + queued + dropped + void
 *
 * A number is void when an unclean boot burnt it, dropped when its record was evicted or could not be read any more.
 */

export type Outcome = 'delivered' | 'dropped' | 'void';

interface Range {
  readonly first: number;
  readonly end: number;
  readonly outcome: Outcome;
}

/** What a log remembers of its books, in every header and control frame. */
export interface Position {
  cursor: number;
  dropped: number;
  /** Numbers burnt over the life of the log. */
  voids: number;
  /** Of those, the ones not settled. */
  voidsUnsettled: number;
}

export class Settlement {
  cursor: number;
  dropped: number;
  voids: number;
  voidsUnsettled: number;
  /** Ranges settled ahead of the cursor, ascending, not touching the cursor. */
  readonly #ahead: Range[] = [];

  constructor(position: Position) {
    this.cursor = position.cursor;
    this.dropped = position.dropped;
    this.voids = position.voids;
    this.voidsUnsettled = position.voidsUnsettled;
  }

  isSettled(sequence: number): boolean {
    if (sequence < this.cursor) return true;
    for (const range of this.#ahead) if (sequence >= range.first && sequence < range.end) return true;
    return false;
  }

  /** Settles the numbers first <= n < end, those settled already excepted. `end` must not exceed the next number. */
  settle(first: number, end: number, outcome: Outcome): void {
    const from = Math.max(first, this.cursor);
    if (from >= end || this.isSettled(from)) return;
    if (from === this.cursor) {
      this.#advance(end, outcome);
      this.#absorb();
    } else this.#insert({ first: from, end, outcome });
  }

  /** All numbers below `base` are gone from flash; `voids` numbers below it were burnt over the life of the log. */
  evict(base: number, voids: number): void {
    if (base <= this.cursor) return;
    const gone = { delivered: 0, dropped: 0, void: 0 };
    while (this.#ahead[0] !== undefined && this.#ahead[0].first < base) {
      const range = this.#ahead.shift() as Range;
      gone[range.outcome] += Math.min(range.end, base) - range.first;
      if (range.end > base) this.#ahead.unshift({ ...range, first: base });
    }
    const voidsGone = Math.min(Math.max(0, voids - (this.voids - this.voidsUnsettled)), this.voidsUnsettled);
    this.dropped += base - this.cursor - voidsGone - gone.delivered;
    this.voidsUnsettled -= voidsGone;
    this.cursor = base;
    this.#absorb();
  }

  /** A number has just been burnt. It is settled when the reader comes to it. */
  burn(): void {
    this.voids++;
    this.voidsUnsettled++;
  }

  /** The four parts of `next`. */
  books(next: number): { delivered: number; queued: number; dropped: number; void: number } {
    const ahead = { delivered: 0, dropped: 0, void: 0 };
    for (const range of this.#ahead) ahead[range.outcome] += range.end - range.first;
    const dropped = this.dropped + ahead.dropped;
    const delivered = this.cursor - this.dropped - (this.voids - this.voidsUnsettled) + ahead.delivered;
    return { delivered, queued: next - delivered - dropped - this.voids, dropped, void: this.voids };
  }

  /**
   * Everything up to `next` is settled: a burnt number whose frame rotted was taken for a dropped one on the way, which is
   * put right here, where it is certain.
   */
  reconcile(next: number): void {
    if (this.cursor !== next || this.voidsUnsettled === 0) return;
    this.dropped -= this.voidsUnsettled;
    this.voidsUnsettled = 0;
  }

  #advance(end: number, outcome: Outcome): void {
    const count = end - this.cursor;
    if (outcome === 'dropped') this.dropped += count;
    else if (outcome === 'void') this.voidsUnsettled -= count;
    this.cursor = end;
  }

  #absorb(): void {
    while (this.#ahead[0] !== undefined && this.#ahead[0].first <= this.cursor) {
      const range = this.#ahead.shift() as Range;
      if (range.end > this.cursor) this.#advance(range.end, range.outcome);
    }
  }

  #insert(range: Range): void {
    let i = this.#ahead.length;
    while (i > 0 && (this.#ahead[i - 1] as Range).first > range.first) i--;
    this.#ahead.splice(i, 0, range);
  }
}
