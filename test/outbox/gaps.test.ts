import type { OutboxGap } from '../../src/outbox/outbox.js';
import { appendAll, flashWith, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

describe('what was evicted', () => {
  it('is handed out first, as one gap, at every boot until that is released', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 99);
    const { dropped } = outbox.statistics();
    const gap = { sequence: 0, end: dropped, reason: 'evicted' };
    for (let boots = 0; boots < 3; boots++) expect(reopen(flash).next()).toEqual(gap);
    const after = reopen(flash);
    expect(after.next()).toEqual(gap);
    expect(after.next()?.sequence).toBe(dropped);
    after.release(0, dropped, 'dropped');
    expect(after.statistics()).toMatchObject({ dropped, oldest: dropped });
    expect(reopen(flash).next()?.sequence).toBe(dropped);
  });

  it('grows while it is in flight: what came to it is a gap of its own', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 99);
    const first = outbox.next() as OutboxGap;
    appendAll(outbox, 100, 149);
    const { dropped } = outbox.statistics();
    expect(outbox.next()).toEqual({ sequence: first.end, end: dropped, reason: 'evicted' });
    outbox.release(first.sequence, first.end, 'dropped');
    outbox.rewind();
    expect(outbox.next()).toEqual({ sequence: first.end, end: dropped, reason: 'evicted' });
  });

  it('leaves out what was delivered in order', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 49);
    for (const sequence of [0, 1, 2, 5]) outbox.release(sequence);
    appendAll(outbox, 50, 149);
    const { dropped, delivered } = outbox.statistics();
    expect(delivered).toBe(4);
    expect(outbox.next()).toEqual({ sequence: 3, end: dropped + 4, reason: 'evicted' });
    outbox.release(3, dropped + 4, 'dropped');
    expect(outbox.statistics()).toMatchObject({ dropped, delivered: 4, oldest: dropped + 4 });
  });

  it('counts as dropped at once, released or not', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 99);
    const before = outbox.statistics();
    const gap = outbox.next() as OutboxGap;
    outbox.release(gap.sequence, gap.end, 'dropped');
    expect(outbox.statistics()).toEqual({ ...before, oldest: gap.end });
  });
});

describe('a record that cannot be read', () => {
  const flash = newFlash(8);
  appendAll(open(flash), 0, 29);
  const image = flash.image();
  // Records of two slots follow a header of two: the one of number 7 is damaged.
  image[(2 + 2 * 7) * 16 + 10] = 0;

  it('is a gap between the records before and after it', () => {
    const outbox = open(flashWith(image));
    for (let sequence = 0; sequence < 7; sequence++)
      expect(outbox.next()).toMatchObject({ sequence, end: sequence + 1 });
    expect(outbox.next()).toEqual({ sequence: 7, end: 8, reason: 'unreadable' });
    expect(outbox.next()).toMatchObject({ sequence: 8, end: 9 });
    expect(outbox.statistics()).toMatchObject({ queued: 30, dropped: 0 });
    outbox.release(7, 8, 'dropped');
    expect(outbox.statistics()).toMatchObject({ queued: 29, dropped: 1 });
    outbox.rewind();
    expect(numbersHandedOut(outbox)).toEqual([...range(0, 6), ...range(8, 29)]);
  });
});

describe('a newest header that rots after an eviction', () => {
  it('does not make delivered records of those that were lost', () => {
    for (let appended = 60; appended < 100; appended++) {
      const flash = newFlash();
      appendAll(open(flash), 0, appended - 1);
      const image = flash.image();
      const view = new DataView(image.buffer);
      const sequences = [0, 1, 2, 3].map((block) => view.getUint32(block * 512 + 4, true));
      const newest = sequences.indexOf(Math.max(...sequences));
      image.fill(0x5a, newest * 512, newest * 512 + 32);
      const { next, delivered, dropped, queued } = open(flashWith(image)).statistics();
      expect(delivered).toBe(0);
      expect(next).toBe(dropped + queued);
    }
  });

  it('is told again when the power goes before its release is saved, though a record with a newer position was appended', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 3);
    flash.rot(32 + 32, new Uint8Array(32).fill(0x5a));
    const outbox = reopen(flash);
    outbox.append(payload(4), 0);
    outbox.release(outbox.next()?.sequence as number);
    expect(outbox.next()).toEqual({ sequence: 1, end: 2, reason: 'unreadable' });
    outbox.release(1, 2, 'dropped');
    outbox.append(payload(5), 0);
    const { delivered, dropped } = reopen(flash).statistics();
    expect(delivered + dropped === 0 || dropped === 1).toBe(true);
  });
});
