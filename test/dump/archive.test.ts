import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { type ArchiveDump, dumpOf } from '../../sim/dump/archive-dump.js';
import type { Dump } from '../../sim/dump/dump.js';
import { type ArchiveMode, openArchive } from '../../src/archive/archive.js';
import { packReading } from '../../src/reading/reading.js';

const channels = [{ name: 'n', unit: '', decimals: 0 }];

function imageOf(mode: ArchiveMode, readings: number, delivered = 0): Uint8Array {
  const flash = new SimFlash({ blocks: 32, random: seededRandom(1) });
  const archive = openArchive(flash, mode, {});
  const bytes = new Uint8Array(64);
  for (let n = 0; n < readings; n++) {
    const reading = { kind: 'values', boot: 1, milliseconds: n * 1000, values: [n % 100] } as const;
    archive.append(bytes.subarray(0, packReading(bytes, reading, channels)), 0);
  }
  for (let n = 0; n < delivered; n++) archive.release(archive.next()?.sequence as number);
  archive.flush();
  return flash.image();
}

function sequences(dump: Dump | ArchiveDump): number[] {
  return [...dump.records()].map(({ sequence }) => sequence);
}

describe('a dump of a log in levels', () => {
  it('gives every reading by itself, those of the batches first', () => {
    const dump = dumpOf(imageOf('compact', 3000, 1000));
    const numbers = sequences(dump);
    expect(numbers.filter((n) => n >= 1000)).toEqual(Array.from({ length: 2000 }, (_, i) => 1000 + i));
    expect(dump.summary()).toMatchObject({
      bytes: 32 * 4096,
      sectors: 32,
      next: 3000,
      oldest: 1000,
      queued: 2000,
      delivered: 1000,
      dropped: 0,
      thinned: 0,
    });
  });

  it('with one level in use yet is none the less one', () => {
    expect(sequences(dumpOf(imageOf('thin', 100)))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('says how many readings were thinned out', () => {
    const dump = dumpOf(imageOf('thin', 60_000));
    const { length } = sequences(dump);
    const { thinned, queued } = dump.summary();
    expect(thinned).toBeGreaterThan(1000);
    expect(length + (thinned ?? 0)).toBe(queued);
  });

  it('that was cut to another size is refused', () => {
    expect(() => dumpOf(imageOf('compact', 3000).slice(0, 31 * 4096))).toThrow('the log was written on 4 blocks');
  });
});
