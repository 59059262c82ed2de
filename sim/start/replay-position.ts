/**
 * Keeps how far a device has replayed a file, in a small file of the device's data folder: the number of the next row,
 * and the size of the file in bytes. A file of another size is another file, and begins at its first row.
 *
 * The row is written down right after its reading was stored, in a second step. So a process that is killed between the
 * two takes that row again, as a new reading; it never leaves one out.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Recording } from '../input/recording.js';

/** Numbers of a fixed width, so that one write replaces them whole. */
const digits = 15;

export class ReplayPosition {
  /** Where the row is kept; removed, the replay begins anew. */
  readonly path: string;
  /** The file had another size when its row was written down. */
  readonly isOtherFile: boolean;
  readonly #fileBytes: number;
  readonly #file: number;
  #row: number;

  constructor(folder: string, { file, fileBytes }: Recording) {
    const absolute = resolve(file);
    const hash = createHash('sha256').update(absolute).digest('hex').slice(0, 8);
    const name = basename(absolute)
      .replace(/[^A-Za-z0-9.-]+/g, '_')
      .slice(0, 60);
    this.path = join(folder, `replay-${name}-${hash}.row`);
    const known = existsSync(this.path);
    const text = known ? readFileSync(this.path, 'utf8').trim() : '';
    const [, row = 0, bytes = fileBytes] = /^(\d+)(?: (\d+))?$/.exec(text) ?? [];
    this.#fileBytes = fileBytes;
    this.isOtherFile = Number(bytes) !== fileBytes;
    this.#row = this.isOtherFile ? 0 : Number(row);
    this.#file = openSync(this.path, known ? 'r+' : 'w');
  }

  get row(): number {
    return this.#row;
  }

  set row(row: number) {
    this.#row = row;
    const [rowText, bytesText] = [row, this.#fileBytes].map((number) => String(number).padStart(digits, '0'));
    writeSync(this.#file, `${rowText} ${bytesText}\n`, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}
