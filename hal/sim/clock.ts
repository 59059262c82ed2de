/**
 * The clock of one simulated device: counts from the moment it was made (the boot) in the virtual time of a scheduler.
 *
 * It does not know what the device does. Several clocks share one scheduler, so devices of one simulation live in the
 * same time and differ in when they booted and in whether they know the wall time.
 */
import type { Clock, Timer } from '../contract.js';
import type { ScheduledCallback, Scheduler } from './scheduler.js';

export interface SimClockOptions {
  /** Wall time at boot; absent while the device has not learned it. */
  readonly wallOffset?: number | undefined;
}

export class SimClock implements Clock {
  /** Wall time is this plus `milliseconds()`; `undefined` means not known. May be changed at any moment. */
  wallOffsetMilliseconds: number | undefined;
  readonly #scheduler: Scheduler;
  readonly #bootTime: number;
  readonly #timers = new Set<ScheduledCallback>();
  #stopped = false;

  constructor(scheduler: Scheduler, options: SimClockOptions = {}) {
    this.#scheduler = scheduler;
    this.#bootTime = scheduler.now;
    this.wallOffsetMilliseconds = options.wallOffset;
  }

  milliseconds(): number {
    return this.#scheduler.now - this.#bootTime;
  }

  wallMilliseconds(): number | undefined {
    if (this.wallOffsetMilliseconds === undefined) return undefined;
    return this.wallOffsetMilliseconds + this.milliseconds();
  }

  setTimer(callback: () => void, delayMilliseconds: number): Timer {
    if (!Number.isSafeInteger(delayMilliseconds) || delayMilliseconds < 0) {
      throw new RangeError(`a timer needs a whole delay of 0 or more milliseconds, not ${delayMilliseconds}`);
    }
    if (this.#stopped) return {};
    const timer = this.#scheduler.at(this.#scheduler.now + delayMilliseconds, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    const scheduled = timer as ScheduledCallback;
    if (this.#timers.delete(scheduled)) this.#scheduler.clear(scheduled);
  }

  /** The power is gone: no timer of this clock fires any more, neither those pending nor those set from now on. */
  cancelAll(): void {
    this.#stopped = true;
    for (const timer of this.#timers) this.#scheduler.clear(timer);
    this.#timers.clear();
  }
}
