import { benchOf, sensorOf } from './bench.js';

describe('after a stall', () => {
  it('the slots gone by are counted, none is made up for, and the grid is kept', () => {
    const stalls = new Map([[2000, 3700]]);
    const times: number[] = [];
    const bench = benchOf({
      name: 'a',
      periodMilliseconds: 1000,
      // Time passes within the call: a driver that blocks, or a machine that did something else.
      create: () =>
        sensorOf(() => {
          times.push(bench.scheduler.now);
          bench.scheduler.runFor(stalls.get(bench.scheduler.now) ?? 0);
          return { t: 1 };
        }),
    });
    bench.sampler.start();
    bench.scheduler.runFor(8000);
    expect(times).toEqual([0, 1000, 2000, 5700, 6000, 7000, 8000]);
    expect(bench.sampler.statistics()).toEqual([{ samples: 7, faults: 0, missed: 2, finished: false }]);
  });

  it('a period shorter than the machine is late still gets on', () => {
    const bench = benchOf({
      name: 'fast',
      periodMilliseconds: 1,
      create: () =>
        sensorOf(() => {
          bench.scheduler.runFor(3);
          return { t: 1 };
        }),
    });
    bench.sampler.start();
    bench.scheduler.runFor(300);
    const [statistics] = bench.sampler.statistics();
    expect(statistics?.samples).toBeGreaterThanOrEqual(100);
    const passed = bench.scheduler.now;
    expect((statistics?.samples ?? 0) + (statistics?.missed ?? 0)).toBeLessThanOrEqual(passed + 1);
    expect((statistics?.samples ?? 0) + (statistics?.missed ?? 0)).toBeGreaterThan(passed - 6);
  });
});
