/**
 * Who may import whom (DESIGN.md, "Parts"). The folder tree is the architecture; this holds the imports to it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Of each folder (the longest that fits counts): the prefixes it may import from. */
const ALLOWED: { readonly [folder: string]: readonly string[] } = {
  'hal/contract.ts': [],
  'hal/host': ['hal/host', 'hal/contract', 'node:'],
  'hal/sim': ['hal/sim', 'hal/contract'],
  'hal/esp32': ['hal/esp32', 'hal/contract', 'src/drivers', 'embedded:', 'sdk:'],
  'hal/lin': ['hal/lin', 'embedded:', 'sdk:'],
  'hal/xs': ['hal/xs', 'hal/contract'],
  'src/outbox': ['src/outbox', 'hal/contract'],
  'src/mqtt': ['src/mqtt', 'hal/contract'],
  'src/reading': ['src/reading', 'hal/contract'],
  'src/archive': ['src/archive', 'src/outbox', 'src/reading', 'hal/contract'],
  'src/sampling': ['src/sampling', 'hal/contract'],
  'src/drivers': ['src/drivers', 'hal/contract'],
  'src/agent': ['src/agent', 'src/archive', 'src/outbox', 'src/mqtt', 'src/reading', 'src/sampling', 'hal/contract'],
  'src/main.ts': ['src/agent', 'hal/esp32', 'hal/contract'],
  sim: ['sim', 'src', 'hal/host', 'hal/sim', 'hal/contract', 'xs/run', 'xs/bus', 'node:', 'npm:'],
  'xs/run.ts': ['node:'],
  'xs/bus.ts': ['src/agent'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => posix.join(folder, name.split(sep).join('/')));
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(root, file), 'utf8');
  const specifiers = [...source.matchAll(/^(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]/gm)].map(
    ([, name]) => name,
  );
  const loaded = [...source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map(([, name]) => name);
  return [...specifiers, ...loaded].map((specifier) => ({ file, target: targetOf(file, specifier as string) }));
}

function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  if (specifier.startsWith('node:') || specifier.startsWith('embedded:')) return specifier;
  // On the device a bare name is a module of the Moddable SDK.
  return /^hal\/(esp32|lin)\//.test(file) ? `sdk:${specifier}` : `npm:${specifier}`;
}

function ruleOf(file: string): readonly string[] {
  const folder = Object.keys(ALLOWED)
    .filter((name) => file === name || file.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (folder === undefined) throw new Error(`${file} is in no folder of the import table`);
  return ALLOWED[folder] as readonly string[];
}

function isAllowed({ file, target }: Import): boolean {
  return ruleOf(file).some(
    (prefix) => target.startsWith(prefix) && (prefix.endsWith(':') || /^(\/|\.|$)/.test(target.slice(prefix.length))),
  );
}

describe('the import table', () => {
  const files = [...sourceFiles('hal'), ...sourceFiles('src'), ...sourceFiles('sim'), 'xs/run.ts', 'xs/bus.ts'];
  const imports = files.flatMap(importsOf);

  it('finds imports to check', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it('is kept by every file of hal/, src/ and sim/, and by what sim/ uses of xs/', () => {
    const broken = imports.filter((entry) => !isAllowed(entry)).map(({ file, target }) => `${file} imports ${target}`);
    expect(broken).toEqual([]);
  });

  it('would notice an outbox that knows MQTT', () => {
    expect(isAllowed({ file: 'src/outbox/outbox.ts', target: 'src/mqtt/packet.js' })).toBe(false);
    expect(isAllowed({ file: 'src/outbox/outbox.ts', target: 'src/outboxes/other.js' })).toBe(false);
    expect(isAllowed({ file: 'src/agent/agent.ts', target: 'node:fs' })).toBe(false);
  });
});
