import { SimClock } from '../../hal/sim/clock.js';
import { Scheduler } from '../../hal/sim/scheduler.js';
import { Sampler } from '../../src/sampling/sampler.js';
import { benchOf, sensorOf } from './bench.js';

describe('the times of samples', () => {
  it('are start + n * period exactly, however long it runs', () => {
    const bench = benchOf({ name: 'a', periodMilliseconds: 250, create: () => sensorOf(() => ({ t: 1 })) });
    bench.scheduler.runFor(77);
    bench.sampler.start();
    bench.scheduler.runFor(250 * 1000);
    const times = bench.sampleTimes(0);
    expect(times).toHaveLength(1001);
    expect(times).toEqual(times.map((_, n) => 77 + n * 250));
    expect(bench.sampler.statistics()).toEqual([{ samples: 1001, faults: 0, missed: 0, finished: false }]);
  });

  it('stay on the grid when a measurement takes a while', () => {
    const asked: number[] = [];
    const bench = benchOf({
      name: 'slow',
      periodMilliseconds: 1000,
      create: () => {
        let converting = false;
        return sensorOf(
          () => {
            asked.push(bench.scheduler.now);
            converting = !converting;
            return converting ? undefined : { t: 1 };
          },
          { conversionMilliseconds: 15 },
        );
      },
    });
    bench.sampler.start();
    bench.scheduler.runFor(2999);
    expect(asked).toEqual([0, 15, 1000, 1015, 2000, 2015]);
    expect(bench.sampleTimes(0)).toEqual([15, 1015, 2015]);
  });

  it('end with stop, which closes the sensor', () => {
    let closed = 0;
    const sensor = sensorOf(() => ({ t: 1 }), { close: () => (closed += 1) });
    const bench = benchOf({ name: 'a', periodMilliseconds: 1000, create: () => sensor });
    bench.sampler.start();
    bench.scheduler.runFor(1500);
    bench.sampler.stop();
    expect(closed).toBe(1);
    expect(bench.scheduler.pending).toBe(0);
  });

  it('end when stop is called by the one who takes the sample', () => {
    const scheduler = new Scheduler();
    const times: number[] = [];
    const sampler = new Sampler({
      clock: new SimClock(scheduler),
      sensors: [{ periodMilliseconds: 1000 }],
      create: () => sensorOf(() => ({ t: 1 })),
      onSample: (_, __, milliseconds) => {
        times.push(milliseconds);
        if (milliseconds === 2000) sampler.stop();
      },
      onFault: () => {},
    });
    sampler.start();
    scheduler.runFor(10_000);
    expect(times).toEqual([0, 1000, 2000]);
  });

  it('begin anew with a second start', () => {
    const bench = benchOf({ name: 'a', periodMilliseconds: 1000, create: () => sensorOf(() => ({ t: 1 })) });
    bench.sampler.start();
    bench.scheduler.runFor(1300);
    bench.sampler.stop();
    bench.sampler.start();
    bench.scheduler.runFor(1000);
    expect(bench.sampleTimes(0)).toEqual([0, 1000, 1300, 2300]);
    expect(bench.sampler.statistics()[0]?.missed).toBe(0);
  });
});
