/**
 * Writes the log: appends frames, saves the books, opens the next sector, and makes an unclean end solid first.
 *
 * Invariants, each needed by a power cut that once broke a log without it:
 *   - headers, records and control frames are programmed once; only recovery programs a place again;
 *   - no position depends on a place that a power cut may have touched: before the first write of a session the last frame
 *     is programmed over itself and what follows it is zeroed, zone by zone, each as large as the largest frame;
 *   - then a FENCE burns a number: a torn record may have been read, and delivered, before it became unreadable;
 *   - a sector is used only if this session erased it and its header read back;
 *   - saving the books never evicts: the end of a sector is kept free for the ACK frames that settling the oldest sector
 *     takes, after which that sector can be erased without loss.
 *
 * A flash call that throws counts as a power cut: the next write recovers first.
 */
import { findLog, firstBlankBlock, firstHeader, type Standing } from './boot.js';
import { OutboxError } from './error.js';
import { ACK, CONTROL_BODY_BYTES, encodeControl, encodeFrame, FENCE, frameSlots, LAG_NONE } from './frame.js';
import type { SectorHeader } from './header.js';
import type { LogEnd } from './reader.js';
import type { Sectors } from './sectors.js';
import { Settlement } from './settlement.js';

/** Slots tried for one frame, and sectors for one roll, before the flash is called broken. */
const FRAME_TRIES = 3;
const SECTOR_TRIES = 3;

export interface WriterOptions {
  /** Slots of the largest frame this session appends. */
  readonly frameSlotsMax: number;
  /** Settled numbers that may be forgotten in a power cut (K). */
  readonly unsavedMax: number;
  readonly instance: number;
}

export class Writer implements LogEnd {
  readonly settlement: Settlement;
  next: number;
  active: number;
  tail: number;
  oldest: number;

  readonly #sectors: Sectors;
  readonly #options: WriterOptions;
  readonly #frame: Uint8Array;
  readonly #body = new Uint8Array(CONTROL_BODY_BYTES);
  #isBlank: boolean;
  #lastSlot: number;
  /** Largest frame that may stand in the active sector, from its header. */
  #frameSlotsMax: number;
  #isCleared = false;
  #isRecovered = false;
  #isInDoubt = false;
  /** The books as the flash has them. */
  #savedCursor: number;
  #savedDropped: number;
  #savedVoidsUnsettled: number;
  /** Numbers below this one stand in the sector that the next roll erases; computed when asked for the first time. */
  #victimEnd: number | undefined;

  constructor(sectors: Sectors, options: WriterOptions) {
    this.#sectors = sectors;
    this.#options = options;
    this.#frame = new Uint8Array(options.frameSlotsMax * sectors.slotBytes);
    const log = findLog(sectors);
    const standing = log ?? blankLog(sectors, options.frameSlotsMax);
    this.#isBlank = log === undefined;
    this.next = standing.next;
    this.active = standing.active;
    this.tail = standing.tail;
    this.oldest = standing.oldest;
    this.#lastSlot = standing.lastSlot;
    this.#frameSlotsMax = standing.frameSlotsMax;
    this.#savedCursor = standing.cursor;
    this.#savedDropped = standing.dropped;
    this.#savedVoidsUnsettled = standing.voidsUnsettled;
    this.settlement = new Settlement(standing);
    const oldest = this.#isBlank ? undefined : sectors.header(standing.oldest);
    if (oldest !== undefined) this.settlement.evict(oldest.base, oldest.voids);
  }

  /** Settled numbers that the flash does not know of yet. */
  get unsaved(): number {
    return this.settlement.cursor - this.#savedCursor;
  }

  /** Appends a record and returns its number. Durable when it returns. Evicts the oldest sector when the ring is full. */
  append(payload: Uint8Array, stream: number): number {
    this.#begin();
    this.#recover(true);
    const slots = frameSlots(payload.byteLength, this.#sectors.slotBytes);
    if (slots > this.#frameSlotsMax || this.tail + slots + this.#reservedSlots() > this.#sectors.slots)
      this.#roll(true);
    const lag = this.next - this.settlement.cursor;
    const code = lag < LAG_NONE && this.#onlyCursorMoved() ? lag : LAG_NONE;
    this.#put(slots, true, payload.byteLength, (stream << 4) | code, payload);
    if (code !== LAG_NONE) this.#savedCursor = this.settlement.cursor;
    this.#isInDoubt = false;
    return this.next++;
  }

  /** Saves the books. `false` when that would have evicted records: they stay unsaved until there is room. */
  save(): boolean {
    if (this.#isBlank || this.#isSaved()) return true;
    this.#begin();
    const isDone = this.#recover(false) && (this.#isSaved() || this.#saveInLog());
    this.#isInDoubt = false;
    return isDone;
  }

  #saveInLog(): boolean {
    return this.tail < this.#sectors.slots ? this.#control(ACK, false) : this.#roll(false);
  }

  /** Begins an action that programs flash. If the one before did not end, what it touched is in doubt. */
  #begin(): void {
    if (this.#isInDoubt) {
      this.#isCleared = false;
      this.#isRecovered = false;
    }
    this.#isInDoubt = true;
  }

  /** Makes the end of the log solid and fences it. `false` when that would have evicted and may not. */
  #recover(mayEvict: boolean): boolean {
    if (this.#isRecovered) return true;
    if (this.#isBlank) this.#format();
    else {
      if (!this.#isCleared) this.#clear();
      const hasRoom = this.tail < this.#sectors.slots;
      if (!hasRoom && !this.#roll(mayEvict)) return false;
      if (!this.#control(FENCE, mayEvict)) return false;
    }
    this.#isRecovered = true;
    return true;
  }

  /** Firms up the last frame and zeroes zones after it: those that read zero once more, and the first that does not. */
  #clear(): void {
    const sectors = this.#sectors;
    const lastSlots = this.#lastSlot === 0 ? sectors.headerSlots : this.tail - this.#lastSlot;
    sectors.firmUp(this.active, this.#lastSlot, lastSlots);
    let slot = this.tail;
    while (slot < sectors.slots) {
      const zone = Math.min(this.#frameSlotsMax, sectors.slots - slot);
      const wasZero = sectors.reads(0, this.active, slot, zone);
      sectors.zero(this.active, slot, zone);
      slot += zone;
      if (!wasZero) break;
    }
    this.tail = slot;
    this.#isCleared = true;
  }

  /** Begins a log in a blank partition. Blocks that are erased already are not erased again. */
  #format(): void {
    const sectors = this.#sectors;
    sectors.instance = this.#options.instance;
    for (let block = firstBlankBlock(sectors); block < sectors.count; block++) {
      const header = {
        ...firstHeader(sectors, block),
        instance: sectors.instance,
        frameSlotsMax: this.#options.frameSlotsMax,
      };
      if (!sectors.programHeader(header)) continue;
      this.#open(header);
      this.oldest = block;
      this.#isBlank = false;
      return;
    }
    throw new OutboxError('hardware', 'no block of the partition takes a header');
  }

  /**
   * Erases the oldest sector and goes on in it. `false`, and nothing done, when that would evict and may not.
   * A block that does not take its header is erased once more, then passed over.
   */
  #roll(mayEvict: boolean): boolean {
    const sectors = this.#sectors;
    for (let target = this.active + 1; target <= this.active + SECTOR_TRIES; target++) {
      if (!mayEvict && this.#endOfVictim(target) > this.settlement.cursor) return false;
      const survivor = this.#survivorOf(target);
      for (let erases = 0; erases < 2; erases++) {
        sectors.erase(target);
        this.oldest = Math.max(this.oldest, target + 1 - sectors.count);
        if (survivor !== undefined) this.settlement.evict(survivor.base, survivor.voids);
        const header = this.#headerOf(target);
        if (!sectors.programHeader(header)) continue;
        this.#open(header);
        return true;
      }
      sectors.zero(target, 0, sectors.headerSlots);
    }
    throw new OutboxError('hardware', `${SECTOR_TRIES} blocks of the partition in a row did not take a header`);
  }

  #headerOf(sectorSequence: number): SectorHeader {
    const { settlement } = this;
    return {
      slotBytes: this.#sectors.slotBytes,
      frameSlotsMax: this.#options.frameSlotsMax,
      instance: this.#sectors.instance,
      sectors: this.#sectors.count,
      sectorSequence,
      base: this.next,
      lag: this.next - settlement.cursor,
      dropped: settlement.dropped,
      voids: settlement.voids,
      voidsUnsettled: settlement.voidsUnsettled,
    };
  }

  /** `header` has been programmed and read back. */
  #open(header: SectorHeader): void {
    this.active = header.sectorSequence;
    this.tail = this.#sectors.headerSlots;
    this.#lastSlot = 0;
    this.#frameSlotsMax = header.frameSlotsMax;
    this.#victimEnd = undefined;
    this.#markSaved();
  }

  /** Writes an ACK or a FENCE. `false` when the sector took neither and a roll would have evicted and may not. */
  #control(kind: typeof ACK | typeof FENCE, mayEvict: boolean): boolean {
    const { settlement } = this;
    const burnt = kind === FENCE ? 1 : 0;
    encodeControl(this.#body, {
      lag: this.next - settlement.cursor,
      dropped: settlement.dropped,
      voidsUnsettled: settlement.voidsUnsettled + burnt,
    });
    if (!this.#put(1, mayEvict, 0, kind, this.#body)) return false;
    if (burnt) settlement.burn();
    this.next += burnt;
    this.#markSaved();
    return true;
  }

  /** Programs a frame at the tail; what does not read back is zeroed and tried in the next slots, then a sector further. */
  #put(slots: number, mayEvict: boolean, length: number, second: number, body: Uint8Array): boolean {
    const sectors = this.#sectors;
    const frame = this.#frame.subarray(0, slots * sectors.slotBytes);
    for (let rolls = 0; rolls < 2; rolls++) {
      for (let tries = 0; tries < FRAME_TRIES && this.tail + slots <= sectors.slots; tries++) {
        const slot = this.tail;
        encodeFrame(frame, sectors.slotBytes, sectors.placeOf(this.active, slot), length, second, this.next, body);
        const isIntact = sectors.program(this.active, slot, frame);
        if (isIntact) {
          this.tail = slot + slots;
          this.#lastSlot = slot;
          return true;
        }
        sectors.zero(this.active, slot, slots);
        this.tail = slot + slots;
      }
      if (!this.#roll(mayEvict)) return false;
    }
    throw new OutboxError('hardware', 'the flash does not take what is programmed');
  }

  /** Slots kept free at the end of the active sector: ACKs enough to settle the oldest sector, and one more recovery. */
  #reservedSlots(): number {
    this.#victimEnd ??= this.#endOfVictim(this.active + 1);
    const unsettled = Math.max(0, this.#victimEnd - this.settlement.cursor);
    return Math.floor(unsettled / this.#options.unsavedMax) + this.#frameSlotsMax + 1;
  }

  /** The number after the last one in the sector that lies where `target` will; the cursor when none lies there. */
  #endOfVictim(target: number): number {
    const victim = target - this.#sectors.count;
    if (victim < this.oldest) return this.settlement.cursor;
    for (let sector = victim + 1; sector <= this.active; sector++) {
      const header = this.#sectors.header(sector);
      if (header !== undefined) return header.base;
    }
    return this.next;
  }

  /**
   * The header that tells what erasing for `target` costs. Without it (damaged, or nothing is lost) the count is left to
   * the reader, which finds the numbers missing.
   */
  #survivorOf(target: number): SectorHeader | undefined {
    const victim = target - this.#sectors.count;
    return victim < this.oldest ? undefined : this.#sectors.header(victim + 1);
  }

  /** Whether the cursor is all that a record's lag must tell. */
  #onlyCursorMoved(): boolean {
    return (
      this.settlement.dropped === this.#savedDropped && this.settlement.voidsUnsettled === this.#savedVoidsUnsettled
    );
  }

  #isSaved(): boolean {
    return this.unsaved === 0 && this.#onlyCursorMoved();
  }

  #markSaved(): void {
    this.#savedCursor = this.settlement.cursor;
    this.#savedDropped = this.settlement.dropped;
    this.#savedVoidsUnsettled = this.settlement.voidsUnsettled;
  }
}

function blankLog(sectors: Sectors, frameSlotsMax: number): Standing {
  const active = firstBlankBlock(sectors);
  return {
    next: 0,
    cursor: 0,
    dropped: 0,
    voids: 0,
    voidsUnsettled: 0,
    active,
    tail: sectors.slots,
    lastSlot: 0,
    frameSlotsMax,
    oldest: active,
  };
}
