/**
 * `npm start`, `npm test`, `npm run build` and `npm run bench` on a fresh clone: installs what the lock file names when
 * node_modules is missing or stale, builds, and hands over.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [task, ...rest] = process.argv.slice(2);

/** npm itself is told to install only when the lock file differs from the one installed last. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.godwit-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('installing dependencies from the lock file ...\n');
  const npm = process.env.npm_execpath;
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) {
    process.stderr.write('godwit: npm ci failed; the lines above say why\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

function node(...parameters) {
  const result = spawnSync(process.execPath, parameters, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Runs a program that a package brings. */
function bin(name, program, ...parameters) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  node(join(folder, typeof bin === 'string' ? bin : bin[program]), ...parameters);
}

install();
const { buildDevice, buildHost, buildTypes } = await import('./build.mjs');
const { buildXs } = await import('../xs/build.mjs');

/** The option of the command, which must be known before the command is there. */
const needsXs = rest.some((word, i) => word === '--engine=xs' || (word === '--engine' && rest[i + 1] === 'xs'));

if (task === 'start') {
  await buildHost();
  if (needsXs) {
    await buildDevice();
    await buildXs().catch(({ message }) => {
      process.stderr.write(`godwit: the XS engine cannot be built: ${message}\n`);
      process.exit(1);
    });
  }
  process.argv = [process.argv[0], join(root, 'build/host/sim/command.js'), ...rest];
  await import('../build/host/sim/command.js');
} else if (task === 'bench') {
  await buildHost();
  process.argv = [process.argv[0], join(root, 'bench/bench.mjs'), ...rest];
  await import('../bench/bench.mjs');
} else if (task === 'bench:rv32') {
  await buildDevice();
  process.argv = [process.argv[0], join(root, 'xs/rv32/bench.mjs'), ...rest];
  await import('../xs/rv32/bench.mjs');
} else if (task === 'soak') {
  await buildHost();
  process.argv = [process.argv[0], join(root, 'build/host/sim/soak.js'), ...rest];
  await import('../build/host/sim/soak.js');
} else if (task === 'mutants') {
  await buildHost();
  process.argv = [process.argv[0], join(root, 'build/host/sim/mutants.js'), ...rest];
  await import('../build/host/sim/mutants.js');
} else if (task === 'budgets') {
  process.argv = [process.argv[0], join(root, 'xs/budgets.mjs'), ...rest];
  await import('../xs/budgets.mjs');
} else if (task === 'build') {
  await buildHost();
  await buildDevice();
  buildTypes();
  await import('./schema.mjs');
} else if (task === 'test') {
  await buildHost();
  await buildDevice();
  await buildXs();
  bin('@biomejs/biome', 'biome', 'check', '.');
  bin('typescript', 'tsc', '--project', 'tsconfig.json');
  bin('typescript', 'tsc', '--project', 'tsconfig.device.json');
  bin('knip', 'knip');
  node('--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js'), ...rest);
}
