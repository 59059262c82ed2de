/**
 * Seeded randomness: the same seed gives the same sequence on every engine.
 *
 * The generator is Mulberry32 (Tommy Ettinger, 2017, public domain): one 32-bit word of state, which makes it cheap to
 * start anew, and a period of 2^32, which is plenty for a test run. It is no source of secrets.
 */
import type { Random } from '../contract.js';

/** A generator of fractions 0 <= x < 1, each a multiple of 2^-32. Of `seed`, the lowest 32 bits count. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A whole number, 0 <= x < `limit`. */
export function integerBelow(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}
