/**
 * Builds, file by file and without bundling (DESIGN.md, "What runs where"):
 *   build/host    src/, hal/contract, hal/host, hal/sim, sim/ and what starts XS, for Node; type declarations beside the
 *                 files with --types
 *   build/device  src/, hal/contract, hal/esp32, hal/lin: what manifest.json refers to
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** TypeScript files below `folders`, declarations excepted, as paths relative to the root. */
function sources(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => join(folder, name)),
  );
}

/** What is there already is overwritten, not removed first: another process may be running from it. */
async function transpile(entryPoints, outdir) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outbase: '.',
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    metafile: true,
    logLevel: 'error',
  });
  const built = Object.keys(metafile.outputs).map((name) => normalize(name));
  for (const name of readdirSync(join(root, outdir), { recursive: true })) {
    const path = join(outdir, name);
    if (path.endsWith('.js') && !built.includes(path)) rmSync(join(root, path));
  }
}

export async function buildHost() {
  const xs = ['xs/run.ts', 'xs/bus.ts'];
  const agent = sources('src').filter((name) => name !== join('src', 'main.ts'));
  await transpile(['hal/contract.ts', ...agent, ...sources('hal/host', 'hal/sim', 'sim'), ...xs], 'build/host');
}

export async function buildDevice() {
  await transpile(['hal/contract.ts', ...sources('src', 'hal/esp32', 'hal/lin')], 'build/device');
}

export function buildTypes() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' });
}
