/**
 * From the logs to the connection: sends messages as long as the connection takes them, and releases their numbers when the
 * broker has acknowledged them.
 *
 * Keeps numbers, not messages: of what is in flight only the first and last sequence number. After a reconnect the logs are
 * read again from the oldest unsettled number, and the messages that were in flight are made once more, and sent first, in
 * the order they were sent in [MQTT-4.6.0-1]. Apart from that, what waits in an earlier feed goes before what waits in a
 * later one.
 */
import type { Log } from '../archive/log.js';
import type { Message } from '../mqtt/packet.js';
import type { Composed, Composer } from './composer.js';
import { SentMessages, type Span } from './sent.js';

/** A log and what makes messages of it. */
export class Feed {
  readonly log: Pick<Log, 'release'>;
  readonly composer: Composer;
  /** Records below, from before this boot, may have been sent in an earlier one, and not acknowledged. */
  readonly repeatsBelow: number;
  /** Made and not yet taken by the connection. */
  composed: Composed | undefined;

  constructor(log: Pick<Log, 'release' | 'statistics'>, composer: Composer) {
    this.log = log;
    this.composer = composer;
    this.repeatsBelow = log.statistics().next;
  }
}

/** What the publisher needs of a connection. */
export interface Sender {
  readonly ready: boolean;
  publish(message: Message, token: number, mayRepeat: boolean): boolean;
}

/** Numbers in flight that are reported lost. */
interface Gap extends Span {
  readonly feed: number;
}

export class Publisher {
  readonly #feeds: readonly Feed[];
  /** In flight on this connection. */
  readonly #inFlight: SentMessages;
  #gaps: Gap[] = [];
  /** In flight on an earlier connection and not yet sent again. */
  readonly #again: SentMessages;

  constructor(feeds: readonly Feed[]) {
    this.#feeds = feeds;
    this.#inFlight = new SentMessages(feeds.length);
    this.#again = new SentMessages(feeds.length);
  }

  /** There is a new connection: begins again with the oldest unsettled numbers. */
  begin(): void {
    this.#again.takeOlder(this.#inFlight);
    this.#gaps = [];
    for (const feed of this.#feeds) {
      feed.composed = undefined;
      feed.composer.rewind();
    }
  }

  /** Hands the connection as much as it takes. */
  fill(sender: Sender): void {
    while (sender.ready) {
      const place = this.nextFeed();
      if (place < 0) return;
      const feed = this.#feeds[place] as Feed;
      const composed = feed.composed as Composed;
      const token = this.#inFlight.tokenOf(place, composed.end);
      if (!sender.publish(composed.message, token, composed.first < feed.repeatsBelow)) return;
      feed.composed = undefined;
      this.sent(place, composed, token);
    }
  }

  /** The broker has taken the message with this token. What it returns is nothing, and leaves no frame on the stack below. */
  acknowledged(token: number) {
    const first = this.#inFlight.take(token);
    if (first === undefined) return;
    const feed = this.#inFlight.feedOf(token);
    const end = this.#inFlight.endOf(token);
    const { log } = this.#feeds[feed] as Feed;
    if (this.#gaps.length > 0) return this.releaseWithGaps(feed, first, end);
    return log.release(first, end);
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  private sent(feed: number, { first, end, gaps }: Composed, token: number): void {
    this.#inFlight.add(first, token);
    for (const gap of gaps) this.#gaps.push({ ...gap, feed });
    if (this.#again.length > 0) this.#again.forget(feed, end);
  }

  private releaseWithGaps(feed: number, first: number, end: number): void {
    const isOf = (gap: Gap) => gap.feed === feed && first <= gap.first && gap.end <= end;
    const { log } = this.#feeds[feed] as Feed;
    for (const gap of this.#gaps) if (isOf(gap)) log.release(gap.first, gap.end, 'dropped');
    this.#gaps = this.#gaps.filter((gap) => !isOf(gap));
    log.release(first, end);
  }

  /** The feed whose message goes next, composed: that of the oldest to be repeated, else the first one that has any; else -1. */
  private nextFeed(): number {
    const again = this.#again.length > 0 ? this.#again : undefined;
    // The feed of the oldest to be repeated stands in place -1.
    for (let place = again === undefined ? 0 : -1; place < this.#feeds.length; ++place) {
      const index = place < 0 && again !== undefined ? again.oldestFeed : place;
      const feed = this.#feeds[index] as Feed;
      feed.composed ??= feed.composer.compose(index, again);
      if (feed.composed !== undefined) return index;
    }
    return -1;
  }
}
