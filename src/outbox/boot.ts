/**
 * Finds out where a log stands after power-up. Reads only; run twice, it finds the same.
 *
 * The newest sector is the one with the highest sector sequence among intact headers, with two exceptions:
 *   - a header without frames whose base is below the numbers of the sector before it is a ghost: its program was cut, a
 *     session that could not see it wrote records in the sector before, and now it reads well again. It is ignored. The same
 *     goes for one that leaves out numbers, while records before it are not settled. If that
 *     session wrote nothing but acknowledged positions, the header is good, and those count all the same;
 *   - frames that stand beyond it under the next sector sequence: their header rotted, and they are the newest.
 */

import { hasTwoFrames } from './chain.js';
import { OutboxError } from './error.js';
import { ackDropped, ackLag, BATCH_SECOND, countOf, LAG_NONE, sequenceOf } from './frame.js';
import { HEADER_BYTES, isTornHeader, type SectorHeader } from './header.js';
import { firstNumber } from './reader.js';
import type { Sectors } from './sectors.js';

/** Largest frame of the first sector of a log, enough for the payloads of most; a larger record opens the next sector. */
const FIRST_FRAME_SLOTS_MAX = 5;

/** Where a log stands. */
export interface Standing {
  /** Every number below it is settled. */
  cursor: number;
  dropped: number;
  /** The same two without what the newest frame or header says, which may be gone at the next boot. */
  savedCursor: number;
  savedDropped: number;
  /** The first number not yet given. */
  next: number;
  /** Numbers below it were given up or are gone. */
  floor: number;
  /** Sector sequence that frames go to. */
  active: number;
  /** Its first slot after the last intact frame. */
  tail: number;
  /** First slot of that frame; 0, the header's, when there is none. */
  lastSlot: number;
  frameSlotsMax: number;
  /**
   * The header that was ignored, if one was: its sector must be made unreadable before anything else is written, or be opened
   * once more.
   */
  ghost?: SectorHeader;
  /** Lowest sector sequence that may hold unsettled records. */
  oldest: number;
}

/** The log in the partition; `undefined` when no sector has a header, or none that counts. Throws an OutboxError for the log of another. */
export function findLog(sectors: Sectors): Standing | undefined {
  const newest = newestByHalving(sectors) ?? newestByWalking(sectors);
  if (newest === undefined) return undefined;
  const standing = standingAt(sectors, newest);
  if (standing === undefined) return undefined;
  standing.oldest = oldestLive(sectors, standing);
  standing.floor = Math.max(standing.floor, firstNumber(sectors, standing, standing.oldest));
  return standing;
}

/**
 * A log that is to begin in a blank partition. Throws an OutboxError when it holds anything but blank blocks and headers that
 * were cut in the first program of a log, or when that cannot be told.
 */
export function emptyLog(sectors: Sectors): Standing {
  if (sectors.isWriteOnce)
    throw new OutboxError('foreign', 'no log stands in the encrypted partition; format it to begin one');
  for (let block = 0; block < sectors.count; block++)
    if (!sectors.isErased(block, 0, sectors.slots) && !isTornBlock(sectors, block))
      throw new OutboxError('foreign', `the partition holds other data (block ${block}); format it to use it as a log`);
  return standingOf(firstHeader(sectors, 0));
}

function isTornBlock(sectors: Sectors, block: number): boolean {
  sectors.headerInBlock(block);
  const bytes = sectors.buffer.slice(0, HEADER_BYTES);
  return (
    sectors.isErased(block, sectors.headerSlots, sectors.slots - sectors.headerSlots) &&
    isTornHeader(bytes, firstHeader(sectors, block))
  );
}

/**
 * The header that a log begins with. Nothing in it depends on the session: the bits that a power cut left weak in its first
 * program are those that the next attempt clears.
 */
export function firstHeader(sectors: Sectors, block: number): SectorHeader {
  return {
    slotBytes: sectors.slotBytes,
    isWriteOnce: sectors.isWriteOnce,
    frameSlotsMax: FIRST_FRAME_SLOTS_MAX,
    leavesOut: false,
    sectorSequence: block,
    sectors: sectors.count,
    slots: sectors.slots,
    skipped: 0,
    base: 0,
    kept: 0,
    lag: 0,
    dropped: 0,
  };
}

/**
 * In a full ring of intact headers sequences rise by one a block up to the newest, of which the block after it may be erased;
 * `undefined` if it is not so.
 */
function newestByHalving(sectors: Sectors): SectorHeader | undefined {
  const { count } = sectors;
  let low = 0;
  let first = ownHeader(sectors, 0);
  if (first === undefined && isErased(sectors, 0)) {
    low = count - 1;
    first = ownHeader(sectors, low);
  }
  if (first === undefined) return undefined;
  let newest = first;
  let high = count - 1;
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    const header = ownHeader(sectors, middle);
    if (header === undefined && !isErased(sectors, middle)) return undefined;
    if (header?.sectorSequence === first.sectorSequence + middle) {
      low = middle;
      newest = header;
    } else high = middle - 1;
  }
  const after = (low + 1) % count;
  const following = ownHeader(sectors, after);
  if (following !== undefined) return isLapBehind(following, newest, 1) ? newest : undefined;
  return isErased(sectors, after) && isLapBehind(ownHeader(sectors, (low + 2) % count), newest, 2) ? newest : undefined;
}

/** Whether `header` stands a lap before the sector that is `ahead` behind `newest`. */
function isLapBehind(header: SectorHeader | undefined, newest: SectorHeader, ahead: number): boolean {
  return header?.sectorSequence === newest.sectorSequence + ahead - newest.sectors;
}

/** Whether there is nothing for sure where the block has its header. */
function isErased(sectors: Sectors, block: number): boolean {
  return sectors.isErased(block, 0, sectors.headerSlots);
}

/**
 * Whether sector `sector` has frames. The first one begins behind the header or, what stands there spoilt, was zeroed there:
 * where that reads erased, there is none, and the rest need not be read.
 */
function hasFrames(sectors: Sectors, sector: number): boolean {
  const from = sectors.headerSlots;
  return !sectors.isErased(sector, from, 1) && sectors.findFrame(sector, from) !== -1;
}

function newestByWalking(sectors: Sectors): SectorHeader | undefined {
  let newest: SectorHeader | undefined;
  let other: SectorHeader | undefined;
  for (let block = 0; block < sectors.count; block++) {
    const header = sectors.headerInBlock(block);
    if (header === 'newer')
      throw new OutboxError('newer', `the log was written by a newer format version (block ${block})`);
    if (header === undefined) continue;
    if (!isOwn(sectors, header, block)) other = header;
    else if (newest === undefined || header.sectorSequence > newest.sectorSequence) newest = header;
  }
  if (newest === undefined && other !== undefined)
    throw new OutboxError(
      'geometry',
      `the log was written on ${partitionText(other)}, this partition has ${partitionText(firstHeader(sectors, 0))}`,
    );
  return newest;
}

function partitionText({ sectors, slots, slotBytes, isWriteOnce }: SectorHeader): string {
  const encryption = isWriteOnce ? `, encrypted in units of ${slotBytes}` : '';
  return `${sectors} blocks of ${slots * slotBytes} bytes${encryption}`;
}

function ownHeader(sectors: Sectors, block: number): SectorHeader | undefined {
  const header = sectors.headerInBlock(block);
  return header !== undefined && header !== 'newer' && isOwn(sectors, header, block) ? header : undefined;
}

function isOwn(sectors: Sectors, header: SectorHeader, block: number): boolean {
  return (
    header.sectors === sectors.count &&
    header.slots === sectors.slots &&
    header.slotBytes === sectors.slotBytes &&
    header.isWriteOnce === sectors.isWriteOnce &&
    header.sectorSequence % sectors.count === block
  );
}

function standingAt(sectors: Sectors, newest: SectorHeader): Standing | undefined {
  if (sectors.isWriteOnce) return standAtFrames(sectors, newest);
  return sectors.findFrame(newest.sectorSequence, sectors.headerSlots) === -1
    ? standAtEmpty(sectors, newest)
    : standAtHeader(sectors, newest);
}

/**
 * Flash that is written once. A session that was cut in a new sector left a header there, or one frame, that may read well now and
 * not at the next boot, and nothing makes it solid. So a header without frames does not count, and what a single frame says of
 * the positions is in doubt.
 */
function standAtFrames(sectors: Sectors, newest: SectorHeader): Standing | undefined {
  for (let sector = newest.sectorSequence; sector > newest.sectorSequence - sectors.count; sector--) {
    const header = sectors.header(sector);
    if (header === undefined) continue;
    const standing = standAtHeader(sectors, header);
    if (standing.lastSlot === 0) continue;
    if (!hasTwoFrames(sectors, standing.active)) standing.savedCursor = -1;
    return sector === newest.sectorSequence ? standing : { ...standing, ghost: newest };
  }
  return undefined;
}

/** The newest header has no frames: the sector before it tells whether it is a ghost, and may know newer positions. */
function standAtEmpty(sectors: Sectors, newest: SectorHeader): Standing {
  const standing = standAtHeader(sectors, newest);
  if (standing.active !== newest.sectorSequence) return standing;
  for (let sector = newest.sectorSequence - 1; sector > newest.sectorSequence - sectors.count; sector--) {
    const header = sectors.header(sector);
    if (header === undefined) continue;
    const before = standingOf(header);
    scan(sectors, before, sector);
    for (let s = sector + 1; s < newest.sectorSequence; s++)
      if (sectors.findFrame(s, sectors.headerSlots) !== -1) scan(sectors, before, s);
    // Numbers are left out only when all before them is settled, and that is saved.
    const isLeftOutAgain = newest.leavesOut && (before.next === newest.base || before.cursor < before.next);
    if (before.next > newest.base || isLeftOutAgain) return { ...before, ghost: newest };
    // The next frame hides what stands in the sector before, and the header may be gone at the next boot.
    standing.savedCursor = Math.min(before.cursor, standing.cursor);
    if (before.cursor > standing.cursor) {
      standing.cursor = before.cursor;
      standing.dropped = before.dropped;
    }
    return standing;
  }
  return standing;
}

/** Reads the frames from sector `header` to the end of the log. */
function standAtHeader(sectors: Sectors, header: SectorHeader): Standing {
  const standing = standingOf(header);
  scan(sectors, standing, header.sectorSequence);
  const beyond = header.sectorSequence + 1;
  const isOldLap = sectors.header(beyond - sectors.count) !== undefined;
  if (!isOldLap && hasFrames(sectors, beyond)) scan(sectors, standing, beyond);
  return standing;
}

function standingOf(header: SectorHeader): Standing {
  return {
    next: header.base,
    floor: header.base - header.kept,
    cursor: header.base - header.lag,
    dropped: header.dropped,
    savedCursor: header.base - header.lag,
    savedDropped: header.dropped,
    active: header.sectorSequence,
    tail: 0,
    lastSlot: 0,
    frameSlotsMax: header.frameSlotsMax,
    oldest: header.sectorSequence,
  };
}

/** Applies every intact frame of one sector to `standing`, which then ends there. */
function scan(sectors: Sectors, standing: Standing, sector: number): void {
  const buffer = sectors.buffer;
  let { cursor, dropped, savedCursor, savedDropped, next } = standing;
  let tail = sectors.headerSlots;
  let lastSlot = 0;
  for (let slot = sectors.findFrame(sector, tail); slot !== -1; slot = sectors.findFrame(sector, tail)) {
    const at = sectors.at;
    const second = buffer[at + 1] as number;
    lastSlot = slot;
    tail = slot + sectors.frameSlots;
    savedCursor = cursor;
    savedDropped = dropped;
    // Nearly always.
    const isExpected = buffer[at + 2] === (next & 0xff) && second < BATCH_SECOND;
    if (!isExpected) next = sequenceOf(buffer, at, next);
    if (buffer[at] === 0) {
      cursor = Math.max(cursor, next - ackLag(buffer, at));
      dropped = ackDropped(buffer, at);
    } else {
      if ((second & 0x0f) !== LAG_NONE) cursor = Math.max(cursor, next - (second & 0x0f));
      next += isExpected ? 1 : countOf(buffer, at);
    }
  }
  standing.active = sector;
  standing.tail = tail;
  standing.lastSlot = lastSlot;
  standing.cursor = cursor;
  standing.dropped = dropped;
  standing.savedCursor = savedCursor;
  standing.savedDropped = savedDropped;
  standing.next = next;
}

/** The lowest sector with an intact header, or a lower one that lost its header and still holds unsettled frames. */
function oldestLive(sectors: Sectors, standing: Standing): number {
  let lost: number | undefined;
  for (let sector = Math.max(0, standing.active - sectors.count + 1); sector < standing.active; sector++) {
    const header = sectors.header(sector);
    if (header !== undefined) return standing.cursor >= header.base ? sector : (lost ?? sector);
    if (lost === undefined && hasFrames(sectors, sector)) lost = sector;
  }
  const header = sectors.header(standing.active);
  return header === undefined || standing.cursor >= header.base ? standing.active : (lost ?? standing.active);
}
