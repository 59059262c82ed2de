/**
 * Makes messages of what waits in a log: readings as JSON, several in one message when several wait, and gaps.
 *
 * Knows nothing of connections. A message that was in flight before is made once more with the same boundaries, so that it is
 * the same message.
 *
 * Readings of this boot wait, for a while, for a clock that is not set.
 */
import type { Clock } from '../../hal/contract.js';
import type { Log } from '../archive/log.js';
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
    const elements: Element[] = [];
    let bytes = 2;
    let text = '';
    let span: Span | undefined;
    let isWhole = false;
    for (;;) {
      this.#element ??= this.take();
      const element = this.#element;
      if (element === undefined) break;
      const before = elements[0];
      if (before === undefined) span = spanOf(again, element.first);
      else if (element.isResolved !== before.isResolved) break;
      const byteLength = element.text.length + 1;
      if (span === undefined) {
        if (before !== undefined && spanOf(again, element.first) !== undefined) break;
        if (before !== undefined && bytes + byteLength > messageBytesMax) break;
      } else if (element.first >= span.end) {
        isWhole = true;
        break;
      }
      bytes += byteLength;
      elements.push(element);
      text += before === undefined ? element.text : `,${element.text}`;
      this.#element = undefined;
      isWhole = span !== undefined && element.end >= span.end;
      if (isWhole || (span === undefined && elements.length === readingsPerMessageMax)) break;
    }
    const first = elements[0];
    const last = elements[elements.length - 1];
    if (first === undefined || last === undefined) return undefined;
    return {
      first: first.first,
      end: isWhole && span !== undefined ? Math.max(span.end, last.end) : last.end,
      gaps: elements.flatMap(({ gap }) => gap ?? []),
      message: {
        topic: first.isResolved ? topic : unresolvedTopic,
        payload: utf8Bytes(elements.length === 1 ? text : `[${text}]`),
        qos: 1,
        retain: false,
      },
    };
  }

  private take(): Element | undefined {
    const { log, clock, boot, timeWaitSeconds, payloadBytesMax } = this.#options;
    if (this.#decoded === undefined) {
      const item = log.next();
      if (item === undefined) return undefined;
      if (item.reason !== undefined) {
        const gap = { first: item.sequence, end: item.end };
        return { ...gap, text: gapTelemetry(item), isResolved: true, gap };
      }
      this.#decoded = this.decode(item.sequence, item.end, item.stream, item.payload.slice());
    }
    const { first, end, reading, table } = this.#decoded;
    if (reading === undefined) return this.raw(this.#decoded);
    const isOfThisBoot = reading.boot === boot;
    const start = isOfThisBoot && first < this.#gaveUpBelow ? undefined : this.startOf(reading.boot);
    const mayWait = isOfThisBoot && clock.milliseconds() < timeWaitSeconds * 1000;
    if (start === undefined && mayWait) return undefined;
    if (start === undefined && isOfThisBoot) this.#gaveUpBelow = Math.max(this.#gaveUpBelow, first + 1);
    const time = start === undefined ? undefined : start + reading.milliseconds;
    const text = telemetryOf(reading, first, end, table, time);
    if (text.length > payloadBytesMax) return this.raw(this.#decoded);
    this.#decoded = undefined;
    return { first, end, text, isResolved: time !== undefined, gap: thinnedOf(first, end) };
  }

  private raw({ first, end, stream, payload }: Decoded): Element {
    this.#decoded = undefined;
    const text = rawTelemetry(first, stream, payload);
    return { first, end, text, isResolved: false, gap: thinnedOf(first, end) };
  }

  private decode(first: number, end: number, stream: number, payload: Uint8Array): Decoded {
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
