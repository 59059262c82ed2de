import { appendAll, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

/** Releases that `open` lets the outbox save together. */
const UNSAVED_MAX = 4;

describe('the acknowledged position', () => {
  it('is saved with every 4th release while nothing is appended: fewer than 4 come again', () => {
    for (let released = 0; released <= 30; released++) {
      const flash = newFlash();
      const outbox = open(flash);
      appendAll(outbox, 0, 39);
      const programs = flash.programs;
      for (const sequence of range(0, released - 1)) outbox.release(sequence);
      expect(flash.programs - programs).toBe(Math.floor(released / UNSAVED_MAX));
      const first = reopen(flash).next()?.sequence as number;
      expect(first).toBe(released - (released % UNSAVED_MAX));
    }
  });

  it('is saved in a full log, too, where a position had opened the sector that records then filled', () => {
    const flash = newFlash();
    const outbox = open(flash);
    // The last sector is full, and all but its own block and the next one are queued.
    appendAll(outbox, 0, 59);
    outbox.release(0, 15, 'dropped');
    appendAll(outbox, 60, 73);
    outbox.rewind();
    for (let item = outbox.next(); item !== undefined; item = outbox.next()) {
      outbox.release(item.sequence, item.end, item.reason && 'dropped');
      const { oldest } = outbox.statistics();
      const copy = flash.fork(1);
      expect(oldest - open(copy).statistics().oldest).toBeLessThan(UNSAVED_MAX);
    }
  });

  it('is saved by the next record for nothing', () => {
    const flash = newFlash();
    const outbox = open(flash);
    for (let id = 0; id < 10; id++) {
      const programs = flash.programs;
      outbox.append(payload(id), 0);
      expect(flash.programs - programs).toBe(id === 0 ? 2 : 1);
      outbox.release(id);
    }
    expect(numbersHandedOut(reopen(flash))).toEqual([9]);
  });

  it('is saved by a flush, which programs nothing when there is no news', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 9);
    outbox.release(0);
    const before = [flash.programs, flash.programmedBytes];
    outbox.flush();
    expect([flash.programs, flash.programmedBytes]).toEqual([(before[0] as number) + 1, (before[1] as number) + 16]);
    outbox.flush();
    expect(flash.programs).toBe((before[0] as number) + 1);
    expect(reopen(flash).next()?.sequence).toBe(1);
  });

  it('is saved whatever the distance to the newest record', () => {
    const flash = newFlash(64);
    const outbox = open(flash);
    appendAll(outbox, 0, 699);
    for (const sequence of range(0, 15)) outbox.release(sequence);
    const again = reopen(flash);
    expect(again.statistics()).toMatchObject({ oldest: 16, delivered: 16, queued: 684 });
    expect(again.next()?.sequence).toBe(16);
  });

  it('does not go back when a power cut hits the saving of a later one', () => {
    for (let seed = 0; seed < 60; seed++) {
      const flash = newFlash(4, 512, seed);
      const outbox = open(flash);
      appendAll(outbox, 0, 19);
      for (const sequence of range(0, 6)) outbox.release(sequence);
      flash.cutAfter(0, { kind: 'any' });
      expect(() => outbox.release(7)).toThrow('power cut');
      expect([4, 8]).toContain(reopen(flash).next()?.sequence);
    }
  });

  it('is bounded by a number from 1 to 64', () => {
    for (const acknowledgementsUnsavedMax of [0, 65, 1.5])
      expect(() => open(newFlash(), { acknowledgementsUnsavedMax } as object)).toThrow(RangeError);
  });
});
