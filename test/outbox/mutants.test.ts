/** That the proof can fail: faults put into the outbox on purpose are found. `npm run mutants` tries all of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildMutant } from '../../sim/crash/mutant-build.js';
import { type Mutant, mutants, mutate } from '../../sim/crash/mutants.js';
import { findFault } from '../../sim/crash/trial.js';

const root = join(import.meta.dirname, '..', '..');

/** Those that are found at once. */
const QUICK = [
  'a record is not checked',
  'a header is not checked',
  'a header without frames is always believed',
  'nothing is zeroed after an unclean boot',
  'the last record is handed out before it is solid',
  'a position that only the last frame knows is taken for saved',
  'saving a position may evict',
];

describe('each mutant', () => {
  it('has its text in the outbox, once, and a name of its own', () => {
    for (const mutant of mutants) {
      for (const file of [mutant.file, mutant.also?.file ?? mutant.file]) {
        const source = readFileSync(join(root, 'src', 'outbox', file), 'utf8');
        expect(mutate(source, mutant, file)).not.toBe(source);
      }
    }
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});

describe('the proof finds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-mutants-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('nothing in the outbox as it is', async () => {
    const { openOutbox } = await import('../../src/outbox/outbox.js');
    expect(findFault(openOutbox, 5, 2000)).toBeUndefined();
  });

  it.each(QUICK)('%s', async (name) => {
    const mutant = mutants.find((other) => other.name === name) as Mutant;
    const { openOutbox } = await import(buildMutant(root, mutant, join(folder, name.replaceAll(' ', '-'))));
    expect(findFault(openOutbox, 60, 10_000)).toBeDefined();
  });
});
