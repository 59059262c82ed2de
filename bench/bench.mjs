/**
 * `npm run bench -- NAME [--json]`: a table, or one JSON array of {name, value, unit, peer, peerValue}.
 * Each benchmark is a file of this folder that exports `description` and `run(progress)`.
 */
const NAMES = ['delivery', 'outbox'];

const names = process.argv.slice(2).filter((parameter) => !parameter.startsWith('-'));
const flags = process.argv.slice(2).filter((parameter) => parameter.startsWith('-'));
const json = flags.includes('--json');

const wrong =
  flags.find((flag) => flag !== '--json' && flag !== '--help') ?? names.find((name) => !NAMES.includes(name));
if (wrong !== undefined) {
  process.stderr.write(`bench: unknown ${wrong}, expected ${NAMES.join(', ')} or --json\n`);
  process.exit(2);
}
if (flags.includes('--help')) {
  process.stdout.write(`npm run bench -- [${NAMES.join(' | ')}] [--json]\n`);
  process.exit(0);
}

const rows = [];
for (const name of names.length > 0 ? names : NAMES) {
  const { description, run } = await import(`./${name}.mjs`);
  if (!json) process.stdout.write(`${name}: ${description}\n`);
  const found = await run((line) => process.stderr.write(`  ${line}\n`));
  rows.push(...found);
  if (!json) print(found);
}
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);

function print(found) {
  const lines = [['figure', 'godwit', 'peer', '', 'godwit / peer']];
  for (const { name, value, unit, peer, peerValue } of found) {
    const ratio = typeof peerValue === 'number' && peerValue > 0 ? (value / peerValue).toFixed(3) : '';
    lines.push([name, `${value} ${unit}`, peerValue === undefined ? '' : `${peerValue} ${unit}`, peer ?? '', ratio]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    process.stdout.write(
      `  ${line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd()}\n`,
    );
}
