/**
 * Rules that a device program must keep and that neither compiler nor linter sees: what runs on XS has no clock, random
 * source or timer but the injected ones, keeps no state in modules, and does not wait.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly example: string;
}

const RULES: readonly Rule[] = [
  { name: 'no Math.random', pattern: /\bMath\.random\b/, example: 'const x = Math.random();' },
  { name: 'no Date', pattern: /\bDate\b/, example: 'Date.now()' },
  { name: 'no async', pattern: /\basync\b|\bawait\b/, example: 'async function f() {}' },
  { name: 'no mutable binding in a module', pattern: /^(export )?(let|var) /m, example: 'let count = 0;' },
  {
    name: 'no collection in a module, which would be read-only on the device',
    pattern: /^(export )?const \w+(: [^=]+)? = new (Map|Set|WeakMap|Array)\b/m,
    example: 'const seen = new Map();',
  },
  { name: 'no generators', pattern: /\bfunction\*|^\s+\*\w+\(/m, example: 'function* g() {}' },
];

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));

describe.each(RULES)('src/: $name', ({ pattern, example }) => {
  it('holds in every file', () => {
    const breaking = files.filter((file) => pattern.test(withoutComments(readFileSync(join(root, file), 'utf8'))));
    expect(breaking).toEqual([]);
  });

  it('would notice a breach', () => {
    expect(pattern.test(example)).toBe(true);
  });
});
