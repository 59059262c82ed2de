/**
 * Writes the log: appends frames, saves the books, opens the next sector, and makes an unclean end solid first.
 *
 * Invariants, each needed by a power cut that once broke a log without it:
 *   - headers and frames are programmed once;
 *   - no position depends on a place that a power cut may have touched: before the first write of a session, what follows
 *     the last frame is zeroed, zone by zone. Zones have the size of the largest frame and lie on a fixed grid, since the
 *     last frame itself may be readable after one power-up and gone after the next;
 *     A header that was ignored at boot is made unreadable before that, with the place of its first frame. In flash that is
 *     written once none of this can be done: there the session goes on in a new sector, beyond all headers there are;
 *   - for the same reason the last frame is then written again, and the last record is not handed out before that: a record
 *     that was delivered and vanishes would leave its number to another;
 *   - a sector is used only if this session erased it and its header read back;
 *   - saving the books never evicts: the sector that comes next in the ring holds nothing that is queued when an append has
 *     returned. An append that opens a sector gives up what stands there, and says so in the header.
 *   - a block that was erased in advance counts as erased only in this session, and only while no flash call threw. Before it
 *     is erased the books are saved: where a log begins says how much of it is gone.
 *
 * A flash call that throws counts as a power cut: the next write makes the end solid first.
 */
import { emptyLog, firstHeader, type Standing } from './boot.js';
import { OutboxError } from './error.js';
import {
  ACK_BODY_BYTES,
  BATCH_STREAM,
  batchBody,
  countOf,
  encodeAck,
  FRAME_OVERHEAD_BYTES,
  frameSlots,
  LAG_NONE,
} from './frame.js';
import type { SectorHeader } from './header.js';
import { firstNumber, type LogEnd } from './reader.js';
import type { Sectors } from './sectors.js';
import { Settlement } from './settlement.js';

/** Slots tried for one frame, and sectors for one roll, before the flash is called broken. */
const FRAME_TRIES = 3;
/** Zones that a power cut may have touched, and that need not read zero. */
const DOUBTFUL_ZONES = 3;
const SECTOR_TRIES = 3;

export interface WriterOptions {
  /** Slots of the largest frame this session appends. */
  readonly frameSlotsMax: number;
  /** Settled numbers that may be forgotten in a power cut (K). */
  readonly unsavedMax: number;
}

/** A frame to be written again: a record, or, without a payload, an ACK. */
interface Last {
  readonly stream: number;
  readonly body: Uint8Array | undefined;
  readonly sequence: number;
}

/**
 * Programs the header of a new log in the first block that takes it, torn there or not. All is erased otherwise. In flash that is
 * written once an ACK frame goes behind it: see boot.ts.
 */
export function beginLog(sectors: Sectors): SectorHeader {
  const body = new Uint8Array(ACK_BODY_BYTES);
  for (let block = 0; block < sectors.count; block++) {
    const header = firstHeader(sectors, block);
    if (!sectors.programHeader(header)) continue;
    if (!sectors.isWriteOnce || sectors.programFrame(block, sectors.headerSlots, 1, 0, 0, body)) return header;
  }
  throw new OutboxError('hardware', 'no block of the partition takes a header');
}

export class Writer implements LogEnd {
  readonly settlement: Settlement;
  next: number;
  active: number;
  tail: number;
  oldest: number;
  /** Whether the last frame has been written again since the boot. */
  isSolid = false;

  readonly #sectors: Sectors;
  readonly #options: WriterOptions;
  #isBlank: boolean;
  #lastSlot: number;
  /** Largest frame that may stand in the active sector, from its header. */
  #frameSlotsMax: number;
  /** Whether what follows the last frame has been zeroed. */
  #isClear = false;
  #ghost: SectorHeader | undefined;
  /** The last frame, from when it was read until it has been written again. */
  #last: Last | undefined;
  /** Between the beginning and the end of an action that programs flash. */
  #isBusy = false;
  /** The books as the flash has them. */
  #savedCursor: number;
  #savedDropped: number;
  /** Whether it is known that the sector which the next roll erases holds nothing that is queued. */
  #isVictimFree = false;
  /** The sector whose block `maintain` has erased; -1 when there is none. */
  #erasedAhead = -1;
  /** Whether this session opened the active sector and has not yet erased the block after it. */
  #isEraseDue = false;

  /** `log` is where the log stands; `undefined` when there is none yet. */
  constructor(sectors: Sectors, log: Standing | undefined, options: WriterOptions) {
    this.#sectors = sectors;
    this.#options = options;
    const standing = log ?? emptyLog(sectors);
    this.#isBlank = log === undefined;
    this.next = standing.next;
    this.active = standing.active;
    this.tail = standing.tail;
    this.oldest = standing.oldest;
    this.#lastSlot = standing.lastSlot;
    this.#frameSlotsMax = standing.frameSlotsMax;
    this.#ghost = standing.ghost;
    this.#savedCursor = standing.savedCursor;
    this.#savedDropped = standing.savedDropped;
    this.settlement = new Settlement(standing.cursor, standing.dropped, standing.floor);
  }

  /** Sectors ever opened, those passed over included. */
  get opened(): number {
    return this.#isBlank ? 0 : this.active + 1;
  }

  /** Settled numbers that the flash does not know of yet. */
  get unsaved(): number {
    return this.settlement.cursor - this.#savedCursor;
  }

  /**
   * Appends a record that stands for `count` numbers and returns the first. Durable when it returns. Evicts the oldest sector
   * when the ring is full.
   */
  append(payload: Uint8Array, stream: number, count: number): number {
    const sequence = this.next;
    const body = stream === BATCH_STREAM ? batchBody(payload, sequence, count) : payload;
    this.begin();
    if (this.#isBlank) this.format();
    if (!this.isSolid) this.makeSolid(true);
    const slots = frameSlots(body.byteLength, this.#sectors.slotBytes);
    if (this.needsRoll(slots)) this.roll(true, sequence);
    this.putRecord(body, slots, stream, sequence, true);
    this.#isBusy = false;
    this.next = sequence + count;
    return sequence;
  }

  /** Whether an append of so many bytes would evict what is queued. */
  wouldEvict(bodyBytes: number): boolean {
    const slots = frameSlots(bodyBytes, this.#sectors.slotBytes);
    return !this.#isBlank && this.needsRoll(slots) && this.endOfVictim(this.active + 2) > this.begun;
  }

  /** Leaves out the numbers below `sequence`. Nothing may be queued, which is saved first: see boot.ts on ghosts. */
  skipTo(sequence: number): void {
    this.begin();
    if (this.#isBlank) this.format();
    this.makeSolid(true);
    if (!this.isSaved()) this.putAck(true);
    this.settlement.settle(this.next, sequence, 'delivered');
    this.next = sequence;
    this.roll(true, sequence, true);
    this.#isBusy = false;
  }

  /** Saves the books. `false` when that would have evicted records: they stay unsaved until there is room. */
  save(): boolean {
    if (this.isSaved()) return true;
    this.begin();
    const isDone = this.makeSolid(false) && (this.isSaved() || this.putAck(false));
    this.#isBusy = false;
    return isDone;
  }

  /**
   * Makes the end of the log solid. `false` when that would have evicted records, and the last one is in doubt: what an ACK
   * frame follows is not.
   */
  solidify(): boolean {
    if (this.isSolid || this.#isBlank) return true;
    this.begin();
    const isDone = this.makeSolid(false);
    this.#isBusy = false;
    return isDone || (this.#last !== undefined && this.#last.body === undefined);
  }

  /**
   * Erases the block of the next sector in advance, so that no append waits for that, and says whether it did. It does not
   * when the block holds what is queued, nor in a sector that an earlier session opened: one that restarts often would
   * erase the same block at each start.
   */
  maintain(): boolean {
    if (!this.#isEraseDue || !this.hasFreeVictim()) return false;
    this.begin();
    if (this.makeSolid(false) && (this.isSaved() || this.putAck(false)) && this.hasFreeVictim()) {
      const target = this.active + 1;
      this.#isEraseDue = false;
      this.#sectors.erase(target);
      this.passOldest(target);
      this.#erasedAhead = target;
    }
    this.#isBusy = false;
    return this.#erasedAhead > this.active;
  }

  /** If the action before did not end, what it touched is in doubt. */
  private begin(): void {
    if (this.#isBusy) {
      this.#isClear = false;
      this.isSolid = false;
      this.#erasedAhead = -1;
    }
    this.#isBusy = true;
  }

  private makeSolid(mayEvict: boolean): boolean {
    if (this.isSolid) return true;
    if (this.#lastSlot > 0) this.#last ??= this.readLast();
    if (this.#sectors.isWriteOnce) {
      if (!this.#isClear && !this.leave(mayEvict)) return false;
    } else {
      if (this.#lastSlot === 0) this.#sectors.firmUp(this.active, 0, this.#sectors.headerSlots);
      if (this.#ghost !== undefined) this.bury(this.#ghost);
      if (!this.#isClear) this.clear();
    }
    const body = this.#last?.body;
    if (this.#last !== undefined && body !== undefined) {
      const { stream, sequence } = this.#last;
      if (!this.putRecord(body, this.copySlots(), stream, sequence, mayEvict)) return false;
    }
    const needsFrame = this.#sectors.isWriteOnce && this.#lastSlot === 0;
    if ((needsFrame || !this.isSaved()) && !this.putAck(mayEvict)) return false;
    this.#last = undefined;
    this.isSolid = true;
    return true;
  }

  /** What it says of the books is in doubt with it. */
  private readLast(): Last {
    const sectors = this.#sectors;
    if (!sectors.frame(this.active, this.#lastSlot)) throw new Error('the last frame of the log has become unreadable');
    this.#savedCursor = -1;
    const { buffer, at } = sectors;
    const length = buffer[at] as number;
    const from = at + FRAME_OVERHEAD_BYTES;
    return {
      stream: (buffer[at + 1] as number) >> 4,
      body: length === 0 ? undefined : buffer.slice(from, from + length),
      sequence: this.next - countOf(buffer, at),
    };
  }

  /** Slots of the record that is to be written again: it may be larger than what this session appends. */
  private copySlots(): number {
    return this.#last?.body === undefined ? 0 : frameSlots(this.#last.body.byteLength, this.#sectors.slotBytes);
  }

  /**
   * Goes on in a sector that this session erases: in flash that is written once nothing tells which slots of another an earlier
   * session has touched. It lies beyond all headers, so that none can come back above it.
   */
  private leave(mayEvict: boolean): boolean {
    const last = this.#last;
    const target = (this.#ghost?.sectorSequence ?? this.active) + 1;
    const isDone = this.roll(mayEvict, last?.body === undefined ? this.next : last.sequence, false, target);
    if (isDone) this.#ghost = undefined;
    this.#isClear = isDone;
    return isDone;
  }

  /** First the place of a frame: the header, as long as it is readable, brings us here again. */
  private bury({ sectorSequence, frameSlotsMax }: SectorHeader): void {
    const sectors = this.#sectors;
    sectors.zero(sectorSequence, sectors.headerSlots, Math.min(frameSlotsMax, sectors.slots - sectors.headerSlots));
    sectors.zero(sectorSequence, 0, sectors.headerSlots);
    this.#ghost = undefined;
  }

  /**
   * Firms up the last frame, as far as that goes, then zeroes zones until three are passed that did not read zero: two in
   * which a frame may have been torn, and one in which an earlier session was cut here.
   */
  private clear(): void {
    const sectors = this.#sectors;
    const size = this.#frameSlotsMax;
    if (this.#lastSlot > 0 && sectors.frame(this.active, this.#lastSlot))
      sectors.firmUp(this.active, this.#lastSlot, sectors.frameSlots);
    let slot = this.tail;
    for (let doubtful = 0; doubtful < DOUBTFUL_ZONES && slot < sectors.slots; ) {
      const into = (slot - sectors.headerSlots) % size;
      const slots = Math.min(size - into, sectors.slots - slot);
      if (!sectors.reads(0, this.active, slot, slots)) doubtful++;
      sectors.zero(this.active, slot, slots);
      slot += slots;
    }
    this.tail = slot;
    this.#isClear = true;
  }

  /** Begins a log in a blank partition. */
  private format(): void {
    const header = beginLog(this.#sectors);
    this.open(header);
    this.oldest = header.sectorSequence;
    this.#isBlank = false;
    this.isSolid = true;
  }

  /**
   * Erases the oldest sector and goes on in it. `false`, and nothing done, when that would evict and may not. If it may, what
   * stands in the sector after it is given up in advance, so that the next roll need not evict.
   * A block that does not take its header is erased once more, then passed over.
   */
  private roll(mayEvict: boolean, base: number, leavesOut = false, first = this.active + 1): boolean {
    const sectors = this.#sectors;
    for (let target = first; target < first + SECTOR_TRIES; target++) {
      if (mayEvict) this.settlement.floor = Math.max(this.settlement.floor, this.endOfVictim(target + 1));
      else if (this.endOfVictim(target) > this.begun) return false;
      for (let erases = 0; erases < 2; erases++) {
        if (erases > 0 || target !== this.#erasedAhead) sectors.erase(target);
        this.passOldest(target);
        const header = this.headerOf(target, base, leavesOut);
        if (!sectors.programHeader(header)) continue;
        this.open(header);
        this.#isVictimFree = mayEvict;
        return true;
      }
      sectors.zero(target, 0, sectors.headerSlots);
    }
    throw new OutboxError('hardware', `${SECTOR_TRIES} blocks of the partition in a row did not take a header`);
  }

  /** The block of sector `target` has been erased. */
  private passOldest(target: number): void {
    this.oldest = Math.max(this.oldest, target + 1 - this.#sectors.count);
  }

  private headerOf(sectorSequence: number, base: number, leavesOut: boolean): SectorHeader {
    const { settlement } = this;
    return {
      slotBytes: this.#sectors.slotBytes,
      isWriteOnce: this.#sectors.isWriteOnce,
      frameSlotsMax: Math.max(this.#options.frameSlotsMax, this.copySlots()),
      leavesOut,
      sectorSequence,
      sectors: this.#sectors.count,
      slots: this.#sectors.slots,
      skipped: sectorSequence - 1 - this.active,
      base,
      kept: base - Math.min(base, settlement.floor),
      lag: Math.max(0, base - settlement.cursor),
      dropped: settlement.dropped,
    };
  }

  /** `header` has been programmed and read back. */
  private open(header: SectorHeader): void {
    this.active = header.sectorSequence;
    this.tail = this.#sectors.headerSlots;
    this.#lastSlot = 0;
    this.#frameSlotsMax = header.frameSlotsMax;
    this.#isVictimFree = false;
    this.#isEraseDue = true;
    this.#savedCursor = Math.min(header.base, this.settlement.cursor);
    this.#savedDropped = header.dropped;
  }

  /** Programs a record, with the acknowledged position if that fits in; in the next sector if this one does not take it. */
  private putRecord(body: Uint8Array, slots: number, stream: number, sequence: number, mayEvict: boolean): boolean {
    const settlement = this.settlement;
    for (let rolls = 0; rolls < 2; rolls++) {
      const cursor = settlement.cursor;
      let lag = sequence - cursor;
      const hasLag = lag >= 0 && lag < LAG_NONE && settlement.dropped === this.#savedDropped;
      if (!hasLag) lag = LAG_NONE;
      if (this.put(body.byteLength | (stream << 12) | (lag << 8), slots, sequence, body)) {
        if (hasLag) this.#savedCursor = cursor;
        return true;
      }
      if (!this.roll(mayEvict, sequence)) return false;
    }
    throw new OutboxError('hardware', 'the flash does not take what is programmed');
  }

  /**
   * Saves the books in a frame; where there is no room, in the header of the next sector. In flash that is written once a header
   * counts only with a frame behind it.
   */
  private putAck(mayEvict: boolean): boolean {
    const body = new Uint8Array(ACK_BODY_BYTES);
    encodeAck(body, this.next - this.settlement.cursor, this.settlement.dropped);
    for (let rolls = 0; !this.put(0, 1, this.next, body); rolls++) {
      if (rolls > 0) throw new OutboxError('hardware', 'the flash does not take what is programmed');
      if (!this.roll(mayEvict, this.next)) return false;
      if (!this.#sectors.isWriteOnce) return true;
    }
    this.#savedCursor = this.settlement.cursor;
    this.#savedDropped = this.settlement.dropped;
    return true;
  }

  /** Programs a frame at the tail; what does not read back is zeroed and tried in the next slots. */
  private put(head: number, slots: number, sequence: number, body: Uint8Array): boolean {
    const sectors = this.#sectors;
    for (let tries = 0; tries < FRAME_TRIES && this.tail + slots <= sectors.slots; tries++) {
      if (sectors.programFrame(this.active, this.tail, slots, head, sequence, body)) {
        this.#lastSlot = this.tail;
        this.tail += slots;
        return true;
      }
      sectors.zero(this.active, this.tail, slots);
      this.tail += slots;
    }
    return false;
  }

  /** Whether a frame of so many slots goes into the next sector. */
  private needsRoll(slots: number): boolean {
    if (slots > this.#frameSlotsMax || this.tail + slots > this.#sectors.slots) return true;
    return !this.#isVictimFree && !this.hasFreeVictim();
  }

  private hasFreeVictim(): boolean {
    this.#isVictimFree ||= this.endOfVictim(this.active + 1) <= this.begun;
    return this.#isVictimFree;
  }

  /** The number after the last one in the sector that lies where `target` will; 0 when none lies there. */
  private endOfVictim(target: number): number {
    const victim = target - this.#sectors.count;
    return victim < this.oldest ? 0 : firstNumber(this.#sectors, this, Math.min(victim + 1, this.active));
  }

  /** The lowest number that may be both in flash and not settled. */
  private get begun(): number {
    return Math.max(this.settlement.cursor, this.settlement.floor);
  }

  private isSaved(): boolean {
    return this.unsaved === 0 && this.settlement.dropped === this.#savedDropped;
  }
}
