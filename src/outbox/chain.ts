/**
 * Which sectors a log consists of. In plain flash, one after the other.
 *
 * In flash that is written once, an earlier session may have left sectors that read well at one boot and not at the next; the
 * session after, which could not see them, went on beyond them from a lower one. So a header tells how many it passed over, and
 * the log is what is reached from its end, back. What is doubtful about a sector is its last frame at most: one with two was seen
 * at every boot since, and was never passed over.
 */
import type { Sectors } from './sectors.js';

/** The sector of the log that follows `sector`, which is below `active`, the last one. */
export function sectorAfter(sectors: Sectors, active: number, sector: number): number {
  if (!sectors.isWriteOnce) return sector + 1;
  let after = sector + 1;
  while (after < active && !hasTwoFrames(sectors, after)) after++;
  for (let before = sectorBefore(sectors, after); before > sector; before = sectorBefore(sectors, after))
    after = before;
  return after;
}

/** `sector`, or, if it was passed over, the one that follows. */
export function sectorFrom(sectors: Sectors, active: number, sector: number): number {
  return sector === active ? sector : sectorAfter(sectors, active, sector - 1);
}

/** `sector`, or, if it was passed over, the one before, or, below `oldest`, the one that follows. */
export function sectorUpTo(sectors: Sectors, active: number, oldest: number, sector: number): number {
  const from = sectorFrom(sectors, active, sector);
  if (from === sector) return sector;
  const before = sectorBefore(sectors, from);
  return before < oldest ? from : before;
}

export function hasTwoFrames(sectors: Sectors, sector: number): boolean {
  const first = sectors.findFrame(sector, sectors.headerSlots);
  return first !== -1 && sectors.findFrame(sector, first + sectors.frameSlots) !== -1;
}

function sectorBefore(sectors: Sectors, sector: number): number {
  return sector - 1 - (sectors.header(sector)?.skipped ?? 0);
}
