/** Tries one mutant in a thread of its own: some never end. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { formatScript } from './script.js';
import { shrink } from './shrink.js';
import { findFault } from './trial.js';

export interface MutantTask {
  readonly module: string;
  readonly ways: number;
  readonly states: number;
}

/** What was found; `undefined` for nothing. */
export type MutantVerdict = { readonly message: string; readonly way: string; readonly script: string } | undefined;

const { module, ways, states } = workerData as MutantTask;
const { openOutbox } = await import(pathToFileURL(module).href);
const found = findFault(openOutbox, ways, states);
const verdict: MutantVerdict = found && {
  message: found.message,
  way: found.way,
  script: formatScript(shrink(found, openOutbox).script),
};
parentPort?.postMessage(verdict);
