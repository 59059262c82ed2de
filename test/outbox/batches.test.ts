import { newFlash, open, payload, reopen } from './bench.js';

/** A log with batches of 50 numbers from `first` on. */
function logOf(batches: number, first = 0) {
  const flash = newFlash(8);
  const outbox = open(flash);
  for (let i = 0; i < batches; i++) outbox.appendBatch(payload(i), first + 50 * i, 50);
  return { flash, outbox };
}

describe('a batch', () => {
  it('stands for several numbers, and is handed out as one record of stream 15', () => {
    const { flash } = logOf(5);
    const outbox = reopen(flash);
    for (let i = 0; i < 5; i++)
      expect(outbox.next()).toMatchObject({ sequence: 50 * i, end: 50 * i + 50, stream: 15, payload: payload(i) });
    expect(outbox.next()).toBeUndefined();
    expect(outbox.statistics()).toMatchObject({ next: 250, queued: 250 });
  });

  it('is handed out again until all of its numbers are released', () => {
    const { flash, outbox } = logOf(2);
    outbox.release(0, 49);
    expect(reopen(flash).next()).toMatchObject({ sequence: 0, end: 50 });
    expect([outbox.isReleased(48), outbox.isReleased(49)]).toEqual([true, false]);
    const after = reopen(flash);
    after.release(0, 50);
    expect(after.next()).toMatchObject({ sequence: 50, end: 100 });
    expect(after.statistics()).toMatchObject({ delivered: 50, queued: 50 });
  });

  it('may be settled in parts, some delivered and some dropped', () => {
    const { outbox } = logOf(2);
    for (let sequence = 0; sequence < 100; sequence += 2) {
      outbox.release(sequence);
      outbox.release(sequence + 1, sequence + 2, 'dropped');
    }
    expect(outbox.statistics()).toMatchObject({ delivered: 50, dropped: 50, queued: 0, oldest: 100 });
  });

  it('is evicted with all of its numbers', () => {
    const { outbox } = logOf(200);
    const { dropped } = outbox.statistics();
    expect(dropped % 50).toBe(0);
    expect(outbox.next()).toEqual({ sequence: 0, end: dropped, reason: 'evicted' });
    expect(outbox.next()).toMatchObject({ sequence: dropped, end: dropped + 50 });
  });

  it('may leave numbers out when nothing is queued: they count as delivered elsewhere', () => {
    const { flash, outbox } = logOf(2, 1_000_000);
    expect(outbox.next()).toMatchObject({ sequence: 1_000_000 });
    outbox.release(1_000_000, 1_000_100);
    outbox.appendBatch(payload(9), 2_000_000, 3);
    const after = reopen(flash);
    expect(after.next()).toMatchObject({ sequence: 2_000_000, end: 2_000_003, payload: payload(9) });
    expect(after.statistics()).toMatchObject({ next: 2_000_003, queued: 3, dropped: 0 });
  });

  it('stands beside records of one number', () => {
    const flash = newFlash(8);
    const outbox = open(flash);
    outbox.append(payload(0), 3);
    outbox.appendBatch(payload(1), 1, 254);
    outbox.append(payload(2), 4);
    const after = reopen(flash);
    expect(after.next()).toMatchObject({ sequence: 0, end: 1, stream: 3 });
    expect(after.next()).toMatchObject({ sequence: 1, end: 255, stream: 15 });
    expect(after.next()).toMatchObject({ sequence: 255, end: 256, stream: 4 });
  });

  it('is refused, and nothing written, when it leaves numbers out that are queued, or counts none or too many', () => {
    const { outbox, flash } = logOf(1);
    const operations = flash.programs;
    for (const [first, count] of [
      [51, 5],
      [49, 5],
      [50, 0],
      [50, 256],
      [50.5, 1],
    ] as const)
      expect(() => outbox.appendBatch(payload(1), first, count)).toThrow(RangeError);
    expect(() => outbox.appendBatch(new Uint8Array(38), 50, 5)).toThrow('expected 1 to 37');
    expect(flash.programs).toBe(operations);
  });
});
