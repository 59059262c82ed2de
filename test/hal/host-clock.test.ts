import { performance } from 'node:perf_hooks';
import { HostClock } from '../../hal/host/host.js';

describe('the clock of a host', () => {
  it('never runs a timer early, not even by a fraction of a millisecond', async () => {
    const clock = new HostClock();
    let earliest = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 20; round++) {
      const start = performance.now();
      await new Promise<void>((resolve) => clock.setTimer(resolve, 2));
      earliest = Math.min(earliest, performance.now() - start);
    }
    expect(earliest).toBeGreaterThanOrEqual(2);
  });

  it('sets a delay longer than Node takes at once in steps', () => {
    const { setTimeout } = globalThis;
    const delays: Array<number | undefined> = [];
    const recording = (callback: () => void, delay?: number) => {
      delays.push(delay);
      return setTimeout(callback, delay);
    };
    globalThis.setTimeout = recording as typeof setTimeout;
    try {
      const clock = new HostClock();
      clock.clearTimer(clock.setTimer(() => {}, 2 ** 40));
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    expect(delays).toEqual([2 ** 31 - 1]);
  });
});
