/**
 * Makes messages of what waits in a log: readings as JSON, several in one message when several wait, and gaps.
 *
 * Knows nothing of connections. A message that was in flight before is made once more with the same boundaries, so that it is
 * the same message.
 *
 * Readings of this boot wait, for a while, for a clock that is not set.
 */
import type { Clock } from '../../hal/contract.js';
import type { Log, LogGap, LogRecord } from '../archive/log.js';
import type { Message } from '../mqtt/packet.js';
import type { Anchors } from '../reading/anchor.js';
import { type ChannelTables, noChannels } from '../reading/channel.js';
import { type Reading, type StoredReading, unpackReading } from '../reading/reading.js';
import type { Latest } from './latest.js';
import type { SentMessages, Span } from './sent.js';
import { gapTelemetry, rawTelemetry, telemetryOf } from './telemetry.js';

export interface ComposerOptions {
  readonly log: Pick<Log, 'next' | 'pass' | 'rewind'>;
  /** Where anchors of earlier boots are looked for. */
  readonly readings: Pick<Log, 'lookAhead'>;
  readonly clock: Clock;
  readonly boot: number;
  readonly anchors: Anchors;
  readonly tables: ChannelTables;
  readonly topic: string;
  /** Of readings whose wall time nobody knew. */
  readonly unresolvedTopic: string;
  /** How long readings wait for the clock. */
  readonly timeWaitSeconds: number;
  readonly readingsPerMessageMax: number;
  /** Bytes of one payload that several readings share. */
  readonly messageBytesMax: number;
  /** Largest payload that the connection can send at all, in bytes. */
  readonly payloadBytesMax: number;
}

export interface Composed extends Span {
  /** Those of its numbers that are reported lost, ascending. */
  readonly gaps: readonly Span[];
  readonly message: Message;
}

/** Around the elements of a message that has several. */
const BRACKETS_BYTES = 2;
const NONE: readonly Span[] = Object.freeze([]);

/** What goes into a message for a record or a gap. */
interface Element extends Span {
  /** Where what is lost of its numbers begins, which goes up to `end`. */
  readonly lost: number;
  /** ASCII, so that its length is that of its bytes. */
  readonly text: string;
  readonly isResolved: boolean;
}

/** A record that waits for the clock, with the reading in it. */
interface Waiting {
  readonly record: LogRecord;
  readonly reading: StoredReading;
}

export class Composer {
  readonly #options: ComposerOptions;
  /** Taken from the log and not yet an element. */
  #waiting: Waiting | undefined;
  /** Not yet part of a message; what was taken from the log before `#waiting`. */
  readonly #elements: Element[] = [];
  /** Readings of this boot that went out without a time; they do so again if they are repeated. */
  #gaveUpBelow = 0;
  /** An earlier boot whose anchor was looked for in the log, and when its millisecond 0 was. */
  #searchedBoot = 0;
  #searchedStart: number | undefined;

  constructor(options: ComposerOptions) {
    this.#options = options;
  }

  /** Begins again with the oldest unsettled number. */
  rewind(): void {
    this.#waiting = undefined;
    this.#elements.length = 0;
    this.#options.log.rewind();
  }

  /**
   * A reading that was just stored; `latest` has the text of its values. If all before it have been taken, and the next message has
   * room for it, it need not be read back. One that waits for the clock is: its values are those of the moment only. So is a fault,
   * whose reason is cut and made ASCII in flash.
   */
  offer(record: LogRecord, reading: StoredReading, latest: Pick<Latest, 'text'>): void {
    if (reading.kind !== 'values' || this.#waiting !== undefined) return;
    if (this.#elements.length > 0 && this.isMessageAtHand()) return;
    const options = this.#options;
    const start = options.anchors.startOf(reading.boot);
    if (start === undefined || !options.log.pass()) return;
    const first = record.sequence;
    const end = record.end;
    const text = telemetryOf(reading, first, end, start, latest.text(record.stream));
    const isTooLong = text.length > options.payloadBytesMax;
    this.#elements.push(isTooLong ? rawElement(record) : { first, end, lost: end, text, isResolved: true });
  }

  /**
   * The next message; `undefined` when nothing waits, or the next reading waits for the clock. `again` are messages that were
   * in flight before, if any; this is the composer of `feed` among them.
   */
  compose(feed: number, again: SentMessages | undefined): Composed | undefined {
    const head = this.take();
    if (head === undefined) return undefined;
    const options = this.#options;
    const span = again?.spanOf(feed, head.first);
    const pieces = [head.text];
    let length = head.text.length;
    let end = head.end;
    let gaps = head.lost < end ? withLost(NONE, head) : NONE;
    let count = 1;
    while (span === undefined ? count < options.readingsPerMessageMax : end < span.end) {
      const element = this.take();
      if (element === undefined) break;
      const isNext =
        span === undefined
          ? length + 1 + element.text.length + BRACKETS_BYTES <= options.messageBytesMax &&
            again?.spanOf(feed, element.first) === undefined
          : element.first < span.end;
      if (!isNext || element.isResolved !== head.isResolved) {
        this.#elements.unshift(element);
        // What is missing of the message was settled meanwhile.
        if (span !== undefined && !isNext) end = span.end;
        break;
      }
      pieces.push(`,${element.text}`);
      length += 1 + element.text.length;
      end = element.end;
      if (element.lost < end) gaps = withLost(gaps, element);
      ++count;
    }
    if (count > 1) {
      pieces[0] = `[${head.text}`;
      pieces.push(']');
      length += BRACKETS_BYTES;
    }
    return {
      first: head.first,
      end,
      gaps,
      message: {
        topic: head.isResolved ? options.topic : options.unresolvedTopic,
        payload: { pieces, length },
        qos: 1,
        retain: false,
      },
    };
  }

  /** Whether what was taken and is not yet part of a message fills one: no more is kept in RAM, however long it cannot be sent. */
  private isMessageAtHand(): boolean {
    const elements = this.#elements;
    const options = this.#options;
    // A comma each.
    let length = elements.length;
    if (length >= options.readingsPerMessageMax) return true;
    for (let i = 0; i < elements.length; ++i) length += (elements[i] as Element).text.length;
    return length >= options.messageBytesMax;
  }

  private take(): Element | undefined {
    if (this.#elements.length > 0) return this.#elements.shift();
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      return this.elementOf(waiting.record, waiting.reading);
    }
    const item = this.#options.log.next();
    if (item === undefined) return undefined;
    if (item.reason !== undefined) return gapElement(item);
    // Foreign bytes with an intact checksum are no reading; they must not stop the queue.
    const reading = unpackReading(item.payload, item.stream, this.#options.tables);
    if (reading === undefined) return rawElement(item);
    if (reading.kind === 'anchor') this.learn(reading);
    return this.elementOf(item, reading);
  }

  /** `undefined` when the reading waits for the clock. */
  private elementOf(found: LogRecord, reading: StoredReading): Element | undefined {
    const options = this.#options;
    const first = found.sequence;
    let record = found;
    let start = options.anchors.startOf(reading.boot);
    if (start === undefined || first < this.#gaveUpBelow) {
      const { boot, clock, timeWaitSeconds } = options;
      // A copy, since looking for the start reads the log.
      record = { ...found, payload: found.payload.slice() };
      if (reading.boot !== boot) start ??= this.searchedStart(reading.boot);
      else if (clock.milliseconds() < timeWaitSeconds * 1000) {
        this.#waiting = { record, reading };
        return undefined;
      } else {
        start = undefined;
        this.#gaveUpBelow = Math.max(this.#gaveUpBelow, first + 1);
      }
    }
    const end = record.end;
    const text = telemetryOf(reading, first, end, start);
    if (text.length > options.payloadBytesMax) return rawElement(record);
    return { first, end, lost: first + 1, text, isResolved: start !== undefined };
  }

  /** The readings of its boot come next. That this cannot be stored must not stop them. */
  private learn({ boot, milliseconds, unixMilliseconds }: Reading & { kind: 'anchor' }): void {
    try {
      this.#options.anchors.learn(boot, milliseconds, unixMilliseconds);
    } catch {
      // It is known until the next boot all the same.
    }
  }

  /** When millisecond 0 of an earlier boot was, which may stand further ahead in the log. */
  private searchedStart(boot: number): number | undefined {
    if (boot !== this.#searchedBoot) {
      this.#searchedBoot = boot;
      this.#searchedStart = undefined;
      const tables = noChannels();
      this.#options.readings.lookAhead(({ payload, stream }) => {
        const reading = unpackReading(payload, stream, tables);
        if (reading?.kind === 'anchor' && reading.boot === boot)
          this.#searchedStart = reading.unixMilliseconds - reading.milliseconds;
        return this.#searchedStart === undefined && (reading === undefined || reading.boot <= boot);
      });
    }
    return this.#searchedStart;
  }
}

function withLost(gaps: readonly Span[], { lost, end }: Element): readonly Span[] {
  return [...gaps, { first: lost, end }];
}

function gapElement(item: LogGap): Element {
  const { sequence: first, end } = item;
  return { first, end, lost: first, text: gapTelemetry(item), isResolved: true };
}

function rawElement({ sequence: first, end, stream, payload }: LogRecord): Element {
  return { first, end, lost: first + 1, text: rawTelemetry(first, stream, payload), isResolved: false };
}
