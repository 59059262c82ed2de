/** `npm run budgets`: reads the command line, builds, and hands over to budgets-command.ts. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDevice } from '../scripts/build.mjs';
import { buildXs, bundle } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { parseOptions, showBudgets, USAGE } = await bundle('xs/budgets-command.ts');

let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  end(`${error.message}\n${USAGE}`, 2);
}
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

try {
  await buildDevice();
  const built = await buildXs();
  if (built === undefined) process.exit(1);
  await showBudgets(root, built, options);
} catch (error) {
  end(`${error.message}\n`, 1);
}

function end(text, exitCode) {
  process.stderr.write(`budgets: ${text}`);
  process.exit(exitCode);
}
