import { benchOf, sensorOf } from './bench.js';

describe('a sensor that runs out', () => {
  it.each([
    ['with its last sample', 3],
    ['with an undefined sample', 4],
  ])('ends without a fault: %s', (_, exhaustedAt) => {
    let given = 0;
    let closed = 0;
    const sensor = {
      ...sensorOf(() => (++given > 3 ? undefined : { row: given }), { close: () => (closed += 1) }),
      get exhausted() {
        return given >= exhaustedAt;
      },
    };
    const bench = benchOf({ name: 'recording', periodMilliseconds: 1000, create: () => sensor });
    bench.sampler.start();
    bench.scheduler.runFor(60_000);
    expect(bench.samples.map(({ sample }) => sample)).toEqual([{ row: 1 }, { row: 2 }, { row: 3 }]);
    expect(bench.sampler.statistics()).toEqual([{ samples: 3, faults: 0, missed: 0, finished: true }]);
    expect(closed).toBe(1);
    expect(bench.scheduler.pending).toBe(0);
  });
});
