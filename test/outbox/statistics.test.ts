import { Settlement } from '../../src/outbox/settlement.js';
import { newFlash, open, payload, reopen } from './bench.js';

describe('the books', () => {
  it('balance at every moment of a long run, and across power cuts', () => {
    const flash = newFlash();
    let outbox = open(flash);
    for (let step = 0; step < 1500; step++) {
      if (step % 3 !== 0 || step % 400 < 100) outbox.append(payload(step), 0);
      else {
        const record = outbox.next();
        if (record !== undefined) outbox.release(record.sequence, record.end, record.reason && 'dropped');
      }
      if (step % 97 === 0) outbox = reopen(flash);
      const { next, delivered, queued, dropped, void: burnt, oldest } = outbox.statistics();
      expect(next).toBe(delivered + queued + dropped);
      expect(burnt).toBe(0);
      expect(oldest).toBeLessThanOrEqual(next);
    }
    expect(outbox.statistics().dropped).toBeGreaterThan(0);
    expect(outbox.statistics().delivered).toBeGreaterThan(100);
  });

  it('count the sectors opened, over all sessions', () => {
    const flash = newFlash();
    expect(open(flash).statistics()).toMatchObject({ sectors: 4, sectorsOpened: 0 });
    let outbox = open(flash);
    for (let id = 0; id < 100; id++) {
      outbox.append(payload(id), 0);
      if (id % 40 === 0) outbox = reopen(flash);
    }
    const { sectorsOpened } = outbox.statistics();
    expect(sectorsOpened).toBe(flash.erases + 1);
    expect(reopen(flash).statistics()).toMatchObject({ sectors: 4, sectorsOpened });
  });

  it('count a number once, however ranges overlap that are settled out of order', () => {
    const books = new Settlement(10, 2, 0);
    books.settle(17, 18, 'delivered');
    books.settle(12, 14, 'delivered');
    books.settle(11, 20, 'dropped');
    expect(books.books(30)).toEqual({ delivered: 8 + 3, dropped: 2 + 6, queued: 11 });
    books.settle(10, 11, 'delivered');
    expect([books.cursor, books.dropped]).toEqual([20, 8]);
    books.floor = 25;
    expect(books.books(30)).toEqual({ delivered: 12, dropped: 13, queued: 5 });
    books.settle(22, 23, 'delivered');
    expect(books.books(30)).toEqual({ delivered: 13, dropped: 12, queued: 5 });
    books.settle(20, 25, 'dropped');
    expect(books.books(30)).toEqual({ delivered: 13, dropped: 12, queued: 5 });
    expect([books.cursor, books.dropped]).toEqual([25, 12]);
  });
});
