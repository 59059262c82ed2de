/**
 * `npm run mutants`: puts each fault of `sim/crash/mutants.ts` into the outbox and sees whether the proof finds it: the
 * named incidents, the explorer, and then the tests in `test/outbox`.
 *
 *     npm run mutants -- [--only TEXT] [--states 100000]
 *
 * Exit code 1 when a mutant survives that has no reason to, or one is killed that is said to be equivalent.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { buildMutant } from './crash/mutant-build.js';
import type { MutantTask, MutantVerdict } from './crash/mutant-worker.js';
import { type Mutant, mutants } from './crash/mutants.js';

const USAGE = 'usage: npm run mutants -- [--only TEXT] [--states N]\n';
const WAYS = 400;
const STATES_DEFAULT = 100_000;
const MILLISECONDS_MAX = 10 * 60_000;
/** Tests that explore by themselves, or need the whole repository. */
const TESTS_LEFT_OUT = ['crash-', 'incidents', 'mutants'].map((name) => `/test/outbox/${name}`);

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** How the proof found the fault; `undefined` when it did not. */
async function kill(mutant: Mutant, folder: string, states: number): Promise<string | undefined> {
  const module = buildMutant(root, mutant, folder);
  return (await explore({ module, ways: WAYS, states })) ?? (await runTests(folder));
}

function explore(task: MutantTask): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./crash/mutant-worker.js', import.meta.url), { workerData: task });
    const timer = setTimeout(() => {
      worker.terminate();
      resolve('does not end');
    }, MILLISECONDS_MAX);
    worker.on('error', reject);
    worker.on('message', (verdict: MutantVerdict) => {
      clearTimeout(timer);
      resolve(verdict && `${verdict.message} (${verdict.way})\n      ${verdict.script}`);
    });
  });
}

/** Runs `test/outbox` with the mutant in the place of the outbox. The first test that fails. */
async function runTests(folder: string): Promise<string | undefined> {
  const { default: config } = await import(pathToFileURL(join(root, 'jest.config.js')).href);
  const mutated = {
    ...config,
    rootDir: root,
    roots: [join(root, 'test', 'outbox')],
    testPathIgnorePatterns: TESTS_LEFT_OUT,
    moduleNameMapper: { '^.*/src/outbox/(.*)\\.js$': `${folder}/$1.ts`, ...config.moduleNameMapper },
  };
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const parameters = ['--experimental-vm-modules', '--no-warnings', jest, '--config', JSON.stringify(mutated)];
  const options = { cwd: root, timeout: MILLISECONDS_MAX, maxBuffer: 1 << 26 };
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [...parameters, '--bail', '-i'], options, (error, output, report) => {
      const failed = /● (.+)/.exec(report)?.[1];
      if (error === null) resolve(undefined);
      else if (failed !== undefined) resolve(`test: ${failed}`);
      else if (error.killed) resolve('test: does not end');
      else reject(new Error(`the tests did not run: ${output}${report}`));
    }),
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, states: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const states = values.states === undefined ? STATES_DEFAULT : Number(values.states);
  if (!Number.isInteger(states) || states < 0)
    throw new RangeError(`--states is ${values.states}, expected a whole number`);
  const chosen = mutants.filter(({ name }) => name.includes(values.only ?? ''));
  const count = { killed: 0, equivalent: 0, wrong: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'godwit-mutants-'));
  let next = 0;
  const play = async () => {
    for (let index = next++; index < chosen.length; index = next++) {
      const mutant = chosen[index] as Mutant;
      const began = Date.now();
      const found = await kill(mutant, join(folder, String(index)), states);
      const outcome = found !== undefined ? 'killed' : mutant.equivalent !== undefined ? 'equivalent' : 'SURVIVED';
      const isWrong = outcome === 'SURVIVED' || (outcome === 'killed' && mutant.equivalent !== undefined);
      count[isWrong ? 'wrong' : outcome === 'killed' ? 'killed' : 'equivalent']++;
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      const detail = found ?? mutant.equivalent ?? 'nothing found it';
      const note = isWrong && found !== undefined ? ', though it was thought equivalent' : '';
      process.stdout.write(`${outcome}${note}: ${mutant.name} [${seconds} s]\n    ${detail}\n`);
    }
  };
  try {
    await Promise.all(Array.from({ length: availableParallelism() }, play));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(
    `${chosen.length} mutants: ${count.killed} killed, ${count.equivalent} equivalent, ${count.wrong} not as expected\n`,
  );
  return count.wrong === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 2;
}
