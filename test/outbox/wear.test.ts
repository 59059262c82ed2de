import { cyclesOf, YEARS_MAX, yearsLeft } from '../../src/outbox/wear.js';

const DAY = 86_400_000;

describe('a forecast of wear', () => {
  it('spreads the sectors opened over all blocks', () => {
    expect(cyclesOf({ sectors: 256, sectorsOpened: 640 })).toBe(2.5);
  });

  it('divides the erases left by those of a year, the sector that is being filled included', () => {
    const years = yearsLeft({ sectors: 4, sectorsOpened: 200_000 }, 99, DAY);
    expect(years).toBeCloseTo((50_000 * 4) / (100 * 365.25), 6);
  });

  it('is unknown in the first day', () => {
    expect(yearsLeft({ sectors: 256, sectorsOpened: 10 }, 5, DAY - 1)).toBeUndefined();
  });

  it('ends at 1000 years, and at none for flash that has had its cycles', () => {
    expect(yearsLeft({ sectors: 256, sectorsOpened: 10 }, 0, DAY)).toBe(YEARS_MAX);
    expect(yearsLeft({ sectors: 4, sectorsOpened: 500_000 }, 1, DAY)).toBe(0);
  });
});
