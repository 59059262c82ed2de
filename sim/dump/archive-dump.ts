/**
 * A dump of a log in levels (`outbox.mode` "compact" or "thin"): the dumps of its levels as one, with every reading of the
 * batches as a record of its own.
 */
import { type ArchiveMode, layoutOf } from '../../src/archive/archive.js';
import { OutboxError } from '../../src/outbox/outbox.js';
import { BatchReader } from '../../src/reading/batch.js';
import { BLOCK_LENGTH, Dump, type DumpRecord, type DumpSummary } from './dump.js';

const MODES: readonly ArchiveMode[] = ['compact', 'thin'];

interface Level {
  readonly firstBlock: number;
  readonly dump: Dump;
}

/** The dump in `image`, of whatever kind of log. Throws as the constructor of Dump does. */
export function dumpOf(image: Uint8Array): Dump | ArchiveDump {
  try {
    return new Dump(image);
  } catch (error) {
    if (!(error instanceof OutboxError) || error.code !== 'geometry') throw error;
    for (const mode of MODES) {
      const levels = levelsOf(image, mode);
      if (levels !== undefined) return new ArchiveDump(levels);
    }
    throw error;
  }
}

export class ArchiveDump {
  /** Those that hold a log, the freshest first. */
  readonly #levels: readonly Level[];
  #thinned = 0;

  constructor(levels: readonly Level[]) {
    this.#levels = levels;
  }

  *records(options: { readonly all?: boolean } = {}): Generator<DumpRecord> {
    this.#thinned = 0;
    let from = 0;
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const { dump } = this.#levels[level] as Level;
      const { next, oldest } = dump.summary();
      for (const record of dump.records(options))
        for (const reading of level === 0 ? [record] : this.#readingsOf(record, oldest, from))
          if (reading.sequence >= from) yield reading;
      from = Math.max(from, next);
    }
  }

  /** Of the level that is written first and wears fastest. */
  get wear() {
    return (this.#levels[0] as Level).dump.wear;
  }

  /** Complete after all records were read. Numbers that an earlier level has moved on are the later one's. */
  summary(): DumpSummary {
    const summaries = this.#levels.map(({ dump }) => dump.summary());
    const [fresh] = summaries as [DumpSummary];
    const sum = (of: (summary: DumpSummary) => number) => summaries.reduce((total, each) => total + of(each), 0);
    let [queued, oldest, from] = [0, fresh.next, 0];
    for (const summary of summaries.toReversed()) {
      queued += Math.min(summary.queued, Math.max(0, summary.next - Math.max(from, summary.oldest)));
      if (summary.queued > 0) oldest = Math.min(oldest, Math.max(from, summary.oldest));
      from = Math.max(from, summary.next);
    }
    const dropped = sum((summary) => summary.dropped);
    return {
      ...fresh,
      bytes: sum(({ bytes }) => bytes),
      sectors: sum(({ sectors }) => sectors),
      sectorsInUse: sum(({ sectorsInUse }) => sectorsInUse),
      oldest,
      queued,
      dropped,
      delivered: fresh.next - queued - dropped,
      unreadable: sum(({ unreadable }) => unreadable),
      thinned: this.#thinned,
      gaps: summaries.toReversed().flatMap(({ gaps }) => gaps),
      damage: this.#levels.flatMap(({ firstBlock }, i) =>
        (summaries[i] as DumpSummary).damage.map((damage) => ({ ...damage, block: firstBlock + damage.block })),
      ),
    };
  }

  *#readingsOf(batch: DumpRecord, oldest: number, from: number): Generator<DumpRecord> {
    const reader = new BatchReader(batch.payload);
    let { sequence } = batch;
    for (let item = reader.next(); item !== undefined; item = reader.next()) {
      if ('count' in item) {
        if (item.loss === 'thinned') this.#thinned += Math.max(0, Math.min(item.count, sequence + item.count - from));
        sequence += item.count;
      } else {
        yield { ...item, sequence, isDelivered: sequence < oldest, sector: batch.sector };
        sequence++;
      }
    }
  }
}

/** `undefined` when the image is not laid out so. A level that was never used holds no log. */
function levelsOf(image: Uint8Array, mode: ArchiveMode): Level[] | undefined {
  const levels: Level[] = [];
  for (const { first, blocks } of layoutOf(mode, image.length / BLOCK_LENGTH)) {
    try {
      const dump = new Dump(image.slice(first * BLOCK_LENGTH, (first + blocks) * BLOCK_LENGTH));
      levels.push({ firstBlock: first, dump });
    } catch (error) {
      if (error instanceof OutboxError || first === 0) return undefined;
    }
  }
  return levels;
}
