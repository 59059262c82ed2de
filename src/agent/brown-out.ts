/**
 * What to do about a supply that sags: sleep, and try again later.
 *
 * A weak battery or a small panel carries the chip, but not its radio. Without a rest the device boots, starts the radio,
 * browns out and boots again, several times a minute: that empties the battery for good, and each boot writes to flash.
 * So the device sleeps first, longer each time it browns out again: 10 s, 20 s, ... up to an hour. How often it did is
 * retained over sleep and resets; once a boot has lasted, it is forgotten.
 *
 * It does not know what the program does. To be asked before that begins, while the radio is off.
 */
import type { Clock, System } from '../../hal/contract.js';

const REST_MILLISECONDS_MIN = 10_000;
const REST_MILLISECONDS_MAX = 3_600_000;
/** A boot that lasted this long is taken for a sign that the supply carries the device. */
const STEADY_MILLISECONDS = 600_000;

/** Whether the device goes to sleep, so that nothing is to be begun. Never on a device that cannot sleep or retain. */
export function restsAfterBrownOut(system: System, clock: Clock): boolean {
  if (system.sleep === undefined || system.recall === undefined || system.retain === undefined) return false;
  if (system.resetReason !== 'brown-out') {
    clock.setTimer(() => system.retain?.(0), STEADY_MILLISECONDS);
    return false;
  }
  const before = system.recall();
  system.retain(before + 1);
  system.sleep(Math.min(REST_MILLISECONDS_MIN * 2 ** before, REST_MILLISECONDS_MAX));
  return true;
}
