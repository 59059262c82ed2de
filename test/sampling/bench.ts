/** A sampler in virtual time, with everything it hands over written down. */

import type { Sample, Sensor } from '../../hal/contract.js';
import { SimClock } from '../../hal/sim/clock.js';
import { Scheduler } from '../../hal/sim/scheduler.js';
import { Sampler, type SensorPlan } from '../../src/sampling/sampler.js';

export interface Bench {
  readonly scheduler: Scheduler;
  readonly sampler: Sampler;
  /** Times of the samples of one sensor. */
  sampleTimes(sensorIndex: number): number[];
  faultTimes(sensorIndex: number): number[];
  readonly samples: { sensor: number; sample: Sample; milliseconds: number }[];
  readonly faults: { sensor: number; reason: string; milliseconds: number }[];
}

interface BenchSensor extends SensorPlan {
  readonly name: string;
  readonly create: () => Sensor;
}

export function benchOf(...sensors: BenchSensor[]): Bench {
  const scheduler = new Scheduler();
  const samples: Bench['samples'] = [];
  const faults: Bench['faults'] = [];
  const sampler = new Sampler({
    clock: new SimClock(scheduler),
    sensors,
    create: (i) => (sensors[i] as BenchSensor).create(),
    onSample: (sensor, sample, milliseconds) => samples.push({ sensor, sample, milliseconds }),
    onFault: (sensor, reason, milliseconds) => faults.push({ sensor, reason, milliseconds }),
  });
  const times = (entries: { sensor: number; milliseconds: number }[], sensorIndex: number) =>
    entries.filter(({ sensor }) => sensor === sensorIndex).map(({ milliseconds }) => milliseconds);
  return {
    scheduler,
    sampler,
    samples,
    faults,
    sampleTimes: (sensorIndex) => times(samples, sensorIndex),
    faultTimes: (sensorIndex) => times(faults, sensorIndex),
  };
}

/** A sensor that answers at once with what `sample` gives. */
export function sensorOf(sample: () => Sample | undefined, rest: Partial<Sensor> = {}): Sensor {
  return { configure() {}, close() {}, ...rest, sample };
}
