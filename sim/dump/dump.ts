/**
 * Reads a flash dump of an outbox partition (`esptool read_flash`, or a flash.bin of `npm start`): what it holds, and how it is.
 *
 * Works on a copy in memory with the outbox's own reader, and so sees what a device would see that boots with this flash:
 * with `all`, also the records that were delivered and whose sectors are not erased yet.
 */
import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { findLog, type Standing } from '../../src/outbox/boot.js';
import { decodeHeader } from '../../src/outbox/header.js';
import { Reader } from '../../src/outbox/reader.js';
import { Sectors } from '../../src/outbox/sectors.js';
import { Settlement } from '../../src/outbox/settlement.js';
import { cyclesOf, type Wear } from '../../src/outbox/wear.js';
import { type Damage, type Inspection, inspect } from './damage.js';

export const BLOCK_LENGTH = 4096;

export interface DumpRecord {
  readonly sequence: number;
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly isDelivered: boolean;
  /** Sector sequence in which it stands. */
  readonly sector: number;
}

export interface Place {
  readonly block: number;
  readonly offset: number;
}

/** Numbers that are queued, or would be, and cannot be had. */
export interface Gap {
  readonly first: number;
  readonly last: number;
  readonly reason: 'evicted' | 'unreadable';
  /** Of unreadable ones: behind the last record that can be read, and where reading goes on. */
  readonly from?: Place;
  readonly to?: Place;
}

export interface DumpSummary {
  readonly bytes: number;
  readonly sectors: number;
  /** Sectors with an intact header. */
  readonly sectorsInUse: number;
  /** Erases of a block over the life of the log: the mean, and of the one that was erased most. */
  readonly cycles: number;
  readonly cyclesMax: number;
  readonly next: number;
  readonly oldest: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: number;
  /** Numbers among the queued whose records cannot be read. */
  readonly unreadable: number;
  /** Numbers left out to make room, in a log that thins. */
  readonly thinned?: number;
  /** All of these numbers, ascending. */
  readonly gaps: readonly Gap[];
  /** What cannot be read, whether it held queued records or not. */
  readonly damage: readonly Damage[];
  /** Starts of the device that wrote to the log and can still be seen in it. */
  readonly starts: number;
}

export class Dump {
  readonly #sectors: Sectors;
  readonly #standing: Standing;
  readonly #settlement: Settlement;
  readonly #bytes: number;
  #unreadable = 0;
  #gaps: Gap[] = [];
  #inspection: Inspection | undefined;

  /** Throws an OutboxError for what is no log, or the log of another partition, and a RangeError for a partial block. */
  constructor(image: Uint8Array) {
    if (image.length === 0 || image.length % BLOCK_LENGTH !== 0)
      throw new RangeError(`a dump has a multiple of ${BLOCK_LENGTH} bytes, this one has ${image.length}`);
    const blocks = image.length / BLOCK_LENGTH;
    this.#bytes = image.length;
    this.#sectors = new Sectors(SimFlash.fromImage(image, { blocks, random: seededRandom(1), ...unitsOf(image) }));
    const standing = findLog(this.#sectors);
    if (standing === undefined)
      throw new RangeError(
        'the dump holds no log: no block has an intact header (one of an encrypted partition has to be decrypted)',
      );
    this.#standing = standing;
    this.#settlement = new Settlement(standing.cursor, standing.dropped, standing.floor);
  }

  /** From the oldest queued record on, or, with `all`, from the oldest one that can be read. */
  *records({ all = false } = {}): Generator<DumpRecord> {
    const { cursor, floor } = this.#settlement;
    const reader = new Reader(this.#sectors, this.#standing);
    reader.seek(all ? floor : Math.max(cursor, floor));
    this.#unreadable = 0;
    this.#gaps = cursor < floor ? [{ first: cursor, last: floor - 1, reason: 'evicted' }] : [];
    let from = this.#placeOf(reader);
    for (let found = reader.read(); found !== 'end'; found = reader.read()) {
      const { first, position: end, stream, sector } = reader;
      const to = this.#placeOf(reader);
      if (found === 'data') {
        yield {
          sequence: first,
          stream,
          payload: (reader.payload as Uint8Array).slice(),
          isDelivered: first < cursor,
          sector,
        };
      } else if (end > cursor) {
        const lost = Math.max(first, cursor);
        this.#unreadable += end - lost;
        this.#gaps.push({ first: lost, last: end - 1, reason: 'unreadable', from, to });
      }
      from = to;
    }
  }

  #placeOf({ sector, slot }: Reader): Place {
    const { count, slotBytes } = this.#sectors;
    return { block: sector % count, offset: slot * slotBytes };
  }

  get wear(): Wear {
    return { sectors: this.#sectors.count, sectorsOpened: this.#standing.active + 1 };
  }

  /** Complete after all records were read. */
  summary(): DumpSummary {
    const { next, active } = this.#standing;
    const { count } = this.#sectors;
    this.#inspection ??= inspect(this.#sectors, this.#standing);
    const { damage, copies } = this.#inspection;
    let sectorsInUse = 0;
    for (let sector = Math.max(0, active - count + 1); sector <= active; sector++)
      if (this.#sectors.header(sector) !== undefined) sectorsInUse++;
    return {
      bytes: this.#bytes,
      sectors: count,
      sectorsInUse,
      cycles: Math.round(cyclesOf(this.wear) * 100) / 100,
      cyclesMax: Math.ceil(this.wear.sectorsOpened / count),
      next,
      oldest: this.#settlement.cursor,
      ...this.#settlement.books(next),
      unreadable: this.#unreadable,
      gaps: this.#gaps,
      damage,
      starts: copies,
    };
  }
}

/** How the flash is written that the image is of, as the first header has it. */
function unitsOf(image: Uint8Array): { readonly writeAlign?: number; readonly encrypted?: boolean } {
  for (let block = 0; block < image.length / BLOCK_LENGTH; block++) {
    const header = decodeHeader(image.subarray(block * BLOCK_LENGTH), block);
    if (header !== undefined && header !== 'newer')
      return { writeAlign: header.slotBytes, encrypted: header.isWriteOnce };
  }
  return {};
}
