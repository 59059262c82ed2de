/** Explores crash states on all cores, for the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { Crew } from '../../sim/crash/crew.js';

export const EXPLORE_MILLISECONDS_MAX = 240_000;

/**
 * Explores seeds from `seed` on until there were `states` states or more; how many. Throws an Error that says how to play a
 * violation again. The explorer runs from a bundle of its own: inside of Jest it takes twice as long.
 */
export async function explore(seed: number, depth: number, states: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-crash-'));
  try {
    const outfile = join(folder, 'soak-worker.mjs');
    const entry = join(import.meta.dirname, '..', '..', 'sim', 'crash', 'soak-worker.ts');
    buildSync({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node' });
    const crew = new Crew({ worker: pathToFileURL(outfile), seed, depth, states });
    await crew.explore();
    const [first] = crew.violations;
    if (first !== undefined) throw new Error(`${first.message}\nnpm run soak -- --script '${first.script}'`);
    return crew.states;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
