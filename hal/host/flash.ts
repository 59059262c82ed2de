/**
 * Flash in a file, with the rules of NOR: a program only clears bits, blocks of 4096 bytes are erased to 0xFF.
 *
 * It does not know what is stored in it. Reads come from a copy in memory; each program and each erase is in the file
 * when the call returns. So a process that is killed loses nothing. A machine that loses power may lose the last writes
 * in any order, unless `sync` is set: then each call waits for the disk as well, which costs milliseconds.
 *
 * Invariants: the file has the size of the flash; memory and file are equal between calls; one process has it open.
 */
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Flash, FlashStatus } from '../contract.js';
import { replaceFile } from './files.js';
import { takeLock } from './lock.js';

const BLOCK_LENGTH = 4096;

export interface FileFlashOptions {
  /** Waits for the disk at each write, so that writes survive the host's own power loss. False by default. */
  readonly sync?: boolean;
}

export class FileFlash implements Flash {
  readonly #path: string;
  readonly #cells: Uint8Array;
  readonly #status: FlashStatus;
  readonly #sync: boolean;
  readonly #release: () => void;
  #file: number | undefined;

  /** Use `FileFlash.open`. */
  private constructor(path: string, cells: Uint8Array, file: number, sync: boolean, release: () => void) {
    this.#path = path;
    this.#cells = cells;
    this.#file = file;
    this.#sync = sync;
    this.#release = release;
    this.#status = { size: cells.length, blockLength: BLOCK_LENGTH, blocks: cells.length / BLOCK_LENGTH };
  }

  /**
   * Opens the flash of `blocks` blocks in the file `path`, which is made, erased, when it is not there. Throws an Error
   * when another process has it open, when the file has another size, or when it cannot be written.
   */
  static open(path: string, blocks: number, { sync = false }: FileFlashOptions = {}): FileFlash {
    if (!Number.isSafeInteger(blocks) || blocks < 1) throw new RangeError(`a flash cannot have ${blocks} blocks`);
    const size = blocks * BLOCK_LENGTH;
    const release = takeLock(`${path}.lock`, path);
    try {
      if (!existsSync(path)) replaceFile(path, new Uint8Array(size).fill(0xff));
      const cells = readFileSync(path);
      if (cells.length !== size) {
        throw new Error(`${path} has ${cells.length} bytes, a flash of ${blocks} blocks has ${size}`);
      }
      return new FileFlash(path, cells, openSync(path, 'r+'), sync, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  read(buffer: Uint8Array, offset: number): void {
    this.#requireOpen();
    this.#requireRange('read', offset, buffer.length);
    buffer.set(this.#cells.subarray(offset, offset + buffer.length));
  }

  write(buffer: Uint8Array, offset: number): void {
    const file = this.#requireOpen();
    this.#requireRange('write', offset, buffer.length);
    for (let index = 0; index < buffer.length; index++) {
      this.#cells[offset + index] = (this.#cells[offset + index] as number) & (buffer[index] as number);
    }
    this.#store(file, offset, buffer.length);
  }

  eraseBlock(start: number, end: number = start + 1): void {
    const file = this.#requireOpen();
    const { blocks } = this.#status;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end <= start || end > blocks) {
      throw new RangeError(`blocks ${start} to ${end} cannot be erased, the flash has ${blocks}`);
    }
    this.#cells.fill(0xff, start * BLOCK_LENGTH, end * BLOCK_LENGTH);
    this.#store(file, start * BLOCK_LENGTH, (end - start) * BLOCK_LENGTH);
  }

  status(): FlashStatus {
    return this.#status;
  }

  /** Releases the file for others. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#release();
  }

  #requireOpen(): number {
    if (this.#file === undefined) throw new Error(`${this.#path} is closed`);
    return this.#file;
  }

  #requireRange(verb: string, offset: number, byteLength: number): void {
    const { size } = this.#status;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + byteLength > size) {
      throw new RangeError(`flash ${verb} of ${byteLength} bytes at ${offset} is out of range, the size is ${size}`);
    }
  }

  #store(file: number, offset: number, byteLength: number): void {
    try {
      for (let done = 0; done < byteLength; ) {
        done += writeSync(file, this.#cells, offset + done, byteLength - done, offset + done);
      }
      if (this.#sync) fdatasyncSync(file);
    } catch (error) {
      throw new Error(`${this.#path} cannot be written: ${(error as Error).message}`);
    }
  }
}
