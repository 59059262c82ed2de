/**
 * The books: which sequence numbers are settled, and how.
 *
 * Pure: knows numbers, neither flash nor payloads. Every number below `cursor` is settled. Numbers may be settled ahead of
 * the cursor, in any order; those wait in a short list of ranges until the cursor reaches them. At any time
 *
 *     next = delivered + queued + dropped
 *
 * A number is dropped when its record was evicted or could not be read any more. It is settled only when the consumer has
 * released the gap that told it so; what is not settled below `floor` counts as dropped all the same.
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
  /** The lowest number whose record may still be in flash. */
  floor: number;
  /** Ranges settled ahead of the cursor, ascending, not touching the cursor. */
  readonly #ahead: Range[] = [];

  constructor(cursor: number, dropped: number, floor: number) {
    this.cursor = cursor;
    this.dropped = dropped;
    this.floor = floor;
  }

  /** The lowest number from `first` on that is not settled. */
  unsettledFrom(first: number): number {
    const ahead = this.#ahead;
    let sequence = first;
    if (sequence < this.cursor) sequence = this.cursor;
    if (ahead.length === 0) return sequence;
    for (const range of ahead) if (sequence >= range.first && sequence < range.end) sequence = range.end;
    return sequence;
  }

  /** Settles the numbers first <= n < end, those settled already excepted. */
  settle(first: number, end: number, outcome: Outcome): void {
    const ahead = this.#ahead;
    let from = first;
    if (from < this.cursor) from = this.cursor;
    // As brokers acknowledge: in order.
    if (from === this.cursor && ahead.length === 0) {
      if (from < end) this.advance(end, outcome);
      return;
    }
    while (from < end) {
      const range = ahead.find((other) => other.end > from);
      const to = Math.min(end, range?.first ?? end);
      if (from < to) this.settleFree(from, to, outcome);
      from = Math.max(to, Math.min(end, range?.end ?? end), this.cursor);
    }
  }

  /** The three parts of `next`. */
  books(next: number): { delivered: number; queued: number; dropped: number } {
    let { dropped } = this;
    let delivered = this.cursor - this.dropped;
    let gone = Math.max(0, this.floor - this.cursor);
    for (const range of this.#ahead) {
      if (range.outcome === 'dropped') dropped += range.end - range.first;
      else delivered += range.end - range.first;
      gone -= Math.max(0, Math.min(range.end, this.floor) - range.first);
    }
    return { delivered, queued: next - delivered - dropped - gone, dropped: dropped + gone };
  }

  private settleFree(first: number, end: number, outcome: Outcome): void {
    if (first === this.cursor) {
      this.advance(end, outcome);
      this.absorb();
    } else this.insert({ first, end, outcome });
  }

  private advance(end: number, outcome: Outcome): void {
    if (outcome === 'dropped') this.dropped += end - this.cursor;
    this.cursor = end;
  }

  private absorb(): void {
    while (this.#ahead[0] !== undefined && this.#ahead[0].first <= this.cursor) {
      const range = this.#ahead.shift() as Range;
      if (range.end > this.cursor) this.advance(range.end, range.outcome);
    }
  }

  private insert(range: Range): void {
    let i = this.#ahead.length;
    while (i > 0 && (this.#ahead[i - 1] as Range).first > range.first) i--;
    this.#ahead.splice(i, 0, range);
  }
}
