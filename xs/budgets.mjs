/** `npm run budgets`: builds, and hands over to budgets-command.ts. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildDevice } from '../scripts/build.mjs';
import { buildXs } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = join(root, 'build', 'xs', 'budgets-command.mjs');

await buildDevice();
const built = await buildXs();
if (built === undefined) process.exit(1);
await build({
  absWorkingDir: root,
  entryPoints: ['xs/budgets-command.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'error',
});
const { showBudgets } = await import(outfile);
await showBudgets(root, built, process.argv.slice(2));
