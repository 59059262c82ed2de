/** Explores crash states until there were enough, for the tests that share them out over the cores. */
import { explorerOf } from '../../sim/crash/plan.js';
import { formatScript } from '../../sim/crash/script.js';
import { openOutbox } from '../../src/outbox/outbox.js';

export const EXPLORE_MILLISECONDS_MAX = 240_000;

/**
 * Seeds count up from `seed`. Several cuts are explored on flash without broken cells (DESIGN.md, "Outbox", 12). Throws an Error that says how to play the
 * violation again.
 */
export function explore(seed: number, depth: number, states: number): number {
  let explored = 0;
  for (let next = seed; explored < states; next++) {
    const explorer = explorerOf(next, openOutbox, depth, { statesMax: states - explored, hasGoodCells: depth > 1 });
    const violation = explorer.explore();
    explored += explorer.states;
    if (violation !== undefined)
      throw new Error(`${violation.message}\nnpm run soak -- --script '${formatScript(violation.script)}'`);
  }
  return explored;
}
