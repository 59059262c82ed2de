import { seededRandom } from '../../hal/sim/sim.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import { newFlash, open, payload, reopen } from './bench.js';

describe('a record that was just appended', () => {
  it('is not read back when it is passed: next goes on behind it', () => {
    const flash = newFlash();
    const outbox = open(flash);
    for (let id = 0; id < 5; id++) {
      outbox.append(payload(id), 0);
      expect(outbox.pass()).toBe(id > 0);
      if (id === 0) expect(outbox.next()?.sequence).toBe(0);
    }
    expect(outbox.next()).toBeUndefined();
    outbox.append(payload(5), 0);
    expect(outbox.next()).toMatchObject({ sequence: 5, payload: payload(5) });
  });

  it('is handed out again after a rewind, like any other', () => {
    const outbox = open(newFlash());
    outbox.append(payload(0), 0);
    outbox.next();
    outbox.append(payload(1), 0);
    outbox.pass();
    outbox.rewind();
    expect(outbox.next()?.sequence).toBe(0);
    expect(outbox.next()?.sequence).toBe(1);
  });

  it('cannot be passed before all others have been handed out, nor twice', () => {
    const outbox = open(newFlash());
    for (let id = 0; id < 3; id++) outbox.append(payload(id), 0);
    expect(outbox.pass()).toBe(false);
    outbox.next();
    expect(outbox.pass()).toBe(false);
    outbox.next();
    expect(outbox.pass()).toBe(true);
    expect(outbox.pass()).toBe(false);
  });

  // Two logs with the same life. To pass a record in the one is to read it in the other.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'is passed where next would give it, whatever happened before (seed %i)',
    (seed) => {
      const random = seededRandom(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const flashes = [newFlash(), newFlash()] as const;
      for (let bad = 0; bad < 2; bad++) {
        const [offset, bit] = [below(2048), below(8)];
        for (const flash of flashes) flash.stickBit(offset, bit);
      }
      let [passing, reading] = flashes.map((flash) => open(flash)) as [Outbox, Outbox];
      const both = <Result>(action: (outbox: Outbox) => Result): Result => {
        const result = action(passing);
        expect(action(reading)).toEqual(result);
        return result;
      };
      let passed = 0;
      for (let step = 0; step < 2000; step++) {
        const chance = random();
        if (chance < 0.5) {
          const [id, byteLength] = [below(1000), 2 + below(38)];
          const sequence = both((outbox) => outbox.append(payload(id, byteLength), 0));
          if (random() < 0.7 && passing.pass()) {
            expect(reading.next()).toMatchObject({ sequence, payload: payload(id, byteLength) });
            passed++;
          }
        } else if (chance < 0.7) {
          let left = below(40);
          while (left > 0 && both((outbox) => outbox.next()) !== undefined) left--;
        } else if (chance < 0.95) {
          const { oldest, next } = both((outbox) => outbox.statistics());
          const first = oldest + below(3);
          const end = Math.min(next, first + 1 + below(4));
          if (first < end) both((outbox) => outbox.release(first, end));
        } else if (chance < 0.97) both((outbox) => outbox.maintain());
        else if (chance < 0.99) both((outbox) => outbox.rewind());
        else [passing, reading] = flashes.map((flash) => reopen(flash)) as [Outbox, Outbox];
      }
      expect(flashes[0].image()).toEqual(flashes[1].image());
      expect(passed).toBeGreaterThan(50);
    },
  );
});
