/**
 * Wall time, repaired and not guessed: a reading holds milliseconds since its boot, and the first trustworthy wall time of
 * that boot, its anchor, tells when that was. Later and better knowledge of the same boot is ignored, so that a reading's
 * time never changes between two deliveries, and a clock that leaps moves nothing.
 *
 * The anchor is a record in the log, for whoever reads the log, and for boots older than this table. The table, in key-value
 * storage, knows the anchors of the newest boots, and of the boots whose readings are on their way: an anchor's record may
 * leave the log before the last reading of its boot.
 */
import type { KeyValue } from '../../hal/contract.js';

/** Boots whose anchors are kept here, in a value of less than 1000 bytes. */
const ANCHORS_MAX = 32;
const KEY = 'anchors';

/** Wall clocks outside are not believed: 2024-01-01 to 2100-01-01. */
const BELIEVABLE_FROM = 1_704_067_200_000;
const BELIEVABLE_TO = 4_102_444_800_000;

export class Anchors {
  readonly #keyValue: KeyValue;
  /** Never forgotten. */
  readonly #boot: number;
  /** [boot, wall time of its millisecond 0], as they were learnt. */
  readonly #known: [number, number][];
  /** What was asked for last, as it is at each reading. */
  #askedBoot = 0;
  #askedStart: number | undefined;

  constructor(keyValue: KeyValue, boot: number) {
    this.#keyValue = keyValue;
    this.#boot = boot;
    this.#known = JSON.parse(keyValue.read(KEY) ?? '[]') as [number, number][];
  }

  /** When millisecond 0 of `boot` was, in milliseconds since 1970; `undefined` when nobody knew yet. */
  startOf(boot: number): number | undefined {
    if (boot === this.#askedBoot) return this.#askedStart;
    this.#askedBoot = boot;
    this.#askedStart = undefined;
    for (const [known, start] of this.#known) if (known === boot) this.#askedStart = start;
    return this.#askedStart;
  }

  /** Learns an anchor, unless the boot has one. What was learnt first is forgotten first. */
  learn(boot: number, milliseconds: number, unixMilliseconds: number): void {
    if (this.startOf(boot) !== undefined) return;
    const start = unixMilliseconds - milliseconds;
    this.#known.push([boot, start]);
    this.#askedBoot = boot;
    this.#askedStart = start;
    if (this.#known.length > ANCHORS_MAX) this.#known.splice(this.#known[0]?.[0] === this.#boot ? 1 : 0, 1);
    this.#keyValue.write(KEY, JSON.stringify(this.#known));
  }
}

/** Whether a wall clock may serve as an anchor. */
export function isBelievable(unixMilliseconds: number | undefined): unixMilliseconds is number {
  return unixMilliseconds !== undefined && unixMilliseconds >= BELIEVABLE_FROM && unixMilliseconds < BELIEVABLE_TO;
}
