/**
 * `npm run soak`: power cuts on the outbox, on all cores, as many as asked for.
 *
 *     npm run soak -- [--states 1000000] [--seed N] [--depth 1|2|3]
 *     npm run soak -- --script '4x512 seed:7 append*12 restart'      plays one way, as a violation prints it
 *
 * Seeds count up from --seed, which is drawn when not given, and are printed; a seed stands for the same states always, of
 * which the last few seeds may leave some out.
 * Exit code 1 when there was a violation, 2 when the command line is wrong.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openOutbox } from '../src/outbox/outbox.js';
import { Crew, type CrewOptions } from './crash/crew.js';
import { replay } from './crash/explorer.js';
import { DEPTH_MAX } from './crash/plan.js';
import { parseScript } from './crash/script.js';
import type { SoakViolation } from './crash/soak-worker.js';

const USAGE = `usage: npm run soak -- [--states N] [--seed N] [--depth 1..${DEPTH_MAX}] | --script '...'\n`;
const STATES_DEFAULT = 1_000_000;
/** How often progress is told, on a terminal and in a log file. */
const TERMINAL_MILLISECONDS = 500;
const LOG_MILLISECONDS = 15_000;

async function soak(options: Omit<CrewOptions, 'worker'>): Promise<boolean> {
  const begin = Date.now();
  const crew = new Crew({
    ...options,
    worker: new URL('./crash/soak-worker.js', import.meta.url),
    onViolation: (violation) => process.stdout.write(describe(violation)),
  });
  const rate = () => {
    const seconds = Math.max((Date.now() - begin) / 1000, 0.001);
    const states = crew.states.toLocaleString('en');
    const perSecond = Math.round(crew.states / seconds).toLocaleString('en');
    return `${states} crash states, seeds ${options.seed} to ${crew.lastSeed}, ${perSecond} states/s`;
  };
  const { isTTY } = process.stderr;
  const progress = setInterval(
    () => process.stderr.write(isTTY ? `\r${rate()}\x1b[K` : `${rate()}\n`),
    isTTY ? TERMINAL_MILLISECONDS : LOG_MILLISECONDS,
  );
  await crew.explore();
  clearInterval(progress);
  if (isTTY) process.stderr.write('\r\x1b[K');
  const count = crew.violations.length;
  process.stdout.write(`${rate()}: ${count === 0 ? 'no violation' : `${count} violations`}\n`);
  return count === 0;
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
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.script !== undefined) {
    const message = replay(parseScript(values.script), openOutbox);
    process.stdout.write(`${message ?? 'no violation'}\n`);
    return message === undefined ? 0 : 1;
  }
  const isClean = await soak({
    states: wholeNumber('states', values.states, 1, 1e12) ?? STATES_DEFAULT,
    seed: wholeNumber('seed', values.seed, 0, 0x7fffffff) ?? randomInt(1_000_000),
    depth: wholeNumber('depth', values.depth, 1, DEPTH_MAX),
  });
  return isClean ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 2;
}
