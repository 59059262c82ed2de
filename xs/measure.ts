/**
 * The budgets: what each scenario costs, measured, compared with what was recorded, and recorded.
 *
 * Figures are exact and the same at each run, so any change is the code's. "heap" is the smallest block of memory, stack
 * included, in which the scenario passes; found by halving.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { XsEngine } from './run.js';
import type { Figures, Limits, Played } from './stage.js';
import type { Scenario } from './suite.js';

/** By scenario, by figure. */
export interface Budgets {
  readonly [scenario: string]: Figures;
}

interface Difference {
  readonly scenario: string;
  readonly figure: string;
  readonly recorded: number;
  readonly measured: number;
}

export const HEAP = 'heap, bytes';
const HEAP_BYTES_MAX = 96 * 1024;
const HEAP_STEP_BYTES = 64;

/** Plays in a folder of its own. */
export async function play(scenario: Scenario, engine: XsEngine, limits: Limits): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-xs-'));
  try {
    return await scenario.play(engine, folder, limits);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A play whose figures hold the peak of the stack as well. */
export async function measure(scenario: Scenario, engine: XsEngine, limits: Limits): Promise<Played> {
  const played = await play(scenario, engine, limits);
  if (played.problems.length > 0) return played;
  const stackPeak = Math.max(...played.reports.map(({ stack }) => stack.peak));
  return { ...played, figures: { ...played.figures, 'stack peak, slots': stackPeak } };
}

/** The smallest block that the scenario passes in. */
export async function smallestHeap(scenario: Scenario, engine: XsEngine): Promise<number> {
  const passes = async (staticBytes: number) => (await play(scenario, engine, { staticBytes })).problems.length === 0;
  let low = 0;
  let high = HEAP_BYTES_MAX / HEAP_STEP_BYTES;
  if (!(await passes(HEAP_BYTES_MAX))) throw new Error(`${scenario.name} does not pass in ${HEAP_BYTES_MAX} bytes`);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await passes(middle * HEAP_STEP_BYTES)) high = middle;
    else low = middle;
  }
  return high * HEAP_STEP_BYTES;
}

/** Figures that are worse than recorded: every figure is a cost. */
export function worse(recorded: Budgets, measured: Budgets): Difference[] {
  return Object.entries(measured).flatMap(([scenario, figures]) =>
    Object.entries(figures).flatMap(([figure, value]) => {
      const before = recorded[scenario]?.[figure];
      return before === undefined || value <= before ? [] : [{ scenario, figure, recorded: before, measured: value }];
    }),
  );
}

/** Byte codes of one reading by the folders of the code that it went through, from a run with `profile`. */
export function stagesOf({ reports }: Played, readings: number): Figures {
  const stages: { [folder: string]: number } = {};
  for (const { module, byteCodes } of reports.at(-1)?.functions ?? []) {
    const folder = module.slice(0, module.lastIndexOf('/'));
    stages[folder] = (stages[folder] ?? 0) + byteCodes / readings;
  }
  return stages;
}
