/**
 * When a sensor is due. Slot n of a sensor begins at `start + n * period` and lasts one period; whatever happens, a slot
 * is served at most once and the grid never moves, so the schedule cannot drift and a stall cannot bunch samples.
 *
 *     start       +1 period    +2 periods   +3 periods
 *       | slot 0    | slot 1     | slot 2     | slot 3
 *       x           x            . stall .  x | x           slot 2 is served late, within itself; none is made up for
 *
 * Pure arithmetic. It knows neither clocks nor sensors.
 */

/** The longest a failing sensor is left alone, unless its period is longer. */
const pauseMillisecondsMax = 300_000;

/** When slot `index` begins. */
export function slotDueMilliseconds(startMilliseconds: number, periodMilliseconds: number, index: number): number {
  return startMilliseconds + index * periodMilliseconds;
}

/**
 * The slot to serve at `nowMilliseconds` when slot `planned` was waited for: `planned` itself, or the slot that has begun
 * meanwhile. The difference is the number of slots missed. Serving the current slot, and not waiting for the next, lets a
 * sensor go on whose period is shorter than the timer is late.
 */
export function slotAt(
  startMilliseconds: number,
  periodMilliseconds: number,
  planned: number,
  nowMilliseconds: number,
): number {
  return Math.max(planned, Math.floor((nowMilliseconds - startMilliseconds) / periodMilliseconds));
}

/**
 * How many slots after a failed one the next try is, when `failures` tries (at least 1) have failed in a row: 1, 2, 4, ...
 * The cap is a time and not a number of slots: a loose contact put right is noticed within five minutes whatever the
 * period, and a dead sensor on a short period does not fill the log with its faults.
 */
export function pauseSlots(failures: number, periodMilliseconds: number): number {
  return Math.min(2 ** (failures - 1), Math.max(1, Math.floor(pauseMillisecondsMax / periodMilliseconds)));
}
