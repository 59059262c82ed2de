/** Some consecutive blocks of a partition, as a partition of their own. */
import type { Flash, FlashStatus } from '../../hal/contract.js';

export class FlashSlice implements Flash {
  readonly #flash: Flash;
  readonly #first: number;
  readonly #status: FlashStatus;

  constructor(flash: Flash, first: number, blocks: number) {
    const status = flash.status();
    this.#flash = flash;
    this.#first = first;
    this.#status = { ...status, blocks, size: blocks * status.blockLength };
  }

  read(buffer: Uint8Array, offset: number): void {
    this.#flash.read(buffer, this.offset(buffer, offset));
  }

  write(buffer: Uint8Array, offset: number): void {
    this.#flash.write(buffer, this.offset(buffer, offset));
  }

  eraseBlock(start: number, end: number = start + 1): void {
    if (start < 0 || end > this.#status.blocks) throw new RangeError(`blocks ${start} to ${end} are out of range`);
    this.#flash.eraseBlock(this.#first + start, this.#first + end);
  }

  status(): FlashStatus {
    return this.#status;
  }

  close(): void {
    this.#flash.close();
  }

  private offset({ byteLength }: Uint8Array, offset: number): number {
    const { size, blockLength } = this.#status;
    if (offset < 0 || offset + byteLength > size)
      throw new RangeError(`${byteLength} bytes at ${offset} are out of range, the size is ${size}`);
    return this.#first * blockLength + offset;
  }
}
