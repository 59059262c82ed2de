import { PowerCut } from '../../hal/sim/power-cut.js';
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import type { SimFlash } from '../../hal/sim/sim.js';
import type { Archive, ArchiveMode } from '../../src/archive/archive.js';
import { drain, encryptedFlash, type Item, newFlash, open, readingOf, reopen } from './bench.js';

const APPENDS = 700;
/** As bench.ts opens the archive. */
const UNSAVED_MAX = 4;

/** What was appended and acknowledged, as the methods said. */
interface Seen {
  readonly appended: number;
  readonly acknowledged: Set<number>;
}

/** Appends, with now and then some readings delivered, until all is appended or the power goes. */
function live(archive: Archive, seed: number): Seen {
  const random = seededRandom(seed);
  const acknowledged = new Set<number>();
  let appended = archive.statistics().next;
  try {
    while (appended < APPENDS) {
      archive.append(readingOf(appended), 0);
      appended++;
      if (random() > 0.02) continue;
      archive.rewind();
      for (let left = integerBelow(random, 30); left > 0; left--) {
        const item = archive.next();
        if (item === undefined) break;
        for (let sequence = item.sequence; sequence < item.end; sequence++) acknowledged.add(sequence);
        archive.release(item.sequence, item.reason === undefined ? item.sequence + 1 : item.end);
        archive.release(item.sequence, item.end, 'dropped');
      }
    }
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  return { appended, acknowledged };
}

/** Throws for a reading that is neither handed out, nor acknowledged, nor in a gap; the readings that came again. */
function again(items: readonly Item[], { appended, acknowledged }: Seen): number {
  let next = 0;
  let repeated = 0;
  for (const { sequence, end, ...item } of items) {
    for (; next < sequence; next++) if (!acknowledged.has(next)) throw new Error(`reading ${next} is not there`);
    if (sequence < next) throw new Error(`reading ${sequence} after ${next - 1}`);
    if ('payload' in item && item.payload !== undefined) {
      if (Buffer.compare(item.payload, readingOf(sequence)) !== 0) throw new Error(`reading ${sequence} is another`);
    } else if ('reason' in item && item.reason === 'unreadable') throw new Error(`reading ${sequence} is unreadable`);
    if (acknowledged.has(sequence)) repeated++;
    next = end;
  }
  for (; next < appended; next++) if (!acknowledged.has(next)) throw new Error(`reading ${next} is not there`);
  return repeated;
}

function operationsOf(flash: SimFlash): number {
  return flash.programs + flash.erases;
}

/** The first cut is tried at every so many flash operations; prime, so that all kinds are hit. */
describe.each<[string, ArchiveMode, (mode: ArchiveMode) => SimFlash, number]>([
  ['compact', 'compact', () => newFlash(), 7],
  ['thin', 'thin', () => newFlash(), 7],
  ['compact, encrypted', 'compact', encryptedFlash, 31],
  ['thin, encrypted', 'thin', encryptedFlash, 31],
])('an archive (%s)', (_, mode, make, stride) => {
  const whole = make(mode);
  live(open(whole, mode), 1);
  const operations = operationsOf(whole) - operationsOf(make(mode));

  it('loses nothing in two power cuts in a row', () => {
    for (let cut = 0; cut < operations; cut += stride) {
      const random = seededRandom(cut);
      const flash = make(mode);
      flash.cutAfter(cut, { kind: 'any' });
      const first = live(open(flash, mode), 1);
      let archive = reopen(flash, mode);
      const { appended } = first;
      // The append that was cut may have happened.
      const given = archive.statistics().next;
      expect(given - appended === 0 || given - appended === 1).toBe(true);
      expect(again(drain(open(flash.fork(cut), mode)), first)).toBeLessThanOrEqual(UNSAVED_MAX);
      archive = reopen(flash, mode);
      flash.cutAfter(integerBelow(random, 60), { kind: 'any' });
      const found = archive.statistics().next;
      const second = live(archive, cut);
      const acknowledged = new Set([...first.acknowledged, ...second.acknowledged]);
      archive = reopen(flash, mode);
      // What was there at one boot may be gone at the next, unless something was appended behind it.
      const sure = second.appended > found ? second.appended : appended;
      again(drain(open(flash.fork(cut), mode)), { appended: sure, acknowledged });
      const { next, queued, delivered, dropped } = archive.statistics();
      expect(next).toBe(queued + delivered + dropped);
      live(archive, cut);
      expect(archive.statistics().next).toBe(APPENDS);
    }
  });
});
