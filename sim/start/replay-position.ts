/**
 * Keeps how far a device has replayed a file, in a small file of the device's data folder: the number of the next row.
 *
 * The row is written down right after its reading was stored, in a second step. So a process that is killed between the
 * two takes that row again, as a new reading; it never leaves one out.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** Of a fixed width, so that one write replaces the number whole. */
const digits = 15;

export class ReplayPosition {
  /** Where the row is kept; removed, the replay begins anew. */
  readonly path: string;
  readonly #file: number;
  #row: number;

  constructor(folder: string, recordingFile: string) {
    const absolute = resolve(recordingFile);
    const hash = createHash('sha256').update(absolute).digest('hex').slice(0, 8);
    const name = basename(absolute)
      .replace(/[^A-Za-z0-9.-]+/g, '_')
      .slice(0, 60);
    this.path = join(folder, `replay-${name}-${hash}.row`);
    const known = existsSync(this.path);
    const text = known ? readFileSync(this.path, 'utf8').trim() : '';
    this.#row = /^\d+$/.test(text) ? Number(text) : 0;
    this.#file = openSync(this.path, known ? 'r+' : 'w');
  }

  get row(): number {
    return this.#row;
  }

  set row(row: number) {
    this.#row = row;
    writeSync(this.#file, `${String(row).padStart(digits, '0')}\n`, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}
