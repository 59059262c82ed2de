/**
 * One direction of a simulated connection: carries bytes and signals (connected, closed, reset) in order, each due after
 * the latency of the link at the time of sending. It does not know what the bytes mean, nor who sits at its ends.
 *
 * Invariants: what arrives was sent, in order, and once; everything arrives out of the scheduler, never out of a call;
 * a broken pipe says nothing to anyone.
 */
import type { Random } from '../contract.js';
import { integerBelow } from './random.js';
import type { ScheduledCallback, Scheduler } from './scheduler.js';

/** The state of a link, read anew whenever it matters. SimLink says what each means. */
export interface LinkConditions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly connected: boolean;
  readonly latencyMilliseconds: number;
  readonly bandwidthBytesPerSecond: number | undefined;
  readonly writeSpaceBytes: number;
  readonly fragmentBytes: number | undefined;
  readonly stalled: boolean;
}

type Parcel = { readonly due: number } & ({ bytes: Uint8Array } | { readonly signal: () => void });

export class Pipe {
  readonly #link: LinkConditions;
  readonly #deliver: (bytes: Uint8Array) => void;
  #parcels: Parcel[] = [];
  #timer: ScheduledCallback | undefined;
  /** When the last byte sent so far has left the sender, in fractions of a millisecond. */
  #sentTime = 0;
  #broken = false;

  constructor(link: LinkConditions, deliver: (bytes: Uint8Array) => void) {
    this.#link = link;
    this.#deliver = deliver;
  }

  send(bytes: Uint8Array): void {
    if (this.#broken || bytes.length === 0) return;
    this.#parcels.push({ due: this.#due(bytes.length), bytes: bytes.slice() });
    this.resume();
  }

  signal(signal: () => void): void {
    if (this.#broken) return;
    this.#parcels.push({ due: this.#due(0), signal });
    this.resume();
  }

  /** Goes on delivering; to be called when the link is no longer stalled. */
  resume(): void {
    const first = this.#parcels[0];
    const { scheduler, stalled } = this.#link;
    if (first === undefined || this.#timer !== undefined || stalled) return;
    this.#timer = scheduler.at(Math.max(first.due, scheduler.now), () => this.#deliverFirst());
  }

  /** Loses all that is under way. */
  clear(): void {
    this.#parcels = [];
    if (this.#timer !== undefined) this.#link.scheduler.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Loses all that is under way and all that will be sent. */
  break(): void {
    this.#broken = true;
    this.clear();
  }

  #due(byteCount: number): number {
    const { scheduler, latencyMilliseconds, bandwidthBytesPerSecond } = this.#link;
    this.#sentTime = Math.max(this.#sentTime, scheduler.now);
    if (bandwidthBytesPerSecond !== undefined) this.#sentTime += (byteCount * 1000) / bandwidthBytesPerSecond;
    return Math.ceil(this.#sentTime) + latencyMilliseconds;
  }

  #deliverFirst(): void {
    this.#timer = undefined;
    const parcel = this.#parcels[0];
    if (parcel === undefined || this.#link.stalled) return;
    if ('signal' in parcel) {
      this.#parcels.shift();
      this.resume();
      parcel.signal();
      return;
    }
    const { fragmentBytes, random } = this.#link;
    const piece =
      fragmentBytes === undefined
        ? this.#take(parcel.bytes.length)
        : this.#take(1 + integerBelow(random, this.#arrivedBytes(fragmentBytes)));
    this.resume();
    this.#deliver(piece);
  }

  /** Bytes at the front whose time has come, counted up to `limit`. */
  #arrivedBytes(limit: number): number {
    let count = 0;
    for (const parcel of this.#parcels) {
      if (count >= limit || 'signal' in parcel || parcel.due > this.#link.scheduler.now) break;
      count += parcel.bytes.length;
    }
    return Math.min(count, limit);
  }

  /** Removes `byteCount` bytes from the front, out of as many parcels as it takes. */
  #take(byteCount: number): Uint8Array {
    const taken = new Uint8Array(byteCount);
    for (let count = 0; count < byteCount; ) {
      const parcel = this.#parcels[0];
      if (parcel === undefined || 'signal' in parcel) throw new Error('bytes were taken that are not there');
      const part = parcel.bytes.subarray(0, byteCount - count);
      taken.set(part, count);
      count += part.length;
      if (part.length === parcel.bytes.length) this.#parcels.shift();
      else parcel.bytes = parcel.bytes.subarray(part.length);
    }
    return taken;
  }
}
