/** `npm run budgets`: builds, and hands over to budgets-command.ts. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDevice } from '../scripts/build.mjs';
import { buildXs, bundle } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

await buildDevice();
const built = await buildXs();
if (built === undefined) process.exit(1);
const { showBudgets } = await bundle('xs/budgets-command.ts');
await showBudgets(root, built, process.argv.slice(2));
