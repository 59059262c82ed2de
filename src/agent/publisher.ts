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
import type { Composed, Composer, Span } from './composer.js';

/** A log and what makes messages of it. */
export interface Feed {
  readonly log: Pick<Log, 'release' | 'statistics'>;
  readonly composer: Composer;
}

/** What the publisher needs of a connection. */
export interface Sender {
  readonly ready: boolean;
  publish(message: Message, token: number, mayRepeat: boolean): boolean;
}

/** A message of which only the numbers are kept. */
interface Sent extends Span {
  /** Index of its feed. */
  readonly feed: number;
  readonly gaps: readonly Span[];
}

export class Publisher {
  readonly #feeds: readonly Feed[];
  /** By feed: records from before this boot may have been sent, and not acknowledged, in an earlier one. */
  readonly #repeatsBelow: readonly number[];
  /** In flight on this connection, in order. */
  #inFlight: Sent[] = [];
  /** In flight on an earlier connection and not yet sent again, in order. */
  #again: Sent[] = [];
  /** By feed: made and not yet taken by the connection. */
  readonly #composed: (Composed | undefined)[];

  constructor(feeds: readonly Feed[]) {
    this.#feeds = feeds;
    this.#repeatsBelow = feeds.map(({ log }) => log.statistics().next);
    this.#composed = feeds.map(() => undefined);
  }

  /** There is a new connection: begins again with the oldest unsettled numbers. */
  begin(): void {
    this.#again = [...this.#inFlight, ...this.#again];
    this.#inFlight = [];
    this.#composed.fill(undefined);
    for (const { composer } of this.#feeds) composer.rewind();
  }

  /** Hands the connection as much as it takes. */
  fill(sender: Sender): void {
    while (sender.ready) {
      const feed = this.nextFeed();
      const composed = this.#composed[feed];
      if (composed === undefined) return;
      const { first, end, gaps, message } = composed;
      if (!sender.publish(message, this.tokenOf({ feed, end }), first < (this.#repeatsBelow[feed] as number))) return;
      this.#composed[feed] = undefined;
      this.#inFlight.push({ feed, first, end, gaps });
      if (this.#again.length > 0) this.#again = this.#again.filter((sent) => sent.feed !== feed || sent.end > end);
    }
  }

  /** The broker has taken the message with this token. */
  acknowledged(token: number): void {
    let i = 0;
    while (i < this.#inFlight.length && this.tokenOf(this.#inFlight[i] as Sent) !== token) i++;
    const sent = this.#inFlight[i];
    if (sent === undefined) return;
    this.#inFlight.splice(i, 1);
    const { log } = this.#feeds[sent.feed] as Feed;
    for (const gap of sent.gaps) log.release(gap.first, gap.end, 'dropped');
    log.release(sent.first, sent.end);
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** The feed whose message goes next: that of the oldest to be repeated, else the first one that has any. */
  private nextFeed(): number {
    const again = this.#again;
    // The feed of the oldest to be repeated stands in place -1.
    for (let place = again.length > 0 ? -1 : 0; place < this.#feeds.length; place++) {
      const feed = place < 0 ? (again[0] as Sent).feed : place;
      this.#composed[feed] ??= (this.#feeds[feed] as Feed).composer.compose(
        again.length > 0 ? again.filter((sent) => sent.feed === feed) : again,
      );
      if (this.#composed[feed] !== undefined) return feed;
    }
    return -1;
  }

  private tokenOf({ feed, end }: Pick<Sent, 'feed' | 'end'>): number {
    return end * this.#feeds.length + feed;
  }
}
