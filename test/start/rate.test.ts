import { Rate } from '../../sim/start/rate.js';

describe('a rate', () => {
  it('is the growth per second over the last five seconds', () => {
    const rate = new Rate();
    const seen = Array.from({ length: 21 }, (_, i) => rate.perSecond(i < 10 ? i : 10 + (i - 10) * 3, i * 500));
    expect(seen[0]).toBe(0);
    expect(seen[5]).toBe(2);
    expect(seen[15]).toBeGreaterThan(2);
    expect(seen[20]).toBe(6);
  });

  it('holds when it is asked less often than that', () => {
    const rate = new Rate();
    rate.perSecond(0, 0);
    expect(rate.perSecond(20, 10_000)).toBe(2);
    expect(rate.perSecond(50, 20_000)).toBe(3);
  });
});
