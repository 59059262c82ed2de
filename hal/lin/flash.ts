/**
 * Stands in for "embedded:storage/flash": partitions as files, with the rules of NOR flash. A power loss is not simulated;
 * what was written when the program ends, in any way, is there when it starts again.
 */
import { type File, openFolder } from './folder.js';

const blockLength = 4096;
/** As in partitions.csv. */
const sizes: { readonly [label: string]: number } = Object.freeze({ outbox: 0x100000, events: 0x10000 });

class FilePartition {
  readonly #file: File;
  readonly #size: number;

  constructor(file: File, size: number) {
    this.#file = file;
    this.#size = size;
  }

  read(buffer: Uint8Array, offset: number): void {
    this.#file.read(buffer, offset);
  }

  /** Only clears bits. */
  write(buffer: Uint8Array, offset: number): void {
    const cells = new Uint8Array(buffer.length);
    this.#file.read(cells, offset);
    for (let i = 0; i < cells.length; i++) cells[i] = (cells[i] as number) & (buffer[i] as number);
    this.#file.write(cells, offset);
  }

  eraseBlock(start: number, end: number): void {
    const erased = new Uint8Array(blockLength).fill(0xff);
    for (let block = start; block < end; block++) this.#file.write(erased, block * blockLength);
  }

  status(): { size: number; blockLength: number; blocks: number } {
    return { size: this.#size, blockLength, blocks: this.#size / blockLength };
  }

  close(): void {
    this.#file.close();
  }
}

const FlashStorage = Object.freeze({
  open({ path }: { path: string }): FilePartition {
    const size = sizes[path];
    if (size === undefined) throw new Error('no such partition');
    const folder = openFolder('flash');
    if (folder.status(path).size === size) return new FilePartition(folder.openFile({ path, mode: 'r+' }), size);
    const partition = new FilePartition(folder.openFile({ path, mode: 'w+' }), size);
    partition.eraseBlock(0, size / blockLength);
    return partition;
  },
});

export { FlashStorage as default };
