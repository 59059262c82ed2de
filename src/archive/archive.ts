/**
 * A log that holds three to six times as many readings: what waits long is packed into batches, and, if wanted, thinned.
 *
 *     append -> level 0: a record each  ->  level 1: batches  ->  level 2: every second reading  ->  level 3: every fourth
 *
 * Each level is an outbox on its own part of the partition, and has the sequence numbers of the readings. When a level is
 * full, its oldest readings are moved to the next: appended there, durable, then released here. So whatever is in a level is
 * older than all that is in the level before; the last one evicts. While readings are delivered as they come, only level 0
 * is used.
 *
 * A power cut between appending and releasing leaves numbers in two levels: those below the next number of the later level
 * are that level's. They are released here once that level has made sure of them.
 */
import type { Flash } from '../../hal/contract.js';
import { BATCH_HEAD_BYTES, STREAM_MAX } from '../outbox/frame.js';
import {
  BATCH_COUNT_MAX,
  formatOutbox,
  type Outbox,
  OutboxError,
  type OutboxOptions,
  type OutboxStatistics,
  openOutbox,
} from '../outbox/outbox.js';
import { type BatchItem, BatchReader, BatchWriter, type Loss } from '../reading/batch.js';
import type { Log, LogGap, LogRecord, LogStatistics } from './log.js';
import { FlashSlice } from './slice.js';

/** Eighths of the partition, by level. */
const LAYOUTS = Object.freeze({ compact: Object.freeze([1, 7]), thin: Object.freeze([1, 4, 2, 1]) });
export type ArchiveMode = keyof typeof LAYOUTS;

const BLOCKS_MIN = 32;
/** 18 batches of this size fill a sector of 4096 bytes but for two slots. */
const BATCH_BYTES_MAX = 213;
/** Of one reading, so that it fits into a batch. */
const BATCH_PAYLOAD_BYTES_MAX = BATCH_BYTES_MAX - 8;

/** What a level has for some numbers; 'delivered' are those that were, before their neighbours were moved here. */
type Item = LogRecord | { readonly sequence: number; readonly end: number; readonly reason: Loss };

/** A batch that is being read. */
interface OpenBatch {
  readonly level: number;
  readonly reader: BatchReader;
  sequence: number;
  /** Read already. */
  ahead: BatchItem | undefined;
}

interface Slice {
  readonly first: number;
  readonly blocks: number;
}

/** The blocks of each level in a partition of `blocks`. */
export function layoutOf(mode: ArchiveMode, blocks: number): Slice[] {
  const shares = LAYOUTS[mode];
  let first = 0;
  return shares.map((share, i) => {
    const count = i === shares.length - 1 ? blocks - first : Math.floor((blocks * share) / 8);
    const slice = { first, blocks: count };
    first += count;
    return slice;
  });
}

/** Erases the whole partition; it can then be opened as an empty archive. Cut by a power loss, it must be repeated. */
export function formatArchive(flash: Flash, mode: ArchiveMode): void {
  const { blocks } = flash.status();
  for (const { first, blocks: count } of layoutOf(mode, blocks)) formatOutbox(new FlashSlice(flash, first, count));
}

/** Throws an OutboxError as `openOutbox` does, and for a partition of less than 32 blocks. */
export function openArchive(flash: Flash, mode: ArchiveMode, options: OutboxOptions): Archive {
  const { blocks } = flash.status();
  if (blocks < BLOCKS_MIN)
    throw new OutboxError('unsupported', `the partition has ${blocks} erase blocks, expected ${BLOCKS_MIN} or more`);
  const slices = layoutOf(mode, blocks);
  const levels: Outbox[] = [];
  // By hand, and not by `map`: opening is the deepest that a boot goes, and a device's stack is short.
  for (let i = 0; i < slices.length; i++) levels.push(openLevel(flash, slices[i] as Slice, i, options));
  return new Archive(levels);
}

function openLevel(flash: Flash, { first, blocks }: Slice, level: number, options: OutboxOptions): Outbox {
  const own = level === 0 ? options : { ...options, payloadBytesMax: BATCH_BYTES_MAX + BATCH_HEAD_BYTES };
  return openOutbox(new FlashSlice(flash, first, blocks), own);
}

export class Archive implements Log {
  readonly payloadBytesMax: number;
  readonly #levels: readonly Outbox[];
  /** Handed out since the last `rewind`: every number below. */
  #position = 0;
  #batch: OpenBatch | undefined;
  #isAligned = false;

  /** By `openArchive`. */
  constructor(levels: readonly Outbox[]) {
    this.#levels = levels;
    this.payloadBytesMax = Math.min(this.fresh.payloadBytesMax, BATCH_PAYLOAD_BYTES_MAX);
  }

  append(payload: Uint8Array, stream: number): number {
    this.align(true);
    this.makeRoom(0, payload.byteLength);
    return this.fresh.append(payload, stream);
  }

  /** A level is handed out when all that is older is settled: what is settled in it must not be ahead of that. */
  next(): LogRecord | LogGap | undefined {
    this.align(false);
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      for (let item = this.nextOf(level); item !== undefined; item = this.nextOf(level)) {
        const { sequence, end } = item;
        if (end <= this.#position || (item.reason === undefined && sequence < this.#position)) continue;
        const from = Math.max(sequence, this.#position);
        this.#position = end;
        return item.reason === undefined ? item : { ...item, sequence: from };
      }
      if ((this.#levels[level] as Outbox).statistics().queued > 0) return undefined;
    }
    return undefined;
  }

  pass(): boolean {
    const { next } = this.fresh.statistics();
    if (this.#position !== next - 1) return false;
    if (this.#levels.some((level, i) => i > 0 && level.statistics().queued > 0) || !this.fresh.pass()) return false;
    this.#position = next;
    return true;
  }

  release(first: number, end: number = first + 1, outcome: 'delivered' | 'dropped' = 'delivered'): void {
    let from = first;
    for (let level = this.#levels.length - 1; level >= 0 && from < end; level--) {
      const outbox = this.#levels[level] as Outbox;
      const to = level === 0 ? end : Math.min(end, outbox.statistics().next);
      if (from < to) outbox.release(from, to, outcome);
      from = Math.max(from, to);
    }
  }

  rewind(): void {
    this.#position = 0;
    this.#batch = undefined;
    for (const level of this.#levels) level.rewind();
  }

  lookAhead(visit: (record: LogRecord) => boolean): void {
    let goesOn = true;
    for (let level = this.#levels.length - 1; level >= 0 && goesOn; level--) {
      this.show(level, this.#position, (item) => {
        if (item.reason === undefined && item.sequence >= this.#position) goesOn = visit(item);
        return goesOn;
      });
    }
  }

  flush(): void {
    for (const level of this.#levels) level.flush();
  }

  /** One erase at most. */
  maintain(): boolean {
    return this.#levels.some((level) => level.maintain());
  }

  /**
   * What was moved is queued or dropped where it is now; `delivered` is the rest. Level 0 wears fastest: it takes everything,
   * unpacked, on an eighth of the blocks.
   */
  statistics(): LogStatistics {
    const { next, sectors, sectorsOpened } = this.fresh.statistics();
    let [queued, dropped, oldest, from] = [0, 0, next, 0];
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const statistics = (this.#levels[level] as Outbox).statistics();
      queued += queuedFrom(statistics, from);
      dropped += statistics.dropped;
      if (statistics.queued > 0) oldest = Math.min(oldest, Math.max(from, statistics.oldest));
      from = Math.max(from, statistics.next);
    }
    return { next, oldest, queued, delivered: next - queued - dropped, dropped, void: 0, sectors, sectorsOpened };
  }

  private get fresh(): Outbox {
    return this.#levels[0] as Outbox;
  }

  /** Releases what a later level has, once that level can be relied on. */
  private align(mayMove: boolean): void {
    if (this.#isAligned) return;
    for (let level = this.#levels.length - 1; level > 0; level--) {
      const later = this.#levels[level] as Outbox;
      const earlier = this.#levels[level - 1] as Outbox;
      const { next } = later.statistics();
      const { oldest, next: end } = earlier.statistics();
      if (oldest >= Math.min(next, end)) continue;
      if (!later.secure() && !(mayMove && this.secure(level))) return;
      earlier.release(oldest, Math.min(next, end));
    }
    this.#isAligned = true;
  }

  /** Makes sure of what a level holds, moving readings on if that takes room. */
  private secure(level: number): boolean {
    while (!(this.#levels[level] as Outbox).secure()) if (!this.move(level)) return false;
    return true;
  }

  /** Moves readings on until a payload of so many bytes can be appended without evicting, if there is a later level. */
  private makeRoom(level: number, byteLength: number): void {
    if (level === this.#levels.length - 1) return;
    const outbox = this.#levels[level] as Outbox;
    this.secure(level);
    while (outbox.wouldEvict(byteLength)) if (!this.move(level)) return;
  }

  /** Moves the oldest readings of a level, as many as fit into one batch, to the next. `false` when there are none. */
  private move(level: number): boolean {
    const earlier = this.#levels[level] as Outbox;
    const later = this.#levels[level + 1];
    if (later === undefined) return false;
    const statistics = later.statistics();
    const { oldest } = earlier.statistics();
    const first = statistics.queued > 0 ? statistics.next : Math.max(statistics.next, oldest);
    const batch = new BatchWriter(BATCH_BYTES_MAX, BATCH_COUNT_MAX);
    const isThinning = level > 0;
    const isKept: boolean[] = [];
    /** Leaves out the numbers up to `end`. */
    const miss = (end: number, loss: Loss): boolean => {
      const count = Math.max(0, end - first - batch.count);
      return count === 0 || batch.miss(count, loss) === count;
    };
    this.show(level, first, (item) => {
      for (let lost = first + batch.count; lost < item.sequence; lost = first + batch.count)
        if (!miss(lost + 1, earlier.isReleased(lost) ? 'delivered' : 'unreadable')) return false;
      if (item.reason !== undefined) return miss(item.end, item.reason);
      if (item.sequence < first + batch.count) return miss(item.end, 'thinned');
      if (earlier.isReleased(item.sequence)) return miss(item.end, 'delivered');
      const { stream } = item;
      // Of the last stream, the agent's own, nothing is thinned out: it has the times of the boots.
      isKept[stream] = !isThinning || stream === STREAM_MAX || !isKept[stream];
      return (!isKept[stream] || batch.add(stream, item.payload)) && miss(item.end, 'thinned');
    });
    if (batch.count === 0) return false;
    const bytes = batch.finish();
    this.makeRoom(level + 1, bytes.byteLength);
    later.appendBatch(bytes, first, batch.count);
    earlier.release(first, first + batch.count);
    return true;
  }

  private nextOf(level: number): LogRecord | LogGap | undefined {
    const outbox = this.#levels[level] as Outbox;
    for (;;) {
      if (this.#batch?.level !== level) {
        const item = outbox.next();
        if (level === 0 || item === undefined || item.reason !== undefined) return item;
        this.#batch = openBatch(level, item.sequence, item.payload.slice());
      }
      const item = itemOf(this.#batch as OpenBatch);
      if (item === undefined) this.#batch = undefined;
      else if (item.reason === 'delivered') outbox.release(item.sequence, item.end);
      else if (!outbox.isReleased(item.sequence)) return item as LogRecord | LogGap;
    }
  }

  /** Shows the readings, and what is missing among them, of one level from a number on, until `visit` returns false. */
  private show(level: number, from: number, visit: (item: Item) => boolean): void {
    (this.#levels[level] as Outbox).lookAhead((record) => {
      if (level === 0) return visit(record);
      const batch = openBatch(level, record.sequence, record.payload);
      for (let item = itemOf(batch); item !== undefined; item = itemOf(batch)) if (!visit(item)) return false;
      return true;
    }, from);
  }
}

/** What is queued of a level from a number on. At boot, what was moved may be in two levels. */
function queuedFrom({ queued, next, oldest }: OutboxStatistics, from: number): number {
  return from <= oldest ? queued : Math.min(queued, Math.max(0, next - from));
}

function openBatch(level: number, sequence: number, payload: Uint8Array): OpenBatch {
  return { level, reader: new BatchReader(payload), sequence, ahead: undefined };
}

/** The next of a batch: a reading with what was thinned out behind it, or what is missing. */
function itemOf(batch: OpenBatch): Item | undefined {
  const item = batch.ahead ?? batch.reader.next();
  batch.ahead = undefined;
  if (item === undefined) return undefined;
  const { sequence } = batch;
  if ('count' in item) {
    batch.sequence += item.count;
    return { sequence, end: batch.sequence, reason: item.loss };
  }
  batch.sequence++;
  batch.ahead = batch.reader.next();
  if (batch.ahead !== undefined && 'count' in batch.ahead && batch.ahead.loss === 'thinned') {
    batch.sequence += batch.ahead.count;
    batch.ahead = undefined;
  }
  return { sequence, end: batch.sequence, stream: item.stream, payload: item.payload };
}
