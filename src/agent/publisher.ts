/**
 * From the outbox to the connection: takes records, makes messages of them, and releases them when the broker has
 * acknowledged the message.
 *
 * Keeps numbers, not messages: of what is in flight only the first and last sequence number. After a reconnect the outbox
 * is read again from the oldest unsettled record, and the messages that were in flight are made once more with the same
 * boundaries, so that they are the same messages, in the same order.
 *
 * Readings of this boot wait, for a while, for a clock that is not set.
 */
import type { Clock } from '../../hal/contract.js';
import type { Message } from '../mqtt/packet.js';
import { utf8Bytes } from '../mqtt/utf8.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Anchors } from '../reading/anchor.js';
import type { Channel, ChannelTables, SensorTable } from '../reading/channel.js';
import { type Reading, unpackReading } from '../reading/reading.js';
import type { PublishConfiguration, Topics } from './configuration.js';
import { rawTelemetry, telemetryOf } from './telemetry.js';

export interface PublisherOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly boot: number;
  readonly anchors: Anchors;
  readonly tables: ChannelTables;
  readonly topics: Topics;
  readonly publish: PublishConfiguration;
  /** Largest payload that the connection can send at all, in bytes. */
  readonly payloadBytesMax: number;
}

/** What the publisher needs of a connection. */
export interface Sender {
  readonly ready: boolean;
  publish(message: Message, token: number, mayRepeat: boolean): boolean;
}

const BRACKET = 0x5b;
const COMMA = 0x2c;
const BRACKET_CLOSING = 0x5d;

/** Numbers first <= n <= last: the records of one message. The last one is its token. */
interface Span {
  readonly first: number;
  readonly last: number;
}

/** A record as it goes into a message. */
interface Element {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly isResolved: boolean;
}

/** A record as it came from the outbox, with the reading in it, if there is one. */
interface Decoded {
  readonly sequence: number;
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly reading: Reading | undefined;
  readonly table: SensorTable | undefined;
}

export class Publisher {
  readonly #options: PublisherOptions;
  /** Records from before this boot may have been sent, and not acknowledged, in an earlier one. */
  readonly #repeatsBelow: number;
  /** In flight on this connection, in order. */
  #inFlight: Span[] = [];
  /** In flight on an earlier connection and not yet sent again, in order. */
  #again: Span[] = [];
  /** Taken from the outbox and not yet an element: waits for the clock. */
  #decoded: Decoded | undefined;
  /** Not yet part of a message. */
  #element: Element | undefined;
  /** Made and not yet taken by the connection. */
  #message: (Span & { readonly message: Message }) | undefined;
  /** Readings of this boot that went out without a time; they do so again if they are repeated. */
  #gaveUpBelow = 0;
  /** An earlier boot whose anchor was looked for in the log, and when its millisecond 0 was. */
  #searchedBoot = 0;
  #searchedStart: number | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#repeatsBelow = options.outbox.statistics().next;
  }

  /** There is a new connection: begins again with the oldest unsettled record. */
  begin(): void {
    this.#again = [...this.#inFlight, ...this.#again];
    this.#inFlight = [];
    this.#decoded = undefined;
    this.#element = undefined;
    this.#message = undefined;
    this.#options.outbox.rewind();
  }

  /** Hands the connection as much as it takes. */
  fill(sender: Sender): void {
    while (sender.ready) {
      this.#message ??= this.#compose();
      if (this.#message === undefined) return;
      const { first, last, message } = this.#message;
      if (!sender.publish(message, last, first < this.#repeatsBelow)) return;
      this.#inFlight.push({ first, last });
      while (this.#again[0] !== undefined && this.#again[0].last <= last) this.#again.shift();
      this.#message = undefined;
    }
  }

  /** The broker has taken the message with this token. */
  acknowledged(token: number): void {
    const i = this.#inFlight.findIndex(({ last }) => last === token);
    const span = this.#inFlight[i];
    if (span === undefined) return;
    this.#inFlight.splice(i, 1);
    for (let sequence = span.first; sequence <= span.last; sequence++) this.#options.outbox.release(sequence);
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  #compose(): (Span & { message: Message }) | undefined {
    const { readingsPerMessageMax, messageBytesMax } = this.#options.publish;
    const elements: Element[] = [];
    let bytes = 2;
    let span: Span | undefined;
    let isWhole = false;
    for (;;) {
      this.#element ??= this.#take();
      const element = this.#element;
      if (element === undefined) break;
      const before = elements[0];
      if (before === undefined) span = this.#spanOf(element.sequence);
      else if (element.isResolved !== before.isResolved) break;
      const byteLength = element.bytes.length + 1;
      if (span === undefined) {
        if (before !== undefined && this.#spanOf(element.sequence) !== undefined) break;
        if (before !== undefined && bytes + byteLength > messageBytesMax) break;
      } else if (element.sequence > span.last) {
        isWhole = true;
        break;
      }
      bytes += byteLength;
      elements.push(element);
      this.#element = undefined;
      isWhole = element.sequence === span?.last;
      if (isWhole || (span === undefined && elements.length === readingsPerMessageMax)) break;
    }
    const first = elements[0];
    const last = elements[elements.length - 1];
    if (first === undefined || last === undefined) return undefined;
    const { telemetry, unresolved } = this.#options.topics;
    const topic = first.isResolved ? telemetry : unresolved;
    const message: Message = { topic, payload: payloadOf(elements), qos: 1, retain: false };
    return { first: first.sequence, last: isWhole && span !== undefined ? span.last : last.sequence, message };
  }

  /** The message in which `sequence` was in flight before, if it was. */
  #spanOf(sequence: number): Span | undefined {
    return this.#again.find(({ first, last }) => first <= sequence && sequence <= last);
  }

  /** The next element; `undefined` when nothing waits, or the next reading waits for the clock. */
  #take(): Element | undefined {
    const { clock, boot, publish, payloadBytesMax } = this.#options;
    this.#decoded ??= this.#next();
    if (this.#decoded === undefined) return undefined;
    const { sequence, reading, table } = this.#decoded;
    if (reading === undefined) return this.#raw(this.#decoded);
    const isOfThisBoot = reading.boot === boot;
    const start = isOfThisBoot && sequence < this.#gaveUpBelow ? undefined : this.#startOf(reading.boot);
    const mayWait = isOfThisBoot && clock.milliseconds() < publish.timeWaitSeconds * 1000;
    if (start === undefined && mayWait) return undefined;
    if (start === undefined && isOfThisBoot) this.#gaveUpBelow = Math.max(this.#gaveUpBelow, sequence + 1);
    const time = start === undefined ? undefined : start + reading.milliseconds;
    const bytes = utf8Bytes(telemetryOf(reading, sequence, table, time));
    if (bytes.length > payloadBytesMax) return this.#raw(this.#decoded);
    this.#decoded = undefined;
    return { sequence, bytes, isResolved: time !== undefined };
  }

  #raw({ sequence, stream, payload }: Decoded): Element {
    this.#decoded = undefined;
    return { sequence, bytes: utf8Bytes(rawTelemetry(sequence, stream, payload)), isResolved: false };
  }

  #next(): Decoded | undefined {
    const record = this.#options.outbox.next();
    if (record === undefined) return undefined;
    const { sequence, stream } = record;
    const payload = record.payload.slice();
    const { tables } = this.#options;
    const reading = readingOf(payload, (boot) => tables.at(stream, boot)?.channels);
    if (reading?.kind === 'anchor') this.#learn(reading);
    return { sequence, stream, payload, reading, table: reading && tables.at(stream, reading.boot) };
  }

  /** The readings of its boot come next. That this cannot be stored must not stop them. */
  #learn({ boot, milliseconds, unixMilliseconds }: Reading & { kind: 'anchor' }): void {
    try {
      this.#options.anchors.learn(boot, milliseconds, unixMilliseconds);
    } catch {
      // It is known until the next boot all the same.
    }
  }

  /** When millisecond 0 of a boot was. That of an earlier boot may stand further ahead in the log. */
  #startOf(boot: number): number | undefined {
    const { anchors, outbox } = this.#options;
    const start = anchors.startOf(boot);
    if (start !== undefined || boot === this.#options.boot) return start;
    if (boot !== this.#searchedBoot) {
      this.#searchedBoot = boot;
      this.#searchedStart = undefined;
      outbox.lookAhead(({ payload }) => {
        const reading = readingOf(payload, () => []);
        if (reading?.kind === 'anchor' && reading.boot === boot)
          this.#searchedStart = reading.unixMilliseconds - reading.milliseconds;
        return this.#searchedStart === undefined && (reading === undefined || reading.boot <= boot);
      });
    }
    return this.#searchedStart;
  }
}

/** One element as it is, several as an array. */
function payloadOf(elements: readonly Element[]): Uint8Array {
  const [first] = elements;
  if (first !== undefined && elements.length === 1) return first.bytes;
  const payload = new Uint8Array(elements.reduce((length, { bytes }) => length + bytes.length + 1, 1));
  let at = 0;
  for (const { bytes } of elements) {
    payload[at] = at === 0 ? BRACKET : COMMA;
    payload.set(bytes, at + 1);
    at += 1 + bytes.length;
  }
  payload[at] = BRACKET_CLOSING;
  return payload;
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
