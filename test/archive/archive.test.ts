import { OutboxError } from '../../src/outbox/outbox.js';
import { appendAll, drain, newFlash, open, readingOf, reopen } from './bench.js';

describe('an archive', () => {
  it('hands out every reading once, in order, as it was, however many were packed meanwhile', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 2000);
    const archive = reopen(flash);
    expect(archive.statistics()).toMatchObject({
      next: 2000,
      oldest: 0,
      queued: 2000,
      delivered: 0,
      dropped: 0,
      void: 0,
    });
    const items = drain(archive);
    expect(items.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 2000 }, (_, n) => n));
    for (const item of items) expect('payload' in item && item.payload).toEqual(readingOf(item.sequence));
    expect(archive.statistics()).toMatchObject({ queued: 0, delivered: 2000, dropped: 0 });
  });

  it('uses no batches while readings are delivered as they come', () => {
    const flash = newFlash();
    const archive = open(flash);
    for (let n = 0; n < 1000; n++) {
      appendAll(archive, n, n + 1);
      archive.release(archive.next()?.sequence as number);
    }
    expect(
      flash
        .image()
        .slice(4 * 512)
        .every((byte) => byte === 0xff),
    ).toBe(true);
  });

  it('passes a reading that was just appended once all before it have been handed out and, where they were packed, released', () => {
    const archive = open(newFlash());
    appendAll(archive, 0, 1000);
    expect(archive.pass()).toBe(false);
    drain(archive);
    appendAll(archive, 1000, 1001);
    expect(archive.pass()).toBe(true);
    expect(archive.next()).toBeUndefined();
    appendAll(archive, 1001, 1003);
    expect(archive.pass()).toBe(false);
    expect(archive.next()?.sequence).toBe(1001);
    expect(archive.pass()).toBe(true);
    archive.rewind();
    expect(archive.next()?.sequence).toBe(1000);
  });

  it('passes none while readings that were handed out have been packed and wait: nothing is handed out of order', () => {
    const archive = open(newFlash());
    const handed: number[] = [];
    let isPassed = true;
    for (let n = 0; n < 300; n++) {
      appendAll(archive, n, n + 1);
      isPassed = archive.pass();
      const sequence = isPassed ? n : archive.next()?.sequence;
      if (sequence !== undefined) handed.push(sequence);
    }
    expect(isPassed).toBe(false);
    for (let item = archive.next(); item !== undefined; item = archive.next()) {
      archive.release(0, item.end);
      handed.push(item.sequence);
    }
    expect(handed).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });

  it('begins to pack in the middle of its life: the numbers before were delivered', () => {
    const flash = newFlash();
    const archive = open(flash);
    for (let n = 0; n < 1000; n++) {
      appendAll(archive, n, n + 1);
      archive.release(archive.next()?.sequence as number);
    }
    appendAll(archive, 1000, 1500);
    const after = reopen(flash);
    expect(after.statistics()).toMatchObject({ next: 1500, queued: 500, delivered: 1000, dropped: 0 });
    expect(drain(after).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 500 }, (_, n) => 1000 + n));
    appendAll(after, 1500, 2500);
    expect(drain(after)).toHaveLength(1000);
    expect(after.statistics()).toMatchObject({ next: 2500, queued: 0, delivered: 2500, dropped: 0 });
  });

  it('evicts the oldest batches when it is full, and says which numbers those were', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 10_000);
    const archive = reopen(flash);
    const { dropped, queued } = archive.statistics();
    expect(dropped + queued).toBe(10_000);
    const items = drain(archive);
    expect(items[0]).toEqual({ sequence: 0, end: dropped, reason: 'evicted' });
    expect(items.slice(1).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: queued }, (_, n) => dropped + n),
    );
  });

  it('takes acknowledgements of readings that were packed while they were in flight', () => {
    const archive = open(newFlash());
    appendAll(archive, 0, 20);
    const inFlight = Array.from({ length: 20 }, () => archive.next()?.sequence as number);
    appendAll(archive, 20, 500);
    for (const sequence of inFlight) archive.release(sequence);
    expect(archive.statistics()).toMatchObject({ queued: 480, delivered: 20 });
    const next = archive.next();
    expect(next).toMatchObject({ sequence: 20, payload: readingOf(20) });
  });

  it('looks ahead over all levels', () => {
    const archive = open(newFlash());
    appendAll(archive, 0, 600);
    expect(archive.next()?.sequence).toBe(0);
    const seen: number[] = [];
    archive.lookAhead(({ sequence }) => seen.push(sequence) < 700);
    expect(seen).toEqual(Array.from({ length: 599 }, (_, n) => n + 1));
    expect(archive.next()?.sequence).toBe(1);
  });

  it('refuses a partition of less than 32 blocks, and the log of an outbox without levels', () => {
    expect(() => open(newFlash(31))).toThrow(OutboxError);
  });
});

describe('an archive that thins', () => {
  it('keeps every second reading of what is old, then every fourth, and says how many it left out', () => {
    const flash = newFlash(64);
    appendAll(open(flash, 'thin'), 0, 16_000);
    const archive = reopen(flash, 'thin');
    const items = drain(archive).filter(({ reason }) => reason === undefined);
    const steps = items.map(({ sequence, end }) => end - sequence);
    expect(Math.max(...steps)).toBeGreaterThanOrEqual(4);
    expect(steps.filter((step) => step === 2).length).toBeGreaterThan(100);
    expect(steps.slice(-100).every((step) => step === 1)).toBe(true);
  });

  it('reaches back farther than one that evicts', () => {
    const reach = (mode: 'compact' | 'thin') => {
      const flash = newFlash(32);
      appendAll(open(flash, mode), 0, 12_000);
      const oldest = drain(reopen(flash, mode)).find(({ reason }) => reason === undefined)?.sequence as number;
      return 12_000 - oldest;
    };
    expect(reach('thin')).toBeGreaterThan(1.4 * reach('compact'));
  });

  it('accounts for every number: delivered, or dropped', () => {
    const flash = newFlash(64);
    const archive = open(flash, 'thin');
    appendAll(archive, 0, 9000);
    const items: { sequence: number; end: number }[] = drain(archive);
    let next = 0;
    for (const { sequence, end } of items) {
      expect(sequence).toBe(next);
      next = end;
    }
    expect(next).toBe(9000);
    const { delivered, dropped, queued } = archive.statistics();
    expect(delivered).toBe(items.filter((item) => !('reason' in item) || item.reason === undefined).length);
    expect([queued, delivered + dropped]).toEqual([0, 9000]);
  });
});
