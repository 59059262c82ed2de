/**
 * Asks each sensor for its values on its own schedule.
 *
 * It does not know what the values mean or where they go: a sample, or the reason why there is none, is handed over at
 * once and forgotten.
 *
 * Invariants:
 *   - every slot of a sensor that has passed is exactly one of: a sample, a fault (a try that failed), or missed (the
 *     machine was late, or the sensor was being left alone after a fault);
 *   - sensors share nothing, so that one which fails or never answers cannot delay another;
 *   - nothing that a driver throws leaves this file; what `onSample` and `onFault` throw does, with the next slot set;
 *   - the times handed over never go back.
 */
import type { Clock, Sample, Sensor, Timer } from '../../hal/contract.js';
import { pauseSlots, slotAt, slotDueMilliseconds } from './schedule.js';

/** How long an answer is waited for at most. A sensor with a shorter period has that period. */
const sampleTimeoutMilliseconds = 5000;
/** The shortest time between two questions to a sensor that is still measuring. */
const askAgainMillisecondsMin = 2;

/** A sensor that can run out, as a recording does. Once `exhausted` is true it is closed and not asked again. */
export interface FiniteSensor extends Sensor {
  readonly exhausted: boolean;
}

export interface SensorPlan {
  /** Whole milliseconds, at least 1. */
  readonly periodMilliseconds: number;
}

export interface SensorStatistics {
  readonly samples: number;
  readonly faults: number;
  readonly missed: number;
  /** The sensor ran out; no slot follows. */
  readonly finished: boolean;
}

export interface SamplerOptions {
  readonly clock: Clock;
  readonly sensors: readonly SensorPlan[];
  /** Gives a sensor that is configured and ready to sample. May throw; it is called again after every fault. */
  create(sensorIndex: number): Sensor;
  /** `milliseconds` is the time since boot at which the sensor gave the sample. `sample` is the driver's own object. */
  onSample(sensorIndex: number, sample: Sample, milliseconds: number): void;
  /** Called once for each try that failed. */
  onFault(sensorIndex: number, reason: string, milliseconds: number): void;
}

export class Sampler {
  readonly #clock: Clock;
  readonly #loops: SensorLoop[];

  constructor(options: SamplerOptions) {
    this.#clock = options.clock;
    this.#loops = options.sensors.map((plan, index) => new SensorLoop(plan, index, options));
  }

  /** Slot 0 of every sensor begins now. */
  start(): void {
    const now = this.#clock.milliseconds();
    for (const loop of this.#loops) loop.start(now);
  }

  /** Closes every sensor. No callback comes afterwards, until `start` is called again. */
  stop(): void {
    for (const loop of this.#loops) loop.stop();
  }

  /** One entry a sensor, in the order of the plans, counted since construction. */
  statistics(): SensorStatistics[] {
    return this.#loops.map((loop) => loop.statistics());
  }
}

/** The life of one sensor. At most one timer is pending: for the next slot, or for the next question within a slot. */
class SensorLoop {
  readonly #periodMilliseconds: number;
  readonly #index: number;
  readonly #options: SamplerOptions;
  readonly #timeoutMilliseconds: number;
  #sensor: Sensor | undefined;
  #timer: Timer | undefined;
  #startMilliseconds = 0;
  #deadlineMilliseconds = 0;
  /** The slot waited for or being served, and the one served before it. */
  #slot = 0;
  #slotServed = -1;
  /** Tries that failed since the last sample. */
  #failures = 0;
  #samples = 0;
  #faults = 0;
  #missed = 0;
  #finished = false;

  constructor(plan: SensorPlan, index: number, options: SamplerOptions) {
    this.#periodMilliseconds = plan.periodMilliseconds;
    this.#index = index;
    this.#options = options;
    this.#timeoutMilliseconds = Math.min(plan.periodMilliseconds, sampleTimeoutMilliseconds);
  }

  start(nowMilliseconds: number): void {
    this.stop();
    this.#startMilliseconds = nowMilliseconds;
    this.#slotServed = -1;
    this.#failures = 0;
    this.#finished = false;
    this.waitForSlot(0, nowMilliseconds);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.closeSensor();
  }

  statistics(): SensorStatistics {
    return { samples: this.#samples, faults: this.#faults, missed: this.#missed, finished: this.#finished };
  }

  private waitForSlot(slot: number, nowMilliseconds: number): void {
    this.#slot = slot;
    const due = slotDueMilliseconds(this.#startMilliseconds, this.#periodMilliseconds, slot);
    this.#timer = this.#options.clock.setTimer(() => this.beginSlot(), Math.max(0, due - nowMilliseconds));
  }

  private beginSlot() {
    const now = this.#options.clock.milliseconds();
    const slot = slotAt(this.#startMilliseconds, this.#periodMilliseconds, this.#slot, now);
    this.#missed += slot - this.#slotServed - 1;
    this.#slot = slot;
    this.#slotServed = slot;
    this.#deadlineMilliseconds = now + this.#timeoutMilliseconds;
    // Returned, as below, so that no frame of this stands on the stack under what the sample leads to.
    return this.ask();
  }

  private ask(): void {
    this.#timer = undefined;
    let sample: Sample | undefined;
    let exhausted = false;
    let conversionMilliseconds = 0;
    try {
      this.#sensor ??= this.#options.create(this.#index);
      sample = this.#sensor.sample();
      exhausted = (this.#sensor as FiniteSensor).exhausted === true;
      if (sample === undefined)
        conversionMilliseconds = Math.ceil(Number(this.#sensor.conversionMilliseconds ?? 0)) || 0;
      else if (!hasFiniteValue(sample)) throw new Error('gave no value');
    } catch (error) {
      this.fail(reasonOf(error));
      return;
    }
    const now = this.#options.clock.milliseconds();
    if (sample !== undefined) {
      this.#failures = 0;
      this.#samples += 1;
      if (exhausted) this.finish();
      else this.waitForSlot(this.#slot + 1, now);
      this.#options.onSample(this.#index, sample, now);
    } else if (exhausted) {
      this.finish();
    } else if (now >= this.#deadlineMilliseconds) {
      this.fail(`no answer within ${this.#timeoutMilliseconds} ms`);
    } else {
      const wait = Math.max(askAgainMillisecondsMin, conversionMilliseconds);
      const remaining = this.#deadlineMilliseconds - now;
      this.#timer = this.#options.clock.setTimer(() => this.ask(), Math.min(wait, remaining));
    }
  }

  private fail(reason: string): void {
    this.closeSensor();
    this.#faults += 1;
    this.#failures += 1;
    const now = this.#options.clock.milliseconds();
    this.waitForSlot(this.#slot + pauseSlots(this.#failures, this.#periodMilliseconds), now);
    this.#options.onFault(this.#index, reason, now);
  }

  private finish(): void {
    this.#finished = true;
    this.closeSensor();
  }

  private closeSensor(): void {
    const sensor = this.#sensor;
    this.#sensor = undefined;
    try {
      sensor?.close();
    } catch {
      // What could not be closed cannot be closed better; a fault that matters shows when the sensor is made anew.
    }
  }
}

/** Whether the sample holds a number, at its top or one level deep. */
function hasFiniteValue(sample: Sample): boolean {
  const values = Object.values(sample ?? {});
  if (values.some(Number.isFinite)) return true;
  return values.some(
    (value) => typeof value === 'object' && value !== null && Object.values(value).some(Number.isFinite),
  );
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : error;
  return typeof reason === 'string' && reason !== '' ? reason : 'failed without giving a reason';
}
