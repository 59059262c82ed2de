/**
 * Messages that were sent, in order: of each its feed and its numbers, first <= n < end.
 *
 *     [first, token, first, token, ...]      token = end * feeds + feed, which tells a message from all others
 *
 * Plain numbers, since a device has many of them, and an object would take three times the RAM.
 */

/** Numbers first <= n < end. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

export class SentMessages {
  readonly #feeds: number;
  #numbers: number[] = [];

  constructor(feeds: number) {
    this.#feeds = feeds;
  }

  get length(): number {
    return this.#numbers.length / 2;
  }

  /** The feed of the oldest; there must be one. */
  get oldestFeed(): number {
    return (this.#numbers[1] as number) % this.#feeds;
  }

  tokenOf(feed: number, end: number): number {
    return end * this.#feeds + feed;
  }

  feedOf(token: number): number {
    return token % this.#feeds;
  }

  endOf(token: number): number {
    return (token - this.feedOf(token)) / this.#feeds;
  }

  add(first: number, token: number): void {
    this.#numbers.push(first, token);
  }

  /** All of `others`, which were sent before these, and stay the older ones. They are not there any more. */
  takeOlder(others: SentMessages): void {
    const older = others.#numbers;
    others.#numbers = [];
    for (const number of this.#numbers) older.push(number);
    this.#numbers = older;
  }

  /** Forgets a message and gives its first number; `undefined` if it is not there. */
  take(token: number): number | undefined {
    let at = 1;
    while (at < this.#numbers.length && this.#numbers[at] !== token) at += 2;
    return this.#numbers.splice(at - 1, 2)[0];
  }

  /** Forgets those of a feed up to a number. */
  forget(feed: number, end: number): void {
    const kept: number[] = [];
    for (let at = 1; at < this.#numbers.length; at += 2) {
      const token = this.#numbers[at] as number;
      if (this.feedOf(token) !== feed || this.endOf(token) > end) kept.push(this.#numbers[at - 1] as number, token);
    }
    this.#numbers = kept;
  }

  /** The message of a feed that had a number. */
  spanOf(feed: number, sequence: number): Span | undefined {
    for (let at = 1; at < this.#numbers.length; at += 2) {
      const first = this.#numbers[at - 1] as number;
      const token = this.#numbers[at] as number;
      const end = this.endOf(token);
      if (this.feedOf(token) === feed && first <= sequence && sequence < end) return { first, end };
    }
    return undefined;
  }
}
