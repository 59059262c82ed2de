import type { SimFlash } from '../../hal/sim/sim.js';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.js';
import { appendAll, handOut, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

/** Enough that one of them opens a sector, and another one evicts. */
const RECORDS = [0, 1, 8, 14, 15, 16, 30, 45, 46, 47, 60];

/** A log with `records` appends, a power cut behind it, so that the next append has an end to make solid first. */
function logOf(records: number): { flash: SimFlash; outbox: Outbox } {
  const flash = newFlash();
  appendAll(open(flash), 0, records - 1);
  return { flash, outbox: reopen(flash) };
}

/** Lets the operation after `before` others throw, for every `before` that `action` has. Returns how many there were. */
function withEveryFailure(records: number, action: (flash: SimFlash, outbox: Outbox) => void): number {
  for (let before = 0; ; before++) {
    const { flash, outbox } = logOf(records);
    flash.throwAfter(before);
    const { dropped } = outbox.statistics();
    let hasThrown = false;
    try {
      outbox.append(payload(1000), 0);
    } catch (error) {
      expect(String(error)).toMatch(/flash (program|erase) failed/);
      hasThrown = true;
    }
    if (!hasThrown) return before;
    expect(outbox.statistics().next).toBe(records);
    action(flash, outbox);
    expect(outbox.statistics().dropped - dropped).toBeLessThanOrEqual(15);
  }
}

describe('a flash call that throws in an append', () => {
  it.each(RECORDS)('after %d records costs that append only: the next one works', (records) => {
    const failures = withEveryFailure(records, (flash, outbox) => {
      expect(outbox.append(payload(1001), 0)).toBe(records);
      const { dropped } = outbox.statistics();
      const expected = [...range(dropped, records - 1).map((id) => [id, id]), [records, 1001]];
      expect(handOut(outbox)).toEqual(expected);
      expect(handOut(reopen(flash))).toEqual(expected);
    });
    expect(failures).toBeGreaterThan(0);
  });

  it.each(RECORDS)(
    'after %d records, and a power cut right after it, leave every record but the last oldest ones',
    (n) => {
      withEveryFailure(n, (flash) => {
        const outbox = reopen(flash);
        const { dropped } = outbox.statistics();
        expect(numbersHandedOut(outbox)).toEqual(range(dropped, n - 1));
      });
    },
  );

  it('does not spoil the position: releases are saved by the next call that can', () => {
    const { flash, outbox } = logOf(10);
    flash.throwAfter(0);
    for (const sequence of [0, 1, 2]) outbox.release(sequence);
    expect(() => outbox.release(3)).toThrow('failed');
    outbox.release(4);
    expect(numbersHandedOut(reopen(flash))).toEqual(range(5, 9));
  });
});

describe('a flash read that throws', () => {
  it('while records are handed out, loses none: the next call hands out the same', () => {
    for (let reads = 0; reads < 60; reads++) {
      const { flash, outbox } = logOf(45);
      flash.throwOnReadAfter(reads);
      const handed: number[] = [];
      for (let calls = 0; calls < 60; calls++) {
        try {
          const record = outbox.next();
          if (record === undefined) break;
          handed.push(record.sequence);
        } catch (error) {
          expect(String(error)).toContain('flash read failed');
        }
      }
      expect(handed).toEqual(range(0, 44));
      expect(outbox.statistics().dropped).toBe(0);
    }
  });

  it('while a log is opened, comes out of opening it, and changes nothing', () => {
    const { flash } = logOf(45);
    const operations = flash.programs + flash.erases;
    for (let reads = 0; ; reads++) {
      flash.throwOnReadAfter(reads);
      let outbox: Outbox | undefined;
      try {
        outbox = openOutbox(flash, { payloadBytesMax: 40, acknowledgementsUnsavedMax: 4 });
      } catch (error) {
        expect(String(error)).toContain('flash read failed');
      }
      flash.powerUp();
      if (outbox !== undefined) break;
    }
    expect(flash.programs + flash.erases).toBe(operations);
    expect(numbersHandedOut(open(flash))).toEqual(range(0, 44));
  });
});
