/** What `npm run budgets` says to a command line that it does not understand. The figures are in scenarios.test.ts. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../xs/budgets.mjs');
const run = (...parameters: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...parameters], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('npm run budgets', () => {
  it('shows its options', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const word of ['--json', '--heap', '--record', '"long run"']) expect(stdout).toContain(word);
  });

  it.each([
    ['an option that it does not have', ['--jsn'], "budgets: Unknown option '--jsn'"],
    ['a scenario that there is not', ['offline'], 'budgets: there is no scenario "offline"'],
    ['options behind a second --, which are none', ['--', '--record'], 'budgets: there is no scenario "--record"'],
  ])('refuses %s, with the usage, and measures nothing', (_, parameters, sentence) => {
    const { status, stdout, stderr } = run(...parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).toContain('usage: npm run budgets -- [');
    expect(stderr).not.toContain('    at ');
  });
});
