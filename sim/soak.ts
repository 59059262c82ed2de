/**
 * `npm run soak`: power cuts on the outbox, on all cores, as many as asked for.
 *
 *     npm run soak -- [--states 1000000] [--seed N] [--depth 1|2|3]
 *     npm run soak -- --script '4x512 seed:7 append*12 restart'      plays one way, as a violation prints it
 *
 * Seeds count up from --seed, which is drawn when not given, and are printed; a seed stands for the same states always.
 * Exit code 1 when there was a violation, 2 when the command line is wrong.
 */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openOutbox } from '../src/outbox/outbox.js';
import { replay } from './crash/explorer.js';
import { DEPTH_MAX } from './crash/plan.js';
import { parseScript } from './crash/script.js';
import type { SoakReport, SoakTask, SoakViolation } from './crash/soak-worker.js';

const USAGE = `usage: npm run soak -- [--states N] [--seed N] [--depth 1..${DEPTH_MAX}] | --script '...'\n`;
const STATES_DEFAULT = 1_000_000;
const VIOLATIONS_MAX = 5;
/** How often progress is told, on a terminal and in a log file. */
const TERMINAL_MILLISECONDS = 500;
const LOG_MILLISECONDS = 15_000;

interface SoakOptions {
  readonly states: number;
  readonly seed: number;
  readonly depth: number | undefined;
}

/** Explores on all cores until there were enough states or violations; resolves to the violations. */
function soak(options: SoakOptions): Promise<SoakViolation[]> {
  const begin = Date.now();
  const violations: SoakViolation[] = [];
  const last = { states: 0, seed: options.seed - 1 };
  const rate = () => {
    const seconds = (Date.now() - begin) / 1000;
    return `${last.states.toLocaleString('en')} crash states, seeds ${options.seed} to ${last.seed}, ${Math.round(
      last.states / Math.max(seconds, 0.001),
    ).toLocaleString('en')} states/s`;
  };
  const { isTTY } = process.stderr;
  const progress = setInterval(
    () => process.stderr.write(isTTY ? `\r${rate()}\x1b[K` : `${rate()}\n`),
    isTTY ? TERMINAL_MILLISECONDS : LOG_MILLISECONDS,
  );

  const explore = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./crash/soak-worker.js', import.meta.url));
      const next = () => {
        if (last.states >= options.states || violations.length >= VIOLATIONS_MAX) {
          resolve(worker.terminate().then(() => undefined));
          return;
        }
        const task: SoakTask = { seed: ++last.seed, depth: options.depth };
        worker.postMessage(task);
      };
      worker.on('error', reject);
      worker.on('message', (report: SoakReport) => {
        last.states += report.states;
        if (report.kind === 'progress') return;
        if (report.violation !== undefined) {
          violations.push(report.violation);
          process.stdout.write(describe(report.violation));
        }
        next();
      });
      next();
    });

  return Promise.all(Array.from({ length: availableParallelism() }, explore)).then(() => {
    clearInterval(progress);
    if (isTTY) process.stderr.write('\r\x1b[K');
    const outcome = violations.length === 0 ? 'no violation' : `${violations.length} violations`;
    process.stdout.write(`${rate()}: ${outcome}\n`);
    return violations;
  });
}

function describe({ seed, message, script }: SoakViolation): string {
  return `seed ${seed}: ${message}\n  npm run soak -- --script '${script}'\n`;
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`--${name} is ${text}, expected a whole number from ${min} to ${max}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      states: { type: 'string' },
      seed: { type: 'string' },
      depth: { type: 'string' },
      script: { type: 'string' },
    },
  });
  if (values.script !== undefined) {
    const message = replay(parseScript(values.script), openOutbox);
    process.stdout.write(`${message ?? 'no violation'}\n`);
    return message === undefined ? 0 : 1;
  }
  const violations = await soak({
    states: wholeNumber('states', values.states, 1, 1e12) ?? STATES_DEFAULT,
    seed: wholeNumber('seed', values.seed, 0, 0x7fffffff) ?? randomInt(1_000_000),
    depth: wholeNumber('depth', values.depth, 1, DEPTH_MAX),
  });
  return violations.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 2;
}
