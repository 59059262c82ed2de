/** Makes the outbox with a fault in: its sources, which Jest reads, and modules that Node reads. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { type Mutant, mutate } from './mutants.js';

/** Writes `<folder>/*.ts` and `<folder>/*.js`; the path of the module that exports `openOutbox`. */
export function buildMutant(root: string, mutant: Mutant, folder: string): string {
  const source = join(root, 'src', 'outbox');
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(source)) {
    const text = readFileSync(join(source, file), 'utf8');
    const code = mutate(text, mutant, file);
    writeFileSync(join(folder, file), code);
    const module = transformSync(code, { loader: 'ts', format: 'esm', target: 'es2022' });
    writeFileSync(join(folder, file.replace(/ts$/, 'js')), module.code);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  return join(folder, 'outbox.js');
}
