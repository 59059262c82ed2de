/**
 * How long the flash will last. Pure.
 *
 * Sectors are opened in turn, so that all blocks are erased equally often, once a sector that is opened. A power cut may cost
 * one erase more, of one block.
 */

/** Erases that a block of NOR flash takes, as the data sheets have it. */
const CYCLES_MAX = 100_000;
export const YEARS_MAX = 1000;
const DAY_MILLISECONDS = 86_400_000;
const YEAR_MILLISECONDS = 365.25 * DAY_MILLISECONDS;

/** Both from the statistics of an outbox. */
export interface Wear {
  readonly sectors: number;
  readonly sectorsOpened: number;
}

/** Erases that each block has had, on average. */
export function cyclesOf({ sectors, sectorsOpened }: Wear): number {
  return sectorsOpened / sectors;
}

/**
 * Years that the flash lasts at least, at the rate of a period that is known, at most `YEARS_MAX`. The sector that the period
 * ended in counts as full, so that the forecast is no higher for a period that was short. `undefined` for less than a day:
 * what a device does at noon says little of its night.
 */
export function yearsLeft(wear: Wear, openedInPeriod: number, milliseconds: number): number | undefined {
  if (milliseconds < DAY_MILLISECONDS) return undefined;
  const erasesLeft = Math.max(0, CYCLES_MAX - cyclesOf(wear)) * wear.sectors;
  const perYear = ((openedInPeriod + 1) * YEAR_MILLISECONDS) / milliseconds;
  return Math.min(YEARS_MAX, erasesLeft / perYear);
}
