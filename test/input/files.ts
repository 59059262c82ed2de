/** Small files in a folder of their own that is gone after the tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'godwit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

export function fileOf(content: string | Uint8Array): string {
  const file = join(folder, `file-${++files}`);
  writeFileSync(file, content);
  return file;
}
