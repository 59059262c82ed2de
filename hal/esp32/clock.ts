/**
 * Time since boot and timers, on the ESP32's microsecond counter.
 *
 * The counter (`esp_timer`) has 64 bits, of which a JavaScript number holds 285 years; the SDK's millisecond ticks turn
 * negative after 25 days and are not used. The SDK's timers count those ticks, in an order of their own. So one of them
 * serves all of ours, which stand in a list by due time and, at the same time, by when they were set.
 *
 * It does not know where the wall time comes from: whoever learns it says so with `setWallMilliseconds`.
 */
import 'microseconds';
import Time from 'time';
import SdkTimer from 'timer';
import type { Clock, Timer } from '../contract.js';

/** The SDK compares ticks in 31 bits. Waking once a day in between costs nothing. */
const waitMillisecondsMax = 86_400_000;

interface Entry {
  readonly dueMilliseconds: number;
  /** `undefined` once it ran or was cleared. */
  callback: (() => void) | undefined;
  next: Entry | undefined;
}

export class Esp32Clock implements Clock {
  #wallAtBootMilliseconds: number | undefined;
  /** Due later, the soonest first. */
  #waiting: Entry | undefined;
  #sdkTimer: SdkTimer | undefined;

  milliseconds(): number {
    return Math.floor((Time.microseconds as number) / 1000);
  }

  wallMilliseconds(): number | undefined {
    if (this.#wallAtBootMilliseconds === undefined) return undefined;
    return this.#wallAtBootMilliseconds + this.milliseconds();
  }

  /** A trustworthy source says that it is this late, in whole milliseconds since 1970. Sets the system's clock as well. */
  setWallMilliseconds(wallMilliseconds: number): void {
    this.#wallAtBootMilliseconds = wallMilliseconds - this.milliseconds();
    Time.set(Math.floor(wallMilliseconds / 1000));
  }

  setTimer(callback: () => void, delayMilliseconds: number): Timer {
    const entry: Entry = { dueMilliseconds: this.milliseconds() + delayMilliseconds, callback, next: undefined };
    if (this.#insert(entry)) this.#wait();
    return entry;
  }

  clearTimer(timer: Timer): void {
    const entry = timer as Entry;
    if (entry.callback === undefined) return;
    entry.callback = undefined;
    this.#remove(entry);
  }

  /** True when the entry became the first. */
  #insert(entry: Entry): boolean {
    let before: Entry | undefined;
    let after = this.#waiting;
    while (after !== undefined && after.dueMilliseconds <= entry.dueMilliseconds) {
      before = after;
      after = after.next;
    }
    entry.next = after;
    if (before === undefined) this.#waiting = entry;
    else before.next = entry;
    return before === undefined;
  }

  /** An entry of the turn that is being run is not in the list any more; it does nothing, having no callback. */
  #remove(entry: Entry): void {
    let before: Entry | undefined;
    for (let at = this.#waiting; at !== undefined; before = at, at = at.next) {
      if (at !== entry) continue;
      if (before === undefined) this.#waiting = at.next;
      else before.next = at.next;
      return;
    }
  }

  #wait(): void {
    SdkTimer.clear(this.#sdkTimer);
    this.#sdkTimer = undefined;
    if (this.#waiting === undefined) return;
    const milliseconds = this.#waiting.dueMilliseconds - this.milliseconds();
    this.#sdkTimer = SdkTimer.set(() => this.#run(), Math.min(Math.max(milliseconds, 0), waitMillisecondsMax));
  }

  /** Runs what is due. What these callbacks set waits for the next turn, even when it is due at once. */
  #run(): void {
    this.#sdkTimer = undefined;
    const now = this.milliseconds();
    let due = this.#waiting;
    let last: Entry | undefined;
    for (let at = due; at !== undefined && at.dueMilliseconds <= now; at = at.next) last = at;
    if (last === undefined) {
      this.#wait();
      return;
    }
    this.#waiting = last.next;
    last.next = undefined;
    this.#wait();
    for (; due !== undefined; due = due.next) {
      const { callback } = due;
      due.callback = undefined;
      callback?.();
    }
  }
}
