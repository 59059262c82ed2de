/** `npm run budgets`: measures, and shows it beside what is recorded. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Budgets, HEAP, measure, play, smallestHeap, stagesOf } from './measure.js';
import { XsEngine } from './run.js';
import type { Figures } from './stage.js';
import { scenarios } from './suite.js';

/** Ten times those of `npm test`: minutes. */
const LONG_RUN_PUBLISHES = 100_000;
/** Readings between the last mark and the end of a run with `profile`. */
const PROFILED_READINGS: { readonly [scenario: string]: number } = { online: 1000, backlog: 5000 };

export const USAGE = `usage: npm run budgets -- [--json] [--heap | --record] [scenario ...]

  --heap     also finds the smallest heap of each scenario, which takes minutes
  --record   does so and writes xs/budgets.json
  --json     prints JSON in place of tables

Scenarios, all of them by default: ${scenarios.map(({ name }) => `"${name}"`).join(', ')}
`;

export interface BudgetsOptions {
  readonly json: boolean;
  readonly heap: boolean;
  readonly record: boolean;
  readonly help: boolean;
  /** Names of scenarios. */
  readonly chosen: readonly string[];
}

/** Throws an Error of one sentence for what it does not know. */
export function parseOptions(parameters: string[]): BudgetsOptions {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: parameters,
    allowPositionals: true,
    options: { json: flag, heap: flag, record: flag, help: flag },
  });
  const names = scenarios.map(({ name }) => name);
  const wrong = positionals.find((name) => !names.includes(name));
  if (wrong !== undefined) throw new Error(`there is no scenario "${wrong}"`);
  return { ...values, chosen: positionals.length > 0 ? positionals : names };
}

/** Throws an Error of one sentence when it cannot measure. */
export async function showBudgets(
  root: string,
  built: { readonly command: readonly string[]; readonly bits: number },
  { json, heap, record, chosen }: BudgetsOptions,
): Promise<void> {
  const engine = new XsEngine(built, root);
  if (record && engine.bits !== 32)
    throw new Error(
      'budgets are those of 32 bits: install gcc-multilib (and qemu-user, if the kernel runs no 32-bit programs) to record',
    );
  const path = join(root, 'xs', 'budgets.json');
  const recorded: Budgets = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const measured: { [scenario: string]: Figures } = {};
  const stages: { [scenario: string]: Figures } = {};
  for (const scenario of scenarios) {
    const { name } = scenario;
    if (!chosen.includes(name)) continue;
    process.stderr.write(`${name} ...\n`);
    const { problems, figures } = await measure(scenario, engine, { publishes: LONG_RUN_PUBLISHES });
    if (problems.length > 0) {
      process.stderr.write(`${name} does not pass: ${problems.join('; ')}\n`);
      process.exitCode = 1;
      continue;
    }
    const smallest = heap || record ? { [HEAP]: await smallestHeap(scenario, engine) } : {};
    measured[name] = { ...figures, ...smallest };
    if (record) writeFileSync(path, `${JSON.stringify({ ...recorded, ...measured }, undefined, 2)}\n`);
    const readings = PROFILED_READINGS[name];
    if (readings !== undefined) stages[name] = stagesOf(await play(scenario, engine, { profile: true }), readings);
  }
  const text = json
    ? JSON.stringify({ bits: engine.bits, measured, recorded, stages }, undefined, 2)
    : `${budgetTable(measured, recorded)}\n\n${stageTable(stages)}`;
  process.stdout.write(`${text}\n`);
}

function budgetTable(measured: Budgets, recorded: Budgets): string {
  const rows = Object.entries(measured).flatMap(([scenario, figures]) =>
    Object.entries(figures).map(([figure, value]) => {
      const before = recorded[scenario]?.[figure];
      const change =
        before === undefined ? 'new' : before === value ? '' : `${value > before ? '+' : ''}${round(value - before)}`;
      return [scenario, figure, round(value), before === undefined ? '' : round(before), change];
    }),
  );
  return aligned([['scenario', 'figure', 'measured', 'recorded', 'change'], ...rows]);
}

function stageTable(stages: Budgets): string {
  const rows = Object.entries(stages).flatMap(([scenario, figures]) =>
    Object.entries(figures)
      .sort(([, a], [, b]) => b - a)
      .map(([folder, byteCodes]) => [scenario, folder, round(byteCodes)]),
  );
  return aligned([['scenario', 'stage', 'byte codes per reading'], ...rows]);
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function aligned(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
