/**
 * Reads a flash dump of an outbox partition (`esptool read_flash`, or a flash.bin of `npm start`): what it holds, and how it is.
 *
 * Works on a copy in memory with the outbox's own reader, and so sees what a device would see that boots with this flash:
 * with `all`, also the records that were delivered and whose sectors are not erased yet.
 */
import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { findLog, type Standing } from '../../src/outbox/boot.js';
import { Reader } from '../../src/outbox/reader.js';
import { Sectors } from '../../src/outbox/sectors.js';
import { Settlement } from '../../src/outbox/settlement.js';

const BLOCK_LENGTH = 4096;

export interface DumpRecord {
  readonly sequence: number;
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly isDelivered: boolean;
}

export interface DumpSummary {
  readonly bytes: number;
  readonly sectors: number;
  /** Sectors with an intact header. */
  readonly sectorsInUse: number;
  /** Erases of the block that was erased most, over the life of the log. */
  readonly erasesMax: number;
  readonly next: number;
  readonly oldest: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: number;
  /** Numbers among the queued whose records cannot be read. */
  readonly unreadable: number;
}

export class Dump {
  readonly #sectors: Sectors;
  readonly #standing: Standing;
  readonly #settlement: Settlement;
  readonly #bytes: number;
  #unreadable = 0;

  /** Throws an OutboxError for what is no log, or the log of another partition, and a RangeError for a partial block. */
  constructor(image: Uint8Array) {
    if (image.length === 0 || image.length % BLOCK_LENGTH !== 0)
      throw new RangeError(`a dump has a multiple of ${BLOCK_LENGTH} bytes, this one has ${image.length}`);
    const blocks = image.length / BLOCK_LENGTH;
    this.#bytes = image.length;
    this.#sectors = new Sectors(SimFlash.fromImage(image, { blocks, random: seededRandom(1) }));
    const standing = findLog(this.#sectors);
    if (standing === undefined) throw new RangeError('the dump holds no log: no block has an intact header');
    this.#standing = standing;
    this.#settlement = new Settlement(standing.cursor, standing.dropped, standing.floor);
  }

  /** From the oldest queued record on, or, with `all`, from the oldest one that can be read. */
  *records({ all = false } = {}): Generator<DumpRecord> {
    const { cursor, floor } = this.#settlement;
    const reader = new Reader(this.#sectors, this.#standing, all ? floor : Math.max(cursor, floor));
    this.#unreadable = 0;
    for (let found = reader.read(); found !== 'end'; found = reader.read()) {
      if (found === 'lost') this.#unreadable += Math.max(0, reader.end - Math.max(reader.first, cursor));
      else
        yield {
          sequence: reader.first,
          stream: reader.stream,
          payload: (reader.payload as Uint8Array).slice(),
          isDelivered: reader.first < cursor,
        };
    }
  }

  /** Complete after all records were read. */
  summary(): DumpSummary {
    const { next, active } = this.#standing;
    const { count } = this.#sectors;
    let sectorsInUse = 0;
    for (let sector = Math.max(0, active - count + 1); sector <= active; sector++)
      if (this.#sectors.header(sector) !== undefined) sectorsInUse++;
    return {
      bytes: this.#bytes,
      sectors: count,
      sectorsInUse,
      erasesMax: Math.floor(active / count),
      next,
      oldest: this.#settlement.cursor,
      ...this.#settlement.books(next),
      unreadable: this.#unreadable,
    };
  }
}
