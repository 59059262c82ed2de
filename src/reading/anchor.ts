/**
 * Wall time, repaired and not guessed: a reading holds milliseconds since its boot, and the first trustworthy wall time of
 * that boot, its anchor, tells when that was. Later and better knowledge of the same boot is ignored, so that a reading's
 * time never changes between two deliveries, and a clock that leaps moves nothing.
 *
 * The anchor is a record in the log, for whoever reads the log; this table, in key-value storage, knows those of the
 * newest boots after their records have left the log.
 */
import type { KeyValue } from '../../hal/contract.js';

/** Boots whose anchors are kept here. Older readings that are still queued find theirs by looking ahead in the log. */
const ANCHORS_MAX = 16;
const KEY = 'anchors';

/** Wall clocks outside are not believed: 2024-01-01 to 2100-01-01. */
const BELIEVABLE_FROM = 1_704_067_200_000;
const BELIEVABLE_TO = 4_102_444_800_000;

export class Anchors {
  readonly #keyValue: KeyValue;
  /** [boot, wall time of its millisecond 0], ascending. */
  readonly #known: [number, number][];

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue;
    this.#known = JSON.parse(keyValue.read(KEY) ?? '[]') as [number, number][];
  }

  /** When millisecond 0 of `boot` was, in milliseconds since 1970; `undefined` when nobody knew yet. */
  startOf(boot: number): number | undefined {
    for (const [known, start] of this.#known) if (known === boot) return start;
    return undefined;
  }

  /** Learns an anchor, unless the boot has one. Says whether it was new. */
  learn(boot: number, milliseconds: number, unixMilliseconds: number): boolean {
    if (this.startOf(boot) !== undefined) return false;
    this.#known.push([boot, unixMilliseconds - milliseconds]);
    this.#known.sort(([a], [b]) => a - b);
    if (this.#known.length > ANCHORS_MAX) this.#known.shift();
    this.#keyValue.write(KEY, JSON.stringify(this.#known));
    return true;
  }
}

/** Whether a wall clock may serve as an anchor. */
export function isBelievable(unixMilliseconds: number | undefined): unixMilliseconds is number {
  return unixMilliseconds !== undefined && unixMilliseconds >= BELIEVABLE_FROM && unixMilliseconds < BELIEVABLE_TO;
}
