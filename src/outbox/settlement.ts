/**
 * The books: which sequence numbers are settled, and how.
 *
 * Pure: knows numbers, neither flash nor payloads. Every number below `cursor` is settled. Numbers may be settled ahead of
 * the cursor, in any order; those wait in a short list of ranges until the cursor reaches them. At any time
 *
 *     next = delivered + queued + dropped
 *
 * A number is dropped when its record was evicted, or could not be read any more.
 */

export type Outcome = 'delivered' | 'dropped';

interface Range {
  readonly first: number;
  readonly end: number;
  readonly outcome: Outcome;
}

export class Settlement {
  cursor: number;
  /** Numbers below the cursor that were not delivered, over the life of the log. */
  dropped: number;
  /** Ranges settled ahead of the cursor, ascending, not touching the cursor. */
  readonly #ahead: Range[] = [];

  constructor(cursor: number, dropped: number) {
    this.cursor = cursor;
    this.dropped = dropped;
  }

  isSettled(sequence: number): boolean {
    if (sequence < this.cursor) return true;
    for (const range of this.#ahead) if (sequence >= range.first && sequence < range.end) return true;
    return false;
  }

  /** Settles the numbers first <= n < end, those settled already excepted. */
  settle(first: number, end: number, outcome: Outcome): void {
    let from = Math.max(first, this.cursor);
    while (from < end) {
      const range = this.#ahead.find((other) => other.end > from);
      const to = Math.min(end, range?.first ?? end);
      if (from < to) this.#settle(from, to, outcome);
      from = Math.max(to, Math.min(end, range?.end ?? end), this.cursor);
    }
  }

  /** All numbers below `base` are gone from flash. */
  evict(base: number): void {
    while (this.cursor < base) {
      const range = this.#ahead[0];
      this.#advance(range === undefined ? base : Math.min(base, range.first), 'dropped');
      this.#absorb();
    }
  }

  /** The three parts of `next`. */
  books(next: number): { delivered: number; queued: number; dropped: number } {
    let { dropped } = this;
    let delivered = this.cursor - this.dropped;
    for (const range of this.#ahead) {
      if (range.outcome === 'dropped') dropped += range.end - range.first;
      else delivered += range.end - range.first;
    }
    return { delivered, queued: next - delivered - dropped, dropped };
  }

  #settle(first: number, end: number, outcome: Outcome): void {
    if (first === this.cursor) {
      this.#advance(end, outcome);
      this.#absorb();
    } else this.#insert({ first, end, outcome });
  }

  #advance(end: number, outcome: Outcome): void {
    if (outcome === 'dropped') this.dropped += end - this.cursor;
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
