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
import { utf8Bytes } from '../mqtt/utf8.js';
import type { Anchors } from '../reading/anchor.js';
import type { Channel, ChannelTables, SensorTable } from '../reading/channel.js';
import { type Reading, unpackReading } from '../reading/reading.js';
import { gapTelemetry, rawTelemetry, telemetryOf } from './telemetry.js';

export interface ComposerOptions {
  readonly log: Pick<Log, 'next' | 'rewind'>;
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

/** Numbers first <= n < end. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

export interface Composed extends Span {
  /** Those of its numbers that are reported lost, ascending. */
  readonly gaps: readonly Span[];
  readonly message: Message;
}

/** A comma between two elements, and brackets around all. */
const SEPARATORS_BYTES = 3;
const NONE: readonly Span[] = Object.freeze([]);

/** What goes into a message for a record or a gap. */
interface Element extends Span {
  /** ASCII, so that its length is that of its bytes. */
  readonly text: string;
  readonly isResolved: boolean;
  /** What is lost of its numbers. */
  readonly gap: Span | undefined;
}

/** A record as it came from the log, with the reading in it, if there is one. */
interface Decoded extends Span {
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly reading: Reading | undefined;
  readonly table: SensorTable | undefined;
}

export class Composer {
  readonly #options: ComposerOptions;
  /** Taken from the log and not yet an element: waits for the clock. */
  #decoded: Decoded | undefined;
  /** Not yet part of a message. */
  #element: Element | undefined;
  /** Readings of this boot that went out without a time; they do so again if they are repeated. */
  #gaveUpBelow = 0;
  /** An earlier boot whose anchor was looked for in the log, and when its millisecond 0 was. */
  #searchedBoot = 0;
  #searchedStart: number | undefined;
  /** Of the record that is being decoded. */
  #stream = 0;
  #table: SensorTable | undefined;
  /** Made once: it serves every record. */
  readonly #channelsOf = (boot: number) => this.channelsOf(boot);

  constructor(options: ComposerOptions) {
    this.#options = options;
  }

  /** Begins again with the oldest unsettled number. */
  rewind(): void {
    this.#decoded = undefined;
    this.#element = undefined;
    this.#options.log.rewind();
  }

  /**
   * The next message; `undefined` when nothing waits, or the next reading waits for the clock. `again` are messages that were
   * in flight before, in order.
   */
  compose(again: readonly Span[]): Composed | undefined {
    const { readingsPerMessageMax, messageBytesMax, topic, unresolvedTopic } = this.#options;
    let head: Element | undefined;
    let last: Element | undefined;
    let count = 0;
    let text = '';
    let gaps = NONE;
    let span: Span | undefined;
    let isWhole = false;
    for (;;) {
      this.#element ??= this.take();
      const element = this.#element;
      if (element === undefined) break;
      if (head === undefined) {
        head = element;
        span = spanOf(again, element.first);
        text = element.text;
      } else {
        if (element.isResolved !== head.isResolved) break;
        isWhole = span !== undefined && element.first >= span.end;
        if (isWhole) break;
        const isTooLong = text.length + element.text.length + SEPARATORS_BYTES > messageBytesMax;
        if (span === undefined && (isTooLong || spanOf(again, element.first) !== undefined)) break;
        text += `,${element.text}`;
      }
      last = element;
      count++;
      if (element.gap !== undefined) gaps = [...gaps, element.gap];
      this.#element = undefined;
      isWhole = span !== undefined && element.end >= span.end;
      if (isWhole || (span === undefined && count === readingsPerMessageMax)) break;
    }
    if (head === undefined || last === undefined) return undefined;
    return {
      first: head.first,
      end: isWhole && span !== undefined ? Math.max(span.end, last.end) : last.end,
      gaps,
      message: {
        topic: head.isResolved ? topic : unresolvedTopic,
        payload: utf8Bytes(count === 1 ? text : `[${text}]`),
        qos: 1,
        retain: false,
      },
    };
  }

  private take(): Element | undefined {
    let decoded = this.#decoded;
    if (decoded === undefined) {
      const item = this.#options.log.next();
      if (item === undefined) return undefined;
      if (item.reason !== undefined) return gapElement(item);
      decoded = this.decode(item);
    }
    const { reading, first } = decoded;
    if (reading === undefined) return this.raw(decoded);
    const start = this.#options.anchors.startOf(reading.boot);
    if (start === undefined || first < this.#gaveUpBelow) return this.untimed(decoded, reading);
    return this.element(decoded, reading, start + reading.milliseconds);
  }

  /** Of a reading whose boot's start is not at hand. Its payload is copied, since looking for the start reads the log. */
  private untimed(found: Decoded, reading: Reading): Element | undefined {
    const { clock, boot, timeWaitSeconds } = this.#options;
    const decoded = { ...found, payload: found.payload.slice() };
    const isOfThisBoot = reading.boot === boot;
    const hasGivenUp = isOfThisBoot && found.first < this.#gaveUpBelow;
    const start = hasGivenUp ? undefined : this.startOf(reading.boot);
    if (start === undefined && isOfThisBoot) {
      if (clock.milliseconds() < timeWaitSeconds * 1000) {
        this.#decoded = decoded;
        return undefined;
      }
      this.#gaveUpBelow = Math.max(this.#gaveUpBelow, found.first + 1);
    }
    return this.element(decoded, reading, start === undefined ? undefined : start + reading.milliseconds);
  }

  private element(decoded: Decoded, reading: Reading, time: number | undefined): Element {
    const { first, end } = decoded;
    const text = telemetryOf(reading, first, end, decoded.table, time);
    if (text.length > this.#options.payloadBytesMax) return this.raw(decoded);
    this.#decoded = undefined;
    return { first, end, text, isResolved: time !== undefined, gap: thinnedOf(first, end) };
  }

  private raw({ first, end, stream, payload }: Decoded): Element {
    this.#decoded = undefined;
    const text = rawTelemetry(first, stream, payload);
    return { first, end, text, isResolved: false, gap: thinnedOf(first, end) };
  }

  private decode({ sequence: first, end, stream, payload }: LogRecord): Decoded {
    this.#stream = stream;
    this.#table = undefined;
    const reading = readingOf(payload, this.#channelsOf);
    if (reading?.kind === 'anchor') this.learn(reading);
    if (reading?.kind === 'fault') this.channelsOf(reading.boot);
    return { first, end, stream, payload, reading, table: this.#table };
  }

  private channelsOf(boot: number): readonly Channel[] | undefined {
    this.#table = this.#options.tables.at(this.#stream, boot);
    return this.#table?.channels;
  }

  /** The readings of its boot come next. That this cannot be stored must not stop them. */
  private learn({ boot, milliseconds, unixMilliseconds }: Reading & { kind: 'anchor' }): void {
    try {
      this.#options.anchors.learn(boot, milliseconds, unixMilliseconds);
    } catch {
      // It is known until the next boot all the same.
    }
  }

  /** When millisecond 0 of a boot was. That of an earlier boot may stand further ahead in the log. */
  private startOf(boot: number): number | undefined {
    const { anchors, readings } = this.#options;
    const start = anchors.startOf(boot);
    if (start !== undefined || boot === this.#options.boot) return start;
    if (boot !== this.#searchedBoot) {
      this.#searchedBoot = boot;
      this.#searchedStart = undefined;
      readings.lookAhead(({ payload }) => {
        const reading = readingOf(payload, () => []);
        if (reading?.kind === 'anchor' && reading.boot === boot)
          this.#searchedStart = reading.unixMilliseconds - reading.milliseconds;
        return this.#searchedStart === undefined && (reading === undefined || reading.boot <= boot);
      });
    }
    return this.#searchedStart;
  }
}

/** The message in which `sequence` was in flight before, if it was. */
function spanOf(again: readonly Span[], sequence: number): Span | undefined {
  return again.find(({ first, end }) => first <= sequence && sequence < end);
}

function gapElement(item: LogGap): Element {
  const gap = { first: item.sequence, end: item.end };
  return { ...gap, text: gapTelemetry(item), isResolved: true, gap };
}

/** The numbers behind a reading that were thinned out. */
function thinnedOf(first: number, end: number): Span | undefined {
  return end > first + 1 ? { first: first + 1, end } : undefined;
}

/** Foreign bytes with an intact checksum are no reading; they must not stop the queue. */
function readingOf(
  payload: Uint8Array,
  channelsOf: (boot: number) => readonly Channel[] | undefined,
): Reading | undefined {
  try {
    return unpackReading(payload, channelsOf);
  } catch {
    return undefined;
  }
}
