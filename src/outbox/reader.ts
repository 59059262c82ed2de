/**
 * Walks the log in sequence order and says of each number what became of it.
 *
 * Does not know what is settled. Numbers are dense, so what is missing between two frames was lost, and how many is
 * arithmetic: a frame carries the low 8 bits of its number and a sector holds fewer than 255 frames. A sector whose header
 * is damaged costs nothing: its frames are checked against the place they stand in.
 */
import { FRAME_OVERHEAD_BYTES } from './frame.js';
import type { Sectors } from './sectors.js';

/** The end of what there is to read; moves as the log grows. */
export interface LogEnd {
  /** The first number not yet given. */
  readonly next: number;
  /** Sector sequence that records go to, and the first slot after its last frame. */
  readonly active: number;
  readonly tail: number;
  /** Lowest sector sequence that may hold unsettled records. */
  readonly oldest: number;
}

export type Found = 'data' | 'lost' | 'end';

export class Reader {
  /** What `read` found: numbers first <= n < end. */
  first = 0;
  end = 0;
  /** Of 'data': valid until the next call of anything that reads or programs flash. */
  stream = 0;
  payload: Uint8Array | undefined;

  readonly #sectors: Sectors;
  readonly #log: LogEnd;
  /** The next number to tell about. */
  #expected = 0;
  #sector = 0;
  #slot = 0;
  /** The number that the next frame of this sector has if none is missing. */
  #running = 0;
  /** Where the numbers of the next sector begin. A frame beyond is a torn one that reads well again. */
  #limit = 0;

  constructor(sectors: Sectors, log: LogEnd, sequence: number) {
    this.#sectors = sectors;
    this.#log = log;
    this.seek(sequence);
  }

  get position(): number {
    return this.#expected;
  }

  /** Continues at `sequence`, which must not be below the cursor of the log. */
  seek(sequence: number): void {
    const sector = this.#find(sequence);
    const first = this.#firstNumber(sector);
    this.#enter(sector);
    this.#expected = sequence;
    this.#running = first;
  }

  read(): Found {
    const log = this.#log;
    while (this.#expected < log.next) {
      const isActive = this.#sector === log.active;
      const slot = isActive && this.#slot >= log.tail ? -1 : this.#sectors.findFrame(this.#sector, this.#slot);
      if (slot === -1 || (isActive && slot >= log.tail)) {
        if (isActive) return this.#lost(log.next);
        this.#enter(this.#sector + 1);
        if (this.#running > this.#expected) return this.#lost(this.#running);
        continue;
      }
      const { buffer, at } = this.#sectors;
      const length = buffer[at] as number;
      if (length === 0) {
        this.#slot = slot + this.#sectors.frameSlots;
        continue;
      }
      const sequence = sequenceOf(buffer[at + 2] as number, this.#running);
      if (!isActive && sequence >= this.#limit) {
        this.#slot = slot + 1;
        continue;
      }
      this.#slot = slot;
      if (sequence > this.#expected) {
        this.#running = sequence;
        return this.#lost(sequence);
      }
      this.#running = sequence + 1;
      this.#slot = slot + this.#sectors.frameSlots;
      if (sequence < this.#expected) continue;
      this.#tell(sequence, sequence + 1);
      this.stream = (buffer[at + 1] as number) >> 4;
      this.payload = buffer.subarray(at + FRAME_OVERHEAD_BYTES, at + FRAME_OVERHEAD_BYTES + length);
      return 'data';
    }
    return 'end';
  }

  #lost(end: number): Found {
    this.#tell(this.#expected, end);
    return 'lost';
  }

  #tell(first: number, end: number): void {
    this.first = first;
    this.end = end;
    this.#expected = end;
  }

  /** Reads first: if that throws, nothing has changed. */
  #enter(sector: number): void {
    const base = this.#sectors.header(sector)?.base;
    // What stands beyond the active sector was passed over at boot, or is not there yet.
    const next = sector < this.#log.active ? this.#sectors.header(sector + 1) : undefined;
    this.#limit = next?.base ?? Number.POSITIVE_INFINITY;
    this.#sector = sector;
    this.#slot = this.#sectors.headerSlots;
    if (base !== undefined) this.#running = base;
  }

  /** The number of the first frame in `sector`: from its header, or, that damaged, from the sector after it. */
  #firstNumber(sector: number): number {
    const header = this.#sectors.header(sector);
    if (header !== undefined) return header.base;
    const end = sector === this.#log.active ? this.#log.next : this.#firstNumber(sector + 1);
    if (this.#sectors.findFrame(sector, this.#sectors.headerSlots) === -1) return end;
    const low = this.#sectors.buffer[this.#sectors.at + 2] as number;
    return end - 1 - ((((end - 1) % 256) - low + 256) % 256);
  }

  /**
   * The sector in which `sequence` stands: the last one whose base does not exceed it. Halving needs intact headers;
   * at a damaged one it walks instead.
   */
  #find(sequence: number): number {
    let low = this.#log.oldest;
    let high = this.#log.active;
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const header = this.#sectors.header(middle);
      if (header === undefined) return this.#walk(low, high, sequence);
      if (header.base <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #walk(low: number, high: number, sequence: number): number {
    let found = low;
    for (let sector = low + 1; sector <= high; sector++) {
      const header = this.#sectors.header(sector);
      if (header !== undefined && header.base > sequence) break;
      if (header !== undefined) found = sector;
    }
    return found;
  }
}

/**
 * The number whose low 8 bits are `low`, where `running` is expected: that one or a later one, or the one before, which a
 * record has that was written again after a power cut.
 */
export function sequenceOf(low: number, running: number): number {
  const ahead = (low - (running % 256)) & 0xff;
  return ahead === 0xff ? running - 1 : running + ahead;
}
