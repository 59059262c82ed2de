/**
 * Many readings in one record: each against the one before of its stream, so that a reading of three channels takes about
 * four bytes (FORMAT.md, "Batches").
 *
 * A batch stands for a row of consecutive sequence numbers, of which some may be missing. Works on packed readings
 * (reading.ts) and gives back the very same bytes; needs no channel table. Does not know where batches are kept.
 *
 * An entry begins with a byte: what it is in bits 4-7, its stream, or the reason, in bits 0-3.
 *
 *   0  whole    u8 length, the packed reading
 *   1  next     the reading against the one before of this stream
 *   2  run      u8 n, u8 g, then n readings against the one before, all of the stream of the last reading, each after g
 *               numbers that were thinned out
 *   3  missing  varint: how many numbers
 *
 * Against the one before: signed varint, how much longer ago that was than it was before; then, for values, a signed varint
 * each, the difference of the scaled values. Head and flags of values, head and text of a fault, are the same as before.
 */
import { VarintReader, writeSignedVarint, writeVarint } from './varint.js';

const WHOLE = 0;
const NEXT = 1;
const RUN = 2;
const MISSING = 3;

const STREAMS = 15;
/** Of a missing entry at the end. */
const MISSING_BYTES_MAX = 3;
/** Of a reading's form against the one before: more than any that is shorter than the whole. */
const SCRATCH_BYTES = 512;

/** Why numbers have no reading, as the format counts them. */
export const LOSSES = Object.freeze(['delivered', 'thinned', 'unreadable', 'evicted'] as const);
export type Loss = (typeof LOSSES)[number];

/** A packed reading in parts. */
interface Parts {
  readonly head: number;
  readonly milliseconds: number;
  /** What has to be the same as before: flags of values, or the text of a fault. */
  readonly same: Uint8Array;
  /** Scaled values. */
  readonly values: readonly number[];
}

/** What the next reading of a stream is held against. */
interface Before extends Parts {
  /** Since the reading before. */
  readonly elapsed: number;
}

export class BatchWriter {
  /** Numbers so far. */
  count = 0;
  readonly #bytes: Uint8Array;
  readonly #countMax: number;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #before: (Before | undefined)[] = new Array(STREAMS).fill(undefined);
  #length = 0;
  /** Numbers thinned out since the last entry. */
  #thinned = 0;
  #lastStream = -1;
  /** Where the counts of the open run stand; 0 for none. */
  #runAt = 0;

  /** A batch has `bytesMax` bytes at most, and is of `countMax` numbers. */
  constructor(bytesMax: number, countMax: number) {
    this.#bytes = new Uint8Array(bytesMax);
    this.#countMax = countMax;
  }

  /** Adds a reading. `false`, and nothing done, when there is no room for it. */
  add(stream: number, payload: Uint8Array): boolean {
    if (this.count === this.#countMax) return false;
    const parts = partsOf(payload);
    const before = this.#before[stream];
    const isNext = parts !== undefined && before !== undefined && isSame(parts, before);
    if (!(isNext ? this.addNext(stream, parts, before) : this.addWhole(stream, payload))) return false;
    if (parts !== undefined)
      this.#before[stream] = { ...parts, elapsed: isNext ? parts.milliseconds - before.milliseconds : 0 };
    this.#lastStream = stream;
    this.count++;
    return true;
  }

  /** Leaves out `count` numbers, or as many of them as there is room for; says how many. */
  miss(count: number, loss: Loss): number {
    const taken = Math.min(count, this.#countMax - this.count);
    if (loss === 'thinned') this.#thinned += taken;
    else {
      if (this.#length + 2 * MISSING_BYTES_MAX > this.#bytes.length) return 0;
      this.putMissing();
      this.putLoss(taken, loss);
    }
    this.count += taken;
    return taken;
  }

  finish(): Uint8Array {
    this.putMissing();
    return this.#bytes.subarray(0, this.#length);
  }

  private addWhole(stream: number, payload: Uint8Array): boolean {
    if (!this.hasRoom(2 + payload.length)) return false;
    this.putMissing();
    this.put(WHOLE, stream);
    this.#bytes[this.#length++] = payload.length;
    this.#bytes.set(payload, this.#length);
    this.#length += payload.length;
    this.#runAt = 0;
    return true;
  }

  private addNext(stream: number, parts: Parts, before: Before): boolean {
    let end = writeSignedVarint(this.#scratch, 0, parts.milliseconds - before.milliseconds - before.elapsed);
    for (let i = 0; i < parts.values.length; i++)
      end = writeSignedVarint(this.#scratch, end, (parts.values[i] as number) - (before.values[i] as number));
    const bytes = this.#scratch.subarray(0, end);
    if (!this.hasRoom(3 + bytes.length)) return false;
    if (stream !== this.#lastStream) {
      this.putMissing();
      this.put(NEXT, stream);
      this.#runAt = 0;
    } else if (this.#runAt === 0 || this.#bytes[this.#runAt + 1] !== this.#thinned) {
      this.put(RUN, stream);
      this.#runAt = this.#length;
      this.#bytes[this.#length++] = 1;
      this.#bytes[this.#length++] = this.#thinned;
    } else this.#bytes[this.#runAt] = (this.#bytes[this.#runAt] as number) + 1;
    this.#thinned = 0;
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return true;
  }

  private hasRoom(byteLength: number): boolean {
    return this.#length + byteLength + 2 * MISSING_BYTES_MAX <= this.#bytes.length;
  }

  private putMissing(): void {
    if (this.#thinned > 0) this.putLoss(this.#thinned, 'thinned');
    this.#thinned = 0;
  }

  private putLoss(count: number, loss: Loss): void {
    this.put(MISSING, LOSSES.indexOf(loss));
    this.#length = writeVarint(this.#bytes, this.#length, count);
    this.#runAt = 0;
    this.#lastStream = -1;
  }

  private put(kind: number, detail: number): void {
    this.#bytes[this.#length++] = kind * 16 + detail;
  }
}

/** Numbers of a batch: a reading, or some that are missing, or none any more. */
export type BatchItem =
  | { readonly stream: number; readonly payload: Uint8Array }
  | { readonly count: number; readonly loss: Loss };

/** Reads what BatchWriter wrote. Throws a RangeError for what is no batch. */
export class BatchReader {
  readonly #bytes: Uint8Array;
  readonly #reader: VarintReader;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #before: (Before | undefined)[] = new Array(STREAMS).fill(undefined);
  #stream = 0;
  /** Readings left of a run, the numbers thinned out before each, and whether those were told of. */
  #left = 0;
  #thinned = 0;
  #isThinned = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new VarintReader(bytes, 0);
  }

  next(): BatchItem | undefined {
    if (this.#left > 0) return this.nextOfRun();
    const reader = this.#reader;
    if (reader.at >= this.#bytes.length) return undefined;
    const first = this.#bytes[reader.at++] as number;
    const detail = first % 16;
    switch (first >> 4) {
      case WHOLE:
        return this.whole(detail);
      case NEXT:
        return this.nextInRow(detail);
      case RUN:
        this.#stream = detail;
        this.#left = this.#bytes[reader.at++] as number;
        this.#thinned = this.#bytes[reader.at++] as number;
        this.#isThinned = false;
        return this.nextOfRun();
      case MISSING:
        return this.inside({ count: reader.unsigned(), loss: LOSSES[detail] ?? 'unreadable' });
      default:
        throw new RangeError(`no batch has an entry ${first}`);
    }
  }

  private nextOfRun(): BatchItem {
    if (this.#thinned > 0 && !this.#isThinned) {
      this.#isThinned = true;
      return { count: this.#thinned, loss: 'thinned' };
    }
    this.#isThinned = false;
    this.#left--;
    return this.nextInRow(this.#stream);
  }

  private whole(stream: number): BatchItem {
    const reader = this.#reader;
    const length = this.#bytes[reader.at++] as number;
    const payload = this.#bytes.slice(reader.at, reader.at + length);
    reader.at += length;
    const parts = partsOf(payload);
    if (parts !== undefined) this.#before[stream] = { ...parts, elapsed: 0 };
    return { stream, payload };
  }

  private nextInRow(stream: number): BatchItem {
    const before = this.#before[stream];
    if (before === undefined) throw new RangeError(`stream ${stream} begins in the middle`);
    const elapsed = before.elapsed + this.#reader.signed();
    const milliseconds = before.milliseconds + elapsed;
    const values = before.values.map((value) => value + this.#reader.signed());
    const { head, same } = before;
    this.#before[stream] = { head, milliseconds, same, values, elapsed };
    const bytes = this.#scratch;
    let at = writeVarint(bytes, writeVarint(bytes, 0, head), milliseconds);
    bytes.set(same, at);
    at += same.length;
    for (const value of values) at = writeSignedVarint(bytes, at, value);
    return this.inside({ stream, payload: bytes.slice(0, at) });
  }

  /** What was made of numbers, which must all have been there. */
  private inside(item: BatchItem): BatchItem {
    if (this.#reader.isOver) throw new RangeError('the batch ends inside a number');
    return item;
  }
}

function isSame(a: Parts, b: Parts): boolean {
  if (a.head !== b.head || a.same.length !== b.same.length) return false;
  for (let i = 0; i < a.same.length; i++) if (a.same[i] !== b.same[i]) return false;
  return true;
}

/** `undefined` for what is neither values nor a fault, and for values of too many channels. */
function partsOf(payload: Uint8Array): Parts | undefined {
  const reader = new VarintReader(payload, 0);
  const head = reader.unsigned();
  const milliseconds = reader.unsigned();
  if (reader.isOver) return undefined;
  if (head % 4 === 1) return { head, milliseconds, same: payload.slice(reader.at), values: [] };
  if (head % 4 !== 0) return undefined;
  const from = reader.at;
  let channels = 0;
  for (let more = true; more; ) {
    const flags = payload[reader.at++] as number;
    more = flags >= 0x80;
    for (let bits = flags % 0x80; bits > 0; bits >>= 1) channels += bits & 1;
  }
  const same = payload.slice(from, reader.at);
  const values: number[] = [];
  while (values.length < channels) values.push(reader.signed());
  return reader.at === payload.length ? { head, milliseconds, same, values } : undefined;
}
