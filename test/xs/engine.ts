/**
 * The XS engine for tests, as `npm test` has built it, and the places that a run needs. Without a C compiler there is none,
 * and what is described with `describeOnXs` is skipped by name.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XsEngine } from '../../xs/run.js';

const root = join(import.meta.dirname, '..', '..');

export const engine = open();
export const describeOnXs = engine === undefined ? describe.skip : describe;

function open(): XsEngine | undefined {
  const path = join(root, 'build/xs/built.json');
  const built = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
  return built === null ? undefined : new XsEngine(built, root);
}

/** Runs `action` with an empty folder, which is gone afterwards. */
export async function withFolder<Result>(action: (folder: string) => Result | Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-xs-'));
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
