/** Tries to find a fault in an outbox: first by the named incidents, then by exploring. */
import type { Violation } from './explorer.js';
import { incidents, playIncident } from './incidents.js';
import { explorerOf } from './plan.js';
import type { OpenOutbox } from './session.js';

export interface Finding extends Violation {
  /** The incident that led to it, or the seed. */
  readonly way: string;
}

/** Of the crash states that are explored, one in so many is explored for one seed. One seed in four is of encrypted flash. */
const SEEDS = 8;

/** Gives up after `states` crash states. */
export function findFault(open: OpenOutbox, ways: number, states: number): Finding | undefined {
  for (const incident of incidents) {
    const violation = playIncident(incident, open, ways);
    if (violation !== undefined) return { ...violation, way: incident.name };
  }
  let explored = 0;
  for (let seed = 1; explored < states; seed++) {
    const statesMax = Math.min(Math.ceil(states / SEEDS), states - explored);
    const explorer = explorerOf(seed, open, undefined, { statesMax });
    const violation = explorer.explore();
    explored += explorer.states;
    if (violation !== undefined) return { ...violation, way: `seed ${seed}, ${explored} states` };
  }
  return undefined;
}
