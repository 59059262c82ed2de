/** manifest.json, partitions.csv and the C files, held to the sources that they speak of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NAMES_MAX } from '../../src/agent/configuration.js';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Ffi {
  readonly sources: readonly string[];
  readonly functions: { readonly [name: string]: { readonly arguments: readonly string[]; readonly returns: string } };
}

interface Part {
  readonly modules: { readonly [name: string]: string | readonly string[] };
  readonly preload: readonly string[];
  readonly ffi: Ffi;
}

const manifest = JSON.parse(read('manifest.json')) as Part & {
  readonly creation: { readonly keys: { readonly initial: number } };
  readonly platforms: { readonly [name: string]: Part };
};
const boards = ['esp32', 'lin'].map((platform) => ({ platform, ...(manifest.platforms[platform] as Part) }));

describe('manifest.json', () => {
  const own = [manifest, ...boards].flatMap(({ modules = {} }) => Object.values(modules).flat());
  const built = own.filter((path) => path.startsWith('./build/device/'));
  const sourceOf = (path: string) => path.replace('./build/device/', '');

  it('names sources that exist', () => {
    const missing = built.map(sourceOf).filter(
      (path) =>
        !existsSync(
          join(
            root,
            path.replace(/\*?$/, (star) => (star ? '' : '.ts')),
          ),
        ),
    );
    expect(built.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  it('names every folder that runs on the device, and every module of a desk', () => {
    const folders = ['src', 'hal/esp32'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
        .map((name) => dirname(join(folder, name))),
    );
    const modules = readdirSync(join(root, 'hal/lin')).filter((name) => /^[^.]+\.ts$/.test(name));
    const covers = (path: string) => built.some((named) => sourceOf(named) === path);
    expect([...new Set(folders)].filter((folder) => folder !== 'hal/esp32/ssl' && !covers(`${folder}/*`))).toEqual([]);
    expect(modules.map((name) => `hal/lin/${name.slice(0, -3)}`).filter((path) => !covers(path))).toEqual([]);
  });

  it('has room for the names of every configuration that is taken, and 32 of the program and its drivers', () => {
    expect(manifest.creation.keys.initial).toBe(NAMES_MAX + 32);
  });

  it('gives each file one name: a second one would be left out', () => {
    expect(built.filter((path, i) => built.indexOf(path) !== i)).toEqual([]);
  });
});

describe.each(boards)('"ffi" for $platform', ({ ffi }) => {
  /** `int32_t godwit_crc32c(uint8_t* bytes, ...)` at the start of a line, as name, result, parameter types. */
  const defined = ffi.sources.flatMap((path) =>
    [...read(path).matchAll(/^(\w+) (godwit_\w+)\(([^)]*)\)\n\{/gm)].map(([, returns, name, list]) => {
      const types = list === 'void' ? [] : (list as string).split(', ').map((one) => one.replace(/ \w+$/, ''));
      return [name as string, { arguments: types, returns }] as const;
    }),
  );

  it('binds the functions of its C files, with their types', () => {
    expect(Object.fromEntries(defined)).toEqual(ffi.functions);
  });

  it('leaves nothing that is bound unused', () => {
    const users = ['hal/esp32/natives.ts', 'hal/lin/microseconds.ts'].map(read).join();
    expect(Object.keys(ffi.functions).filter((name) => !users.includes(name))).toEqual([]);
  });
});

describe('partitions.csv', () => {
  const rows = read('partitions.csv')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .map(([name, type, , offset, size]) => ({
      name,
      type,
      offset: Number(offset),
      end: Number(offset) + Number(size),
    }));

  it('fits into 4 MiB without overlaps, aligned as ESP-IDF demands', () => {
    let before = 0x9000;
    for (const { type, offset, end } of rows) {
      expect(offset).toBeGreaterThanOrEqual(before);
      expect(offset % (type === 'app' ? 0x10000 : 0x1000)).toBe(0);
      expect(end % 0x1000).toBe(0);
      before = end;
    }
    expect(before).toBe(0x400000);
  });

  it('has two firmware slots of one size', () => {
    const [first, second] = rows.filter(({ type }) => type === 'app').map(({ offset, end }) => end - offset);
    expect(first).toBe(second);
  });

  it('gives a desk partitions of the same sizes', () => {
    const sizes = /sizes[^=]*= Object\.freeze\(\{(.*?)\}\)/.exec(read('hal/lin/flash.ts'))?.[1] ?? '';
    const desk = sizes.split(',').map((pair) => pair.split(':').map((side) => side.trim()));
    expect(desk.length).toBe(2);
    for (const [label, size] of desk) {
      const row = rows.find(({ name }) => name === label);
      expect(row && row.end - row.offset).toBe(Number(size));
    }
  });
});
