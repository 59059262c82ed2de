import { pauseSlots, slotAt, slotDueMilliseconds } from '../../src/sampling/schedule.js';

describe('the grid of slots', () => {
  it('puts slot n at start + n * period', () => {
    expect(slotDueMilliseconds(500, 1000, 0)).toBe(500);
    expect(slotDueMilliseconds(500, 1000, 3_000_000)).toBe(3_000_000_500);
  });

  it.each([
    ['on time', 4500, 4],
    ['late within the slot', 5499, 4],
    ['late to the millisecond where the next begins', 5500, 5],
    ['after a stall', 91_200, 90],
    ['a little early, as a coarse timer may be', 4499, 4],
  ])('serves the slot that has begun: %s', (_, now, slot) => {
    expect(slotAt(500, 1000, 4, now)).toBe(slot);
  });
});

describe('the pause after failures', () => {
  it('doubles, and ends at five minutes', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 50, 5000].map((failures) => pauseSlots(failures, 10_000));
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30, 30]);
  });

  it('is one period where the period is longer than that', () => {
    expect(pauseSlots(9, 3_600_000)).toBe(1);
  });
});
