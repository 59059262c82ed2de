/** What is explored for one seed: knobs turned differently for each, so that all corners are visited by and by. */
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import { Explorer, type ExplorerOptions } from './explorer.js';
import { randomScript } from './script.js';
import type { OpenOutbox } from './session.js';

export const DEPTH_MAX = 3;

/** About 10,000 crash states with `depth` cuts in a row; drawn, 1 to 3, when not given. One seed in four is of encrypted flash. */
export function explorerOf(
  seed: number,
  open: OpenOutbox,
  depth?: number,
  options: Omit<ExplorerOptions, 'open' | 'tears'> = {},
): Explorer {
  const random = seededRandom(~seed);
  const drawn = 1 + integerBelow(random, DEPTH_MAX);
  const isWriteOnce = seed % 4 === 3;
  const geometry = {
    sectors: (isWriteOnce ? 8 : 3) + integerBelow(random, 3),
    blockLength: random() < 0.8 ? 512 : 1024,
    unitLength: isWriteOnce ? 16 << integerBelow(random, 2) : 0,
  };
  // More sectors take more to fill.
  const script = randomScript(seed, (isWriteOnce ? 140 : 80) + integerBelow(random, 80), geometry);
  return new Explorer(script, { ...options, open, tears: tearsOf(depth ?? drawn) });
}

function tearsOf(depth: number): ExplorerOptions['tears'] {
  if (depth === 1) return ['every'];
  return depth === 2 ? [1.5, 5] : [0.15, 2, 2];
}
