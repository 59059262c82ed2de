/**
 * Walks the log in sequence order and says of each number what became of it.
 *
 * Does not know what is settled. Numbers are dense, so what is missing between two frames was lost, and how many is
 * arithmetic: a frame carries the low 8 bits of its number and a sector holds fewer than 255 frames (a batch, which stands
 * for several numbers, carries 24). A sector whose header
 * is damaged costs nothing: its frames are checked against the place they stand in.
 */

import { sectorAfter, sectorFrom, sectorUpTo } from './chain.js';
import { BATCH_HEAD_BYTES, BATCH_SECOND, countOf, FRAME_OVERHEAD_BYTES, sequenceOf, sequenceUpTo } from './frame.js';
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
  /** What `read` found: numbers first <= n < position. */
  first = 0;
  /** The next number to tell about; -1 until the first `seek`. */
  position = -1;
  /** Of 'data': valid until the next call of anything that reads or programs flash. */
  stream = 0;
  payload: Uint8Array | undefined;

  readonly #sectors: Sectors;
  readonly #log: LogEnd;
  #sector = 0;
  #slot = 0;
  /** The number that the next frame of this sector has if none is missing. */
  #running = 0;
  /** The sector that follows, and where its numbers begin. A frame beyond is a torn one that reads well again. */
  #after = 0;
  #limit = 0;
  /** The active sector at the time when that was found out. */
  #active = 0;

  constructor(sectors: Sectors, log: LogEnd) {
    this.#sectors = sectors;
    this.#log = log;
  }

  /** Where `read` goes on: behind the record it found, or, of what is lost, where it found something again. */
  get sector(): number {
    return this.#sector;
  }

  get slot(): number {
    return this.#slot;
  }

  /** Continues at `sequence`, which must not be below the cursor of the log. */
  seek(sequence: number): void {
    const sector = this.find(sequence);
    this.enter(sector, this.#sectors.headerSlots, firstNumber(this.#sectors, this.#log, sector));
    this.position = sequence;
  }

  read(): Found {
    const log = this.#log;
    const sectors = this.#sectors;
    while (this.position < log.next) {
      const isActive = this.#sector === log.active;
      if (this.#active !== log.active) this.enter(this.#sector, this.#slot, this.#running);
      const slot = sectors.findFrame(this.#sector, this.#slot, isActive ? log.tail : sectors.slots);
      if (slot === -1) {
        if (isActive) return this.lost(log.next);
        this.enter(this.#after, sectors.headerSlots, sectors.header(this.#after)?.base ?? this.#running);
        if (this.#running > this.position) return this.lost(this.#running);
        continue;
      }
      const buffer = sectors.buffer;
      const at = sectors.at;
      const length = buffer[at] as number;
      if (length === 0) {
        this.#slot = slot + sectors.frameSlots;
        continue;
      }
      const second = buffer[at + 1] as number;
      let sequence = this.#running;
      let end = sequence + 1;
      // Nearly never.
      if (buffer[at + 2] !== (sequence & 0xff) || second >= BATCH_SECOND) {
        sequence = sequenceOf(buffer, at, sequence);
        end = sequence + countOf(buffer, at);
      }
      if (!isActive && sequence >= this.#limit) {
        this.#slot = slot + 1;
        continue;
      }
      if (sequence > this.position) {
        this.#slot = slot;
        this.#running = sequence;
        return this.lost(sequence);
      }
      this.#running = end;
      this.#slot = slot + sectors.frameSlots;
      if (end <= this.position) continue;
      this.first = sequence;
      this.position = end;
      this.stream = second >> 4;
      const from = second < BATCH_SECOND ? at + FRAME_OVERHEAD_BYTES : at + FRAME_OVERHEAD_BYTES + BATCH_HEAD_BYTES;
      this.payload = new Uint8Array(buffer.buffer, from, at + FRAME_OVERHEAD_BYTES + length - from);
      return 'data';
    }
    return 'end';
  }

  /** Passes the last record of the log, if that is what `read` would find, and says whether it did. */
  passLast(): boolean {
    const log = this.#log;
    if (this.position !== log.next - 1) return false;
    this.#sector = this.#after = this.#active = log.active;
    this.#slot = log.tail;
    this.#limit = Number.POSITIVE_INFINITY;
    this.#running = this.position = log.next;
    return true;
  }

  /** `read`, which has just returned `found`, will find the same once more. */
  back(found: Found): void {
    this.position = this.first;
    if (found !== 'data') return;
    this.#slot -= this.#sectors.frameSlots;
    this.#running = this.first;
  }

  private lost(end: number): Found {
    this.first = this.position;
    this.position = end;
    return 'lost';
  }

  /**
   * Goes on at `slot` of `sector`, where the next frame has the number `running` if none is missing. Finds out first where the
   * sector ends: if that throws, nothing has changed. What stands beyond the active one was passed over at boot, or is not there
   * yet.
   */
  private enter(sector: number, slot: number, running: number): void {
    const active = this.#log.active;
    const after = sector < active ? sectorAfter(this.#sectors, active, sector) : sector;
    let limit: number | undefined;
    for (let from = after; limit === undefined && from > sector; from = sectorAfter(this.#sectors, active, from)) {
      limit = this.#sectors.header(from)?.base;
      if (from === active) break;
    }
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#after = after;
    this.#active = active;
    this.#sector = sector;
    this.#slot = slot;
    this.#running = running;
  }

  /**
   * The sector in which `sequence` stands: the last one whose base does not exceed it. Halving needs intact headers;
   * at a damaged one it walks instead.
   */
  private find(sequence: number): number {
    const { active, oldest } = this.#log;
    for (let from = this.findHeader(sequence); ; from--) {
      const sector = sectorUpTo(this.#sectors, active, oldest, from);
      // Not so when what was found was passed over.
      if (from <= oldest || (this.#sectors.header(sector)?.base ?? 0) <= sequence) return sector;
    }
  }

  private findHeader(sequence: number): number {
    let low = this.#log.oldest;
    let high = this.#log.active;
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const header = this.#sectors.header(middle);
      if (header === undefined) return this.walk(low, high, sequence);
      if (header.base <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private walk(low: number, high: number, sequence: number): number {
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
 * The number of the first frame in `sector`, or in the next one if it was passed over: from its header, or, that damaged, from the
 * sector after it.
 */
export function firstNumber(sectors: Sectors, log: Pick<LogEnd, 'next' | 'active'>, sector: number): number {
  const own = sectorFrom(sectors, log.active, sector);
  const header = sectors.header(own);
  return header === undefined ? firstFound(sectors, log, own) : header.base;
}

/** The same for a sector of the log whose header is damaged. */
function firstFound(sectors: Sectors, log: Pick<LogEnd, 'next' | 'active'>, sector: number): number {
  const { active, next } = log;
  const end = sector === active ? next : firstNumber(sectors, log, sectorAfter(sectors, active, sector));
  if (sectors.findFrame(sector, sectors.headerSlots) === -1) return end;
  return sequenceUpTo(sectors.buffer, sectors.at, end);
}
