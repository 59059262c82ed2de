import type { Sample } from '../../hal/contract.js';
import { benchOf, sensorOf } from './bench.js';

const healthy = { name: 'healthy', periodMilliseconds: 1000, create: () => sensorOf(() => ({ t: 1 })) };

describe('a sensor that throws', () => {
  it('is reported once for each failed try, with pauses of 1, 2, 4, ... periods', () => {
    const bench = benchOf({
      name: 'broken',
      periodMilliseconds: 1000,
      create: () => {
        throw new Error('no acknowledge at 0x44');
      },
    });
    bench.sampler.start();
    bench.scheduler.runFor(31_000);
    expect(bench.faultTimes(0)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
    expect(bench.faults[0]?.reason).toBe('no acknowledge at 0x44');
    expect(bench.sampler.statistics()).toEqual([{ samples: 0, faults: 6, missed: 26, finished: false }]);
  });

  it('is tried at least every five minutes', () => {
    const bench = benchOf({ name: 'broken', periodMilliseconds: 1000, create: () => sensorOf(fail) });
    bench.sampler.start();
    bench.scheduler.runFor(86_400_000);
    const times = bench.faultTimes(0);
    const pauses = times.map((time, index) => time - (times[index - 1] ?? 0));
    expect(Math.max(...pauses)).toBe(300_000);
    expect(times.length).toBeGreaterThan(280);
  });

  it('is closed and made anew, and back on its grid once it works', () => {
    let made = 0;
    let closed = 0;
    const bench = benchOf({
      name: 'loose contact',
      periodMilliseconds: 1000,
      create: () => {
        made += 1;
        return sensorOf(() => (bench.scheduler.now >= 2000 && bench.scheduler.now < 9000 ? fail() : { t: 1 }), {
          close: () => (closed += 1),
        });
      },
    });
    bench.sampler.start();
    bench.scheduler.runFor(12_000);
    expect(bench.faultTimes(0)).toEqual([2000, 3000, 5000]);
    expect(bench.sampleTimes(0)).toEqual([0, 1000, 9000, 10_000, 11_000, 12_000]);
    expect(made).toBe(4);
    expect(closed).toBe(3);
  });

  it('begins with the short pause again after a sample', () => {
    const failing = [0, 1000, 4000];
    const bench = benchOf({
      name: 'now and then',
      periodMilliseconds: 1000,
      create: () => sensorOf(() => (failing.includes(bench.scheduler.now) ? fail() : { t: 1 })),
    });
    bench.sampler.start();
    bench.scheduler.runFor(6000);
    expect(bench.faultTimes(0)).toEqual([0, 1000, 4000]);
    expect(bench.sampleTimes(0)).toEqual([3000, 5000, 6000]);
  });

  it.each([
    ['an Error', new Error('bad checksum'), 'bad checksum'],
    ['a string', 'bad checksum', 'bad checksum'],
    ['an Error without a message', new Error(), 'failed without giving a reason'],
    ['nothing', undefined, 'failed without giving a reason'],
    ['an object that cannot be printed', Object.create(null), 'failed without giving a reason'],
  ])('may throw %s', (_, thrown, reason) => {
    const bench = benchOf({ name: 'odd', periodMilliseconds: 1000, create: () => sensorOf(() => throwIt(thrown)) });
    bench.sampler.start();
    bench.scheduler.runFor(0);
    expect(bench.faults.map((fault) => fault.reason)).toEqual([reason]);
  });

  it('may throw in close as well', () => {
    const bench = benchOf({ name: 'rotten', periodMilliseconds: 1000, create: () => sensorOf(fail, { close: fail }) });
    bench.sampler.start();
    bench.scheduler.runFor(1000);
    expect(bench.faultTimes(0)).toEqual([0, 1000]);
    expect(() => bench.sampler.stop()).not.toThrow();
  });
});

describe('a sensor without a value', () => {
  it.each<[string, unknown]>([
    ['an empty sample', {}],
    ['no number', { t: '21.4', h: null }],
    ['not a number', { t: Number.NaN, h: Number.POSITIVE_INFINITY }],
    ['nothing deeper down', { thermometer: { t: Number.NaN }, hygrometer: {} }],
    ['null', null],
  ])('is a fault: %s', (_, sample) => {
    const bench = benchOf({ name: 'mute', periodMilliseconds: 1000, create: () => sensorOf(() => sample as Sample) });
    bench.sampler.start();
    bench.scheduler.runFor(0);
    expect(bench.faults.map((fault) => fault.reason)).toEqual(['gave no value']);
    expect(bench.samples).toEqual([]);
  });

  it.each<[string, Sample]>([
    ['flat', { t: Number.NaN, h: 55 }],
    ['one level deep', { thermometer: { t: 21.4 } }],
  ])('is none as long as one value is there: %s', (_, sample) => {
    const bench = benchOf({ name: 'half', periodMilliseconds: 1000, create: () => sensorOf(() => sample) });
    bench.sampler.start();
    bench.scheduler.runFor(0);
    expect(bench.samples.map((entry) => entry.sample)).toEqual([sample]);
  });
});

describe('a sensor that never answers', () => {
  it('is a fault after its period, 5 s at most', () => {
    const plan = (periodMilliseconds: number) => ({
      name: 'dead',
      periodMilliseconds,
      create: () => sensorOf(() => undefined, { conversionMilliseconds: 15 }),
    });
    const bench = benchOf(plan(300), plan(60_000));
    bench.sampler.start();
    bench.scheduler.runFor(5000);
    expect(bench.faults.find((fault) => fault.sensor === 0)).toEqual({
      sensor: 0,
      reason: 'no answer within 300 ms',
      milliseconds: 300,
    });
    expect(bench.faults.filter((fault) => fault.sensor === 1)).toEqual([
      { sensor: 1, reason: 'no answer within 5000 ms', milliseconds: 5000 },
    ]);
  });

  it.each([undefined, 0, Number.NaN, -5])('is not asked in a tight loop (conversion time %s)', (conversion) => {
    let asked = 0;
    const rest = conversion === undefined ? {} : { conversionMilliseconds: conversion };
    const sample = () => {
      asked += 1;
      return undefined;
    };
    const bench = benchOf({ name: 'dead', periodMilliseconds: 1000, create: () => sensorOf(sample, rest) });
    bench.sampler.start();
    bench.scheduler.runFor(999);
    expect(asked).toBe(500);
  });
});

describe('sensors beside a faulty one', () => {
  it('are sampled as if they were alone', () => {
    const bench = benchOf(
      healthy,
      { name: 'hangs', periodMilliseconds: 700, create: () => sensorOf(() => undefined) },
      { name: 'throws', periodMilliseconds: 1000, create: () => sensorOf(fail, { close: fail }) },
      { ...healthy, periodMilliseconds: 300 },
    );
    bench.sampler.start();
    bench.scheduler.runFor(60_000);
    expect(bench.sampleTimes(0)).toEqual(Array.from({ length: 61 }, (_, n) => n * 1000));
    expect(bench.sampleTimes(3)).toEqual(Array.from({ length: 201 }, (_, n) => n * 300));
    expect(bench.faultTimes(1).length).toBeGreaterThan(3);
    expect(bench.faultTimes(2).length).toBeGreaterThan(3);
  });
});

describe('the books of the slots', () => {
  it('balance: every slot up to the last one served is a sample, a fault or missed', () => {
    let calls = 0;
    const bench = benchOf({
      name: 'all sorts',
      periodMilliseconds: 100,
      create: () =>
        sensorOf(() => {
          calls += 1;
          if (calls % 7 === 0) bench.scheduler.runFor(250);
          if (calls % 5 === 0) return undefined;
          return calls % 11 === 0 ? fail() : { t: 1 };
        }),
    });
    bench.sampler.start();
    bench.scheduler.runFor(100_000);
    const [statistics] = bench.sampler.statistics();
    const { samples = 0, faults = 0, missed = 0 } = statistics ?? {};
    expect(faults).toBeGreaterThan(0);
    expect(missed).toBeGreaterThan(0);
    const lastSlot = Math.floor(Math.max(...bench.sampleTimes(0), ...bench.faultTimes(0)) / 100);
    expect(lastSlot + 1 - (samples + faults + missed)).toBeLessThanOrEqual(3);
    expect(lastSlot + 1 - (samples + faults + missed)).toBeGreaterThanOrEqual(0);
  });
});

function fail(): never {
  throw new Error('broken');
}

function throwIt(thrown: unknown): never {
  throw thrown;
}
