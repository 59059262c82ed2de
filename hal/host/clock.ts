/**
 * Time on a host: monotonic since construction (the boot), the system's wall clock, and timers.
 *
 * Node's own timers may run a fraction of a millisecond early, do not keep the order of timers with different delays,
 * and take no delay over 2^31 - 1. So the pending timers stand here in one list, ordered by due time, and only the first
 * of them is set with Node.
 */
import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../contract.js';

/** The longest delay that `setTimeout` takes, about 24.8 days. */
const TIMEOUT_MILLISECONDS_MAX = 0x7fff_ffff;

interface PendingTimer {
  /** On the scale of `performance.now()`. */
  readonly dueMilliseconds: number;
  readonly callback: () => void;
}

export class HostClock implements Clock {
  readonly #bootMilliseconds = performance.now();
  /** Earliest first; of equals, the one set first. */
  readonly #timers: PendingTimer[] = [];
  /** Calls off what is set with Node. */
  #disarm: (() => void) | undefined;

  milliseconds(): number {
    return Math.floor(performance.now() - this.#bootMilliseconds);
  }

  wallMilliseconds(): number {
    return Date.now();
  }

  setTimer(callback: () => void, delayMilliseconds: number): Timer {
    if (!(delayMilliseconds >= 0 && delayMilliseconds <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`a timer needs a delay of 0 or more milliseconds, not ${delayMilliseconds}`);
    }
    const timer = { dueMilliseconds: performance.now() + delayMilliseconds, callback };
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1] as PendingTimer).dueMilliseconds > timer.dueMilliseconds) place--;
    this.#timers.splice(place, 0, timer);
    if (place === 0) this.#arm();
    return timer;
  }

  clearTimer(timer: Timer): void {
    const place = this.#timers.indexOf(timer as PendingTimer);
    if (place === -1) return;
    this.#timers.splice(place, 1);
    if (place === 0) this.#arm();
  }

  /** Sets the first timer with Node, in place of what was set before. */
  #arm(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    const first = this.#timers[0];
    if (first === undefined) return;
    const delay = first.dueMilliseconds - performance.now();
    if (delay <= 0) {
      const immediate = setImmediate(() => this.#run());
      this.#disarm = () => clearImmediate(immediate);
    } else {
      const timeout = setTimeout(() => this.#run(), Math.min(Math.ceil(delay), TIMEOUT_MILLISECONDS_MAX));
      this.#disarm = () => clearTimeout(timeout);
    }
  }

  /** Runs what was due before now, and so nothing that the callbacks set: that is for the next turn. */
  #run(): void {
    const now = performance.now();
    try {
      for (let first = this.#timers[0]; first !== undefined; first = this.#timers[0]) {
        if (first.dueMilliseconds >= now) break;
        this.#timers.shift();
        first.callback();
      }
    } finally {
      this.#arm();
    }
  }
}
