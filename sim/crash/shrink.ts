/** Makes a script that fails shorter: drops steps, and cuts, while it still fails in some way. */
import { replay, type Violation } from './explorer.js';
import type { Script, Step } from './script.js';
import type { OpenOutbox } from './session.js';

/** What weak cells read changes with every step that is dropped, so that each attempt is made with a few seeds. */
const SEEDS = 12;

export function shrink(violation: Violation, open: OpenOutbox): Violation {
  let best = violation;
  for (let size = best.script.steps.length >> 1; size >= 1; size = size === 1 && best !== violation ? 0 : size >> 1) {
    for (let from = 0; from + size <= best.script.steps.length; ) {
      const { steps } = best.script;
      const shorter = fails({ ...best.script, steps: [...steps.slice(0, from), ...steps.slice(from + size)] }, open);
      if (shorter === undefined) from += size;
      else best = shorter;
    }
  }
  return best;
}

/** The violation of `script` with the seeds of its cuts as they are, or as they might have been. */
function fails(script: Script, open: OpenOutbox): Violation | undefined {
  for (let attempt = 0; attempt < SEEDS; attempt++) {
    const tried = attempt === 0 ? script : { ...script, steps: script.steps.map((step) => reseeded(step, attempt)) };
    const message = replay(tried, open);
    if (message !== undefined) return { message, script: tried };
  }
  return undefined;
}

function reseeded(step: Step, attempt: number): Step {
  return step.kind === 'cut' ? { ...step, seed: (step.seed + attempt) % 0x7fffffff } : step;
}
