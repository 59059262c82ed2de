/**
 * Builds what runs on the XS engine:
 *   build/xs/engine/   the engine's sources, from the npm package that engine.json pins; nothing of them is in this repository
 *   build/xs/<bits>/   the host, engine included: 32 bits where that can run, so that a slot has 16 bytes as on an ESP32
 *   build/xs/device/   hal/xs, xs/bus and xs/scenarios, file by file as in build/device
 *
 * Does nothing when nothing changed: each step is known by a hash of what goes into it.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const output = join(root, 'build', 'xs');
const engine = JSON.parse(readFileSync(join(here, 'engine.json'), 'utf8'));
/** Compilers at work at the same time. */
const WORKERS = 2;
/** Files of ours that the engine is compiled with, besides a platform.h. */
export const ENGINE_HEADERS = ['engine.h', 'profile.h'];
/** What a board runs as C, too. */
export const BOARD_FILES = ['crc32c.c', 'crc32c.h', 'text.c', 'text.h'].map((name) => `../hal/esp32/native/${name}`);
/** What the host may be built for, best first. Not every kernel of 64 bits runs programs of 32; qemu does, more slowly. */
const TARGETS = [
  { bits: 32, launcher: [] },
  { bits: 32, launcher: ['qemu-i386'] },
  { bits: 64, launcher: [] },
];
const ENGINE_OPTIONS = ['-w', '-include', join(here, 'profile.h')];

/** Everything. Leaves in build/xs/built.json what `buildEngine` returned, for the tests; null without a compiler. */
export async function buildXs() {
  const built = await buildEngine();
  if (built === undefined) say('there is no C compiler (gcc): the XS engine is not built');
  await buildScenarios();
  writeFileSync(join(output, 'built.json'), JSON.stringify(built ?? null));
  return built;
}

/**
 * The words that start the host, and its word size; `undefined` when there is no C compiler.
 * Throws when the engine can be neither found nor fetched, or does not compile.
 */
export async function buildEngine() {
  mkdirSync(output, { recursive: true });
  const target = TARGETS.find(canRun);
  if (target === undefined) return undefined;
  const { bits } = target;
  const program = await buildHost({
    name: String(bits),
    compiler: 'gcc',
    archiver: 'ar',
    flags: compilerFlags(bits),
    headers: ['platform.h', ...ENGINE_HEADERS],
    files: [...filesOf('.'), ...BOARD_FILES],
    linking: ['-lm', '-lpthread'],
    note:
      bits === 64 ? '32-bit programs cannot be made or run here (gcc-multilib, qemu-user): building for 64 bits' : '',
  });
  return { command: [...target.launcher, program], bits };
}

/** The host's sources in a folder of this one, as paths from here. */
export function filesOf(folder) {
  return readdirSync(join(here, folder))
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(folder, name));
}

/**
 * Builds build/xs/<name>/xs, engine included, and gives its path. `headers` (the engine's) and `files` (the host's) are
 * paths from here; `folders`, where headers are looked for first.
 */
export async function buildHost({ name, compiler, archiver, flags, headers, files, folders = ['.'], linking, note }) {
  const folder = join(output, name);
  const program = join(folder, 'xs');
  const contentOf = (path) => readFileSync(join(here, path));
  const engineKey = hashOf([JSON.stringify(engine), compiler, flags.join(' '), ...headers.map(contentOf)]);
  const hostKey = hashOf([engineKey, linking.join(' '), ...files.map(contentOf)]);
  if (isStamped(folder, 'host', hostKey)) return program;
  mkdirSync(folder, { recursive: true });
  const sources = join(fetchEngine(), engine.sources);
  const places = [
    ...folders.map((path) => join(here, path)),
    ...['includes', 'platforms', 'sources'].map((path) => join(sources, path)),
  ];
  const options = [...flags, ...places.map((path) => `-I${path}`)];
  const library = join(folder, 'engine.a');
  if (!isStamped(folder, 'engine', engineKey)) {
    say('compiling the XS engine, which is kept');
    if (note) say(note);
    const objects = await compile(compiler, engineFiles(folder, sources), [...options, ...ENGINE_OPTIONS], folder);
    rmSync(library, { force: true });
    await run(archiver, ['rcs', library, ...objects]);
    stamp(folder, 'engine', engineKey);
  }
  const own = files.filter((path) => path.endsWith('.c')).map((path) => join(here, path));
  const objects = await compile(compiler, own, [...options, '-Wall', '-Wextra', '-Werror'], folder);
  await run(compiler, [...flags, ...objects, library, ...linking, '-o', `${program}.new`]);
  renameSync(`${program}.new`, program);
  stamp(folder, 'host', hostKey);
  return program;
}

/** hal/xs and the scenarios, beside the device build, whose src/ they run. */
export async function buildScenarios() {
  const scripts = ['hal/xs', 'xs/scenarios'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => join(folder, name)),
  );
  await build({
    absWorkingDir: root,
    entryPoints: ['xs/bus.ts', ...scripts],
    outdir: 'build/xs/device',
    outbase: '.',
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    logLevel: 'error',
  });
  await bundleContract();
}

/** Builds a program of this folder that runs on Node, and loads it. */
export async function bundle(path) {
  const outfile = join(output, `${parse(path).name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [path],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return import(outfile);
}

/** test/hal/contract.test.ts itself, with the words of Jest that it uses, as one program. */
async function bundleContract() {
  const folder = join(root, 'test', 'xs', 'contract');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/hal/contract.test.ts'],
    outfile: 'build/xs/device/contract.js',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    logLevel: 'error',
    inject: [join(folder, 'jest.ts')],
    footer: { js: 'runTests();' },
    plugins: [
      {
        name: 'the bench of XS in place of the others',
        setup: ({ onResolve }) => onResolve({ filter: /^\.\/bench\.js$/ }, () => ({ path: join(folder, 'bench.ts') })),
      },
    ],
  });
}

function canRun({ bits, launcher }) {
  const probe = join(output, 'probe');
  const linking = spawnSync('gcc', [`-m${bits}`, '-x', 'c', '-', '-o', probe, '-lm'], {
    input: '#include <math.h>\nint main(void) { return 0; }\n',
  });
  const [command, ...parameters] = [...launcher, probe];
  return linking.status === 0 && spawnSync(command, parameters).status === 0;
}

function compilerFlags(bits) {
  return [
    ...(bits === 32 ? ['-m32', '-msse2', '-mfpmath=sse'] : ['-m64']),
    ...['-O2', '-std=gnu11', '-fno-common', '-D_GNU_SOURCE'],
    ...['-DINCLUDE_XSPLATFORM', '-DXSPLATFORM="platform.h"', '-DmxRun=1', '-DmxParse=1'],
    ...['-DmxBoundsCheck=1', '-DmxMetering=1', '-DmxStress=1'],
  ];
}

/** The folder of the unpacked package. */
function fetchEngine() {
  const folder = join(output, 'engine');
  const key = hashOf([engine.integrity]);
  if (isStamped(folder, 'package', key)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const id = `${engine.package}@${engine.version}`;
  say(`fetching ${id} ...`);
  const npm = process.env.npm_execpath;
  const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
  const packing = spawnSync(command, [...first, 'pack', id, '--json', '--ignore-scripts', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (packing.status !== 0) throw new Error(`npm cannot fetch ${id}; the lines above say why`);
  const archive = join(folder, JSON.parse(packing.stdout)[0].filename);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (integrity !== engine.integrity)
    throw new Error(`${id} has the checksum ${integrity}, expected ${engine.integrity}`);
  execFileSync('tar', ['xzf', archive], { cwd: folder });
  stamp(folder, 'package', key);
  return folder;
}

function engineFiles(folder, sources) {
  return readdirSync(join(sources, 'sources'))
    .filter((name) => name.endsWith('.c') && !engine.omitted.includes(name))
    .map((name) => edited(folder, sources, name));
}

/** The object files, in `folder`, which is made. */
async function compile(compiler, files, options, folder) {
  mkdirSync(folder, { recursive: true });
  // The largest take longest, so they begin.
  const jobs = files.map((file) => ({
    file,
    size: statSync(file).size,
    object: join(folder, `${parse(file).name}.o`),
  }));
  jobs.sort((a, b) => b.size - a.size);
  let started = 0;
  let done = 0;
  const work = async () => {
    while (started < jobs.length) {
      const { file, object } = jobs[started++];
      await run(compiler, [...options, '-c', file, '-o', object]);
      done++;
      say(`compiling for XS: ${done} of ${jobs.length} files`, done < jobs.length);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return jobs.map(({ object }) => object);
}

/** The engine's source file, or a copy with the edits of engine.json. */
function edited(folder, sources, name) {
  const path = join(sources, 'sources', name);
  const edits = engine.edits.filter(({ file }) => file === name);
  if (edits.length === 0) return path;
  let text = readFileSync(path, 'utf8');
  for (const { from, to } of edits) {
    if (!text.includes(from)) throw new Error(`${name} of the engine has no place for the edit: ${from}`);
    text = text.replace(from, to);
  }
  const copy = join(folder, name);
  writeFileSync(copy, text);
  return copy;
}

function run(command, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`failed: ${command} ${parameters.join(' ')}`)),
    );
  });
}

function hashOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function isStamped(folder, name, key) {
  const path = join(folder, `${name}.stamp`);
  return existsSync(path) && readFileSync(path, 'utf8') === key;
}

function stamp(folder, name, key) {
  writeFileSync(join(folder, `${name}.stamp`), key);
}

/** A line of progress; a passing one is overwritten, and shown on terminals only. */
function say(text, isPassing = false) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}${isPassing ? '' : '\n'}`);
  else if (!isPassing) process.stderr.write(`${text}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildXs();
