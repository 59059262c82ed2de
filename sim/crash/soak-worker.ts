/** Explores seed after seed in a thread of its own, as `sim/soak.ts` deals them out. */
import { parentPort } from 'node:worker_threads';
import { openOutbox } from '../../src/outbox/outbox.js';
import { explorerOf } from './plan.js';
import { formatScript } from './script.js';
import { shrink } from './shrink.js';

/** From the main thread: what to explore next. */
export interface SoakTask {
  readonly seed: number;
  readonly depth: number | undefined;
  readonly statesMax: number;
}

/** To the main thread: states since the last report; at the end of a seed its outcome. */
export type SoakReport =
  | { readonly kind: 'progress'; readonly states: number }
  | { readonly kind: 'done'; readonly states: number; readonly violation: SoakViolation | undefined };

export interface SoakViolation {
  readonly seed: number;
  readonly message: string;
  /** One line that shows it (script.ts). */
  readonly script: string;
}

const STATES_PER_REPORT = 500;

parentPort?.on('message', ({ seed, depth, statesMax }: SoakTask) => {
  let unreported = 0;
  const report = (message: SoakReport) => parentPort?.postMessage(message);
  const explorer = explorerOf(seed, openOutbox, depth, {
    statesMax,
    onState: () => {
      if (++unreported < STATES_PER_REPORT) return;
      report({ kind: 'progress', states: unreported });
      unreported = 0;
    },
  });
  const found = explorer.explore();
  const violation = found && shrink(found, openOutbox);
  report({
    kind: 'done',
    states: unreported,
    violation: violation && { seed, message: violation.message, script: formatScript(violation.script) },
  });
});
