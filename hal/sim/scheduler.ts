/**
 * Virtual time: one ordered list of due callbacks for everything that happens in a simulation.
 *
 * It knows neither devices nor networks. Time stands still while a callback runs and leaps to the next due one; nothing
 * happens unless a test asks for it.
 *
 * Invariants: callbacks run in the order of (time, order of insertion); `now` never goes back; a callback that throws is
 * gone from the list, its error comes out of the call that ran it, and the list stays usable.
 */

/** How many callbacks may run at one instant before the scheduler calls it an endless loop. */
const CALLBACKS_PER_INSTANT_MAX = 1_000_000;

/** A due callback. Opaque to others: `index` is its place in the heap, -1 when it ran or was cleared. */
export interface ScheduledCallback {
  readonly time: number;
  readonly order: number;
  readonly callback: () => void;
  index: number;
}

export class Scheduler {
  /** Binary heap: entry i is not later than its children 2i + 1 and 2i + 2. */
  readonly #heap: ScheduledCallback[] = [];
  #now = 0;
  #order = 0;
  #ranAtThisInstant = 0;

  /** Virtual time in whole milliseconds; 0 at the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Callbacks that are due now or later. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Calls `callback` when time has come to `time`, which is whole and not in the past. */
  at(time: number, callback: () => void): ScheduledCallback {
    if (!Number.isSafeInteger(time) || time < this.#now) {
      throw new RangeError(`a callback cannot be due at ${time}, it is ${this.#now} now`);
    }
    const entry = { time, order: this.#order++, callback, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** A cleared callback never runs. Harmless when it ran already or was cleared before. */
  clear(entry: ScheduledCallback): void {
    if (this.#heap[entry.index] === entry) this.#remove(entry);
  }

  /** Runs the next due callback, whenever it is due; false when there is none. */
  step(): boolean {
    const next = this.#heap[0];
    if (next === undefined) return false;
    this.#remove(next);
    if (next.time > this.#now) {
      this.#now = next.time;
      this.#ranAtThisInstant = 0;
    }
    this.#ranAtThisInstant += 1;
    if (this.#ranAtThisInstant > CALLBACKS_PER_INSTANT_MAX) {
      throw new Error(`endless loop: over ${CALLBACKS_PER_INSTANT_MAX} callbacks ran at ${this.#now}`);
    }
    next.callback();
    return true;
  }

  /** Runs all that is due up to and at `time`; it is `time` afterwards. */
  runUntil(time: number): void {
    if (!Number.isSafeInteger(time) || time < this.#now) {
      throw new RangeError(`time cannot be run to ${time}, it is ${this.#now} now`);
    }
    for (let next = this.#heap[0]; next !== undefined && next.time <= time; next = this.#heap[0]) this.step();
    if (time > this.#now) {
      this.#now = time;
      this.#ranAtThisInstant = 0;
    }
  }

  runFor(milliseconds: number): void {
    this.runUntil(this.#now + milliseconds);
  }

  #remove(entry: ScheduledCallback): void {
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#place(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }

  #rise(entry: ScheduledCallback): void {
    while (entry.index > 0) {
      const place = entry.index;
      const parent = this.#heap[(place - 1) >> 1];
      if (parent === undefined || isBefore(parent, entry)) return;
      this.#place(entry, parent.index);
      this.#place(parent, place);
    }
  }

  #sink(entry: ScheduledCallback): void {
    while (true) {
      const place = entry.index;
      let child = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      if (child !== undefined && right !== undefined && isBefore(right, child)) child = right;
      if (child === undefined || isBefore(entry, child)) return;
      this.#place(entry, child.index);
      this.#place(child, place);
    }
  }

  #place(entry: ScheduledCallback, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}

function isBefore(one: ScheduledCallback, other: ScheduledCallback): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
