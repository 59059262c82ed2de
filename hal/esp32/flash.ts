/**
 * A data partition as raw flash.
 *
 * The SDK checks nothing and reports every failure in the same words; the ranges are checked here, so that what is left
 * for the SDK to report is the hardware.
 *
 * A partition with the flag `encrypted` cannot be told from a plain one through the SDK. partitions.csv does not set the
 * flag, and then data partitions stay plain on a chip with flash encryption, too. So the status is always that of plain
 * flash; were the flag set after all, writes would fail, none would be wrong.
 */
import FlashStorage, { type Partition } from 'embedded:storage/flash';
import type { Flash, FlashStatus } from '../contract.js';

/** Throws an Error when the partition table (partitions.csv) has no data partition of that name. */
export function openPartition(label: string): Flash {
  try {
    return new PartitionFlash(FlashStorage.open({ path: label, mode: 'r+' }));
  } catch {
    throw new Error(`the partition table has no data partition "${label}"`);
  }
}

class PartitionFlash implements Flash {
  readonly #partition: Partition;
  readonly #status: FlashStatus;

  constructor(partition: Partition) {
    const { size, blockLength, blocks } = partition.status();
    this.#partition = partition;
    this.#status = { size, blockLength, blocks };
  }

  read(buffer: Uint8Array, offset: number): void {
    this.#admitBytes(buffer.length, offset);
    if (buffer.length > 0) this.#partition.read(buffer, offset);
  }

  write(buffer: Uint8Array, offset: number): void {
    this.#admitBytes(buffer.length, offset);
    if (buffer.length > 0) this.#partition.write(buffer, offset);
  }

  eraseBlock(start: number, end = start + 1): void {
    const { blocks } = this.#status;
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > blocks) {
      throw new RangeError(`blocks ${start} to ${end} are not within 0 to ${blocks}`);
    }
    if (end > start) this.#partition.eraseBlock(start, end);
  }

  status(): FlashStatus {
    return this.#status;
  }

  close(): void {
    this.#partition.close();
  }

  #admitBytes(byteCount: number, offset: number): void {
    const { size } = this.#status;
    if (!Number.isInteger(offset) || offset < 0 || offset + byteCount > size) {
      throw new RangeError(`${byteCount} bytes at ${offset} are not within 0 to ${size}`);
    }
  }
}
