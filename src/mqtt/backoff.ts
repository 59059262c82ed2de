/**
 * How long to wait before the next attempt to connect: exponential back-off with full jitter, so that devices that lost
 * the broker at the same moment do not come back at the same moment.
 *
 * Pure. The caller counts the attempts, and starts to count anew only after a link that has been stable: a broker that
 * accepts a client and then throws it out (two devices with one client identifier do that to each other) must not be
 * tried at full speed for ever.
 */
import type { Random } from '../../hal/contract.js';

/** A whole delay, 0 <= delay < min(max, base * 2^attempt); `attempt` counts from 0. */
export function backoffMilliseconds(
  attempt: number,
  baseMilliseconds: number,
  maxMilliseconds: number,
  random: Random,
): number {
  return Math.floor(random() * Math.min(maxMilliseconds, baseMilliseconds * 2 ** attempt));
}
