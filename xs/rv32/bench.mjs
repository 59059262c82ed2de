/** `npm run bench:rv32 [-- --json]`: a table, or one JSON array of the measurements of bench.ts. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildXs, bundle } from '../build.mjs';
import { buildRv32 } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const parameters = process.argv.slice(2);

const wrong = parameters.find((parameter) => !['--json', '--help'].includes(parameter));
if (wrong !== undefined) end(`unknown ${wrong}, expected --json`, 2);
if (parameters.includes('--help')) {
  process.stdout.write('npm run bench:rv32 [-- --json]\n');
  process.exit(0);
}

try {
  const command = await buildRv32();
  const built = await buildXs();
  if (built === undefined) end('the host of 32 bits needs gcc', 1);
  const { measureRv32 } = await bundle('xs/rv32/bench.ts');
  const measurements = await measureRv32(built, command, root, (scenario) => process.stderr.write(`${scenario} ...\n`));
  if (parameters.includes('--json')) process.stdout.write(`${JSON.stringify(measurements)}\n`);
  else print(measurements);
} catch (error) {
  end(error.message, 1);
}

function print(measurements) {
  const lines = [['rv32imc instructions', 'all', 'collection', 'checksum', 'flash', 'script and the rest']];
  for (const { name, instructions, ...parts } of measurements) {
    const { collection, checksum, flash } = parts;
    const rest = instructions - collection - checksum - flash;
    const shares = [collection, checksum, flash, rest].map((part) => `${((100 * part) / instructions).toFixed(1)} %`);
    lines.push([name, instructions.toLocaleString('en'), ...shares]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const [name, ...cells] of lines) {
    const shown = cells.map((cell, i) => cell.padStart(widths[i + 1]));
    process.stdout.write(`${[name.padEnd(widths[0]), ...shown].join('  ')}\n`);
  }
}

function end(sentence, exitCode) {
  process.stderr.write(`bench:rv32: ${sentence}\n`);
  process.exit(exitCode);
}
