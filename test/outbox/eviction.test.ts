import type { OutboxGap, OutboxRecord } from '../../src/outbox/outbox.js';
import { appendAll, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

/** Records of two slots in a sector of 32 slots, two of which hold the header. */
const RECORDS_A_SECTOR = 15;

describe('a full log', () => {
  it('drops the oldest sector, as a whole, when the next one is needed, and says how many records that were', () => {
    const flash = newFlash();
    const outbox = open(flash);
    let { dropped } = outbox.statistics();
    for (let id = 0; id < 400; id++) {
      const erases = flash.erases;
      outbox.append(payload(id), 0);
      const books = outbox.statistics();
      expect(books.dropped - dropped).toBeLessThanOrEqual(RECORDS_A_SECTOR);
      if (books.dropped !== dropped) expect(flash.erases).toBe(erases + 1);
      expect(books.next).toBe(books.queued + books.dropped);
      expect(numbersHandedOut(outbox)).toEqual(range(books.dropped, id));
      outbox.rewind();
      dropped = books.dropped;
    }
    expect(dropped).toBeGreaterThan(300);
  });

  it('has used every sector before anything is dropped; the one that comes next is then given up', () => {
    const outbox = open(newFlash(8));
    while (outbox.statistics().dropped === 0) outbox.append(payload(outbox.statistics().next), 0);
    expect(outbox.statistics().next).toBe(7 * RECORDS_A_SECTOR + 1);
  });

  it('keeps its count of dropped records across a power cut', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 199);
    const before = outbox.statistics();
    const after = reopen(flash);
    expect(after.statistics()).toEqual(before);
    expect(numbersHandedOut(after)).toEqual(range(before.dropped, 199));
    expect(after.statistics()).toEqual({ ...before, oldest: before.dropped });
  });

  it('counts a record of the evicted sector that was delivered as delivered', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 20);
    for (const sequence of [0, 1, 2, 5, 7]) outbox.release(sequence);
    appendAll(outbox, 21, 80);
    const { delivered, dropped, queued, next } = outbox.statistics();
    expect(delivered).toBe(5);
    expect(outbox.next()).toEqual({ sequence: 3, end: dropped + 5, reason: 'evicted' });
    expect(next).toBe(delivered + dropped + queued);
  });

  it('drops nothing when the oldest sector is settled', () => {
    const outbox = open(newFlash());
    for (let id = 0; id < 500; id++) {
      outbox.append(payload(id), 0);
      if (id >= 20) outbox.release(id - 20);
    }
    expect(outbox.statistics()).toMatchObject({ dropped: 0, queued: 20, delivered: 480 });
  });

  it('drops nothing while it is drained, saved or read', () => {
    const flash = newFlash();
    let outbox = open(flash);
    appendAll(outbox, 0, 300);
    const { dropped, queued } = outbox.statistics();
    for (let steps = 1; outbox.statistics().queued > 0; steps++) {
      expect(steps).toBeLessThan(2 * queued);
      if (steps % 10 === 0) outbox = reopen(flash);
      outbox.rewind();
      const { sequence, end, reason } = outbox.next() as OutboxRecord | OutboxGap;
      outbox.release(sequence, end, reason === undefined ? 'delivered' : 'dropped');
      if (steps % 7 === 0) outbox.flush();
      expect(outbox.statistics().dropped).toBe(dropped);
    }
  });

  it('is foretold: an append would evict exactly when the books then say that it did', () => {
    const outbox = open(newFlash());
    let evictions = 0;
    for (let id = 0; id < 200; id++) {
      const isForetold = outbox.wouldEvict(20);
      const { dropped } = outbox.statistics();
      outbox.append(payload(id, 20), 0);
      expect(outbox.statistics().dropped > dropped).toBe(isForetold);
      if (isForetold) evictions++;
    }
    expect(evictions).toBeGreaterThan(5);
  });

  it('says that records were evicted also when the power goes before the header that was to say so', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 59);
    // Saving this opens a sector, and the next append the one after it.
    outbox.release(0, 15, 'dropped');
    flash.cutAfter(1, { kind: 'nothing' });
    expect(() => outbox.append(payload(60), 0)).toThrow('power cut');
    expect(reopen(flash).next()).toEqual({ sequence: 15, end: 30, reason: 'evicted' });
  });

  it('evicts nothing more at a start, while nobody has released what tells of the last time', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 62);
    const { dropped } = open(flash).statistics();
    expect(dropped).toBe(30);
    const { erases } = flash;
    const outbox = reopen(flash);
    outbox.append(payload(63), 0);
    expect([flash.erases - erases, outbox.statistics().dropped]).toEqual([0, 30]);
  });
});
