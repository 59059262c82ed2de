/**
 * What stands in the sectors of a log and is no record of it: headers and frames that cannot be read, and copies.
 *
 * Works on the bytes alone, by place. Which numbers are missing for it is the reader's to say.
 */
import { countOf, sequenceOf } from '../../src/outbox/frame.js';
import { firstNumber, type LogEnd } from '../../src/outbox/reader.js';
import type { Sectors } from '../../src/outbox/sectors.js';

/** Bytes that are neither a header nor a frame, neither erased nor cleared. */
export interface Damage {
  readonly block: number;
  readonly offset: number;
  readonly bytes: number;
  readonly kind: 'header' | 'frames';
}

export interface Inspection {
  readonly damage: readonly Damage[];
  /** Records written again: once by each start that wrote to the log, unless an ACK frame was its last one. */
  readonly copies: number;
}

export function inspect(sectors: Sectors, log: LogEnd): Inspection {
  const damage: Damage[] = [];
  let copies = 0;
  let end = 0;
  for (let sector = Math.max(0, log.active - sectors.count + 1); sector <= log.active; sector++) {
    const { headerSlots } = sectors;
    const isHeader = sectors.header(sector) !== undefined;
    const hasFrames = sectors.findFrame(sector, headerSlots) !== -1;
    // Where erased flash reads as noise, a header is missed only by the frames behind it.
    if (!isHeader && (hasFrames || !sectors.isWriteOnce) && !isEmpty(sectors, sector, 0, headerSlots))
      damage.push(at(sectors, sector, 0, headerSlots, 'header'));
    if (!isHeader && !hasFrames) continue;
    const found = inspectFrames(sectors, sector, firstNumber(sectors, log, sector), end);
    damage.push(...found.damage);
    copies += found.copies;
    end = found.end;
  }
  return { damage, copies };
}

/** `before` is the number after the last record of the sectors before: the first one here may be its copy. */
function inspectFrames(
  sectors: Sectors,
  sector: number,
  first: number,
  before: number,
): Inspection & { readonly end: number } {
  const damage: Damage[] = [];
  let copies = 0;
  let running = first;
  let end = Math.max(first, before);
  let doubtful = 0;
  for (let slot = sectors.headerSlots; slot <= sectors.slots; ) {
    const isFrame = slot < sectors.slots && sectors.frame(sector, slot);
    if (!isFrame && slot < sectors.slots && !isEmpty(sectors, sector, slot, 1)) {
      doubtful++;
      slot++;
      continue;
    }
    const isNoise = sectors.isWriteOnce && slot >= sectors.slots;
    if (doubtful > 0 && !isNoise) damage.push(at(sectors, sector, slot - doubtful, doubtful, 'frames'));
    doubtful = 0;
    if (!isFrame) {
      slot++;
      continue;
    }
    sectors.frame(sector, slot);
    const sequence = sequenceOf(sectors.buffer, sectors.at, running);
    const isRecord = sectors.buffer[sectors.at] !== 0;
    if (isRecord && sequence < end) copies++;
    running = isRecord ? Math.max(running, sequence + countOf(sectors.buffer, sectors.at)) : sequence;
    end = Math.max(end, running);
    slot += sectors.frameSlots;
  }
  return { damage, copies, end };
}

function isEmpty(sectors: Sectors, sector: number, slot: number, slots: number): boolean {
  return sectors.isErased(sector, slot, slots) || sectors.reads(0, sector, slot, slots);
}

function at(sectors: Sectors, sector: number, slot: number, slots: number, kind: Damage['kind']): Damage {
  const { slotBytes } = sectors;
  return { block: sector % sectors.count, offset: slot * slotBytes, bytes: slots * slotBytes, kind };
}
