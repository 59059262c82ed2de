import { appendAll, newFlash, numbersHandedOut, open, range, reopen } from './bench.js';

describe('a release', () => {
  it('settles its record, which is not handed out again', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 4);
    numbersHandedOut(outbox);
    outbox.release(0);
    outbox.release(1);
    outbox.rewind();
    expect(numbersHandedOut(outbox)).toEqual([2, 3, 4]);
    expect(outbox.statistics()).toMatchObject({ next: 5, oldest: 2, queued: 3, delivered: 2, dropped: 0, void: 0 });
  });

  it('may come in any order', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 9);
    numbersHandedOut(outbox);
    for (const sequence of [7, 2, 3, 9, 0, 5]) outbox.release(sequence);
    expect(outbox.statistics()).toMatchObject({ oldest: 1, queued: 4, delivered: 6 });
    outbox.rewind();
    expect(numbersHandedOut(outbox)).toEqual([1, 4, 6, 8]);
    for (const sequence of [8, 6, 4, 1]) outbox.release(sequence);
    expect(outbox.statistics()).toMatchObject({ oldest: 10, queued: 0, delivered: 10 });
  });

  it('ahead of an older record is forgotten in a power cut: only what is below the oldest is saved', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 9);
    numbersHandedOut(outbox);
    for (const sequence of [0, 1, 2, 3, 6, 7, 8]) outbox.release(sequence);
    expect(numbersHandedOut(reopen(flash))).toEqual(range(4, 9));
  });

  it('made twice counts once', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 4);
    for (const sequence of [0, 0, 3, 3, 0]) outbox.release(sequence);
    expect(outbox.statistics()).toMatchObject({ queued: 3, delivered: 2 });
  });

  it('of a record that was evicted meanwhile counts it as delivered', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 99);
    const before = outbox.statistics();
    expect(before.dropped).toBeGreaterThan(0);
    outbox.release(0);
    expect(outbox.statistics()).toEqual({ ...before, dropped: before.dropped - 1, delivered: 1, oldest: 1 });
  });

  it.each([-1, 5, 0.5, Number.NaN])('of %p, a number that no record has, throws', (sequence) => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 4);
    expect(() => outbox.release(sequence)).toThrow(RangeError);
  });
});
