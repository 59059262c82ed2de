/**
 * A data partition as raw flash.
 *
 * The SDK checks nothing and reports every failure in the same words; the ranges are checked here, so that what is left
 * for the SDK to report is the hardware.
 *
 * Whether a partition is encrypted (it has the flag, and the chip encrypts flash) only a native can tell. Without it the status
 * is that of plain flash; were the partition encrypted after all, writes would fail, none would be wrong.
 */
import FlashStorage, { type Partition } from 'embedded:storage/flash';
import type { Flash, FlashStatus } from '../contract.js';
import type { Natives } from './natives.js';

/** Throws an Error when the partition table (partitions.csv) has no data partition of that name. */
export function openPartition(label: string, { godwit_encrypted_unit }: Natives): Flash {
  try {
    const partition = FlashStorage.open({ path: label, mode: 'r+' });
    return new PartitionFlash(partition, godwit_encrypted_unit?.(label) ?? 0);
  } catch {
    throw new Error(`the partition table has no data partition "${label}"`);
  }
}

class PartitionFlash implements Flash {
  readonly #partition: Partition;
  readonly #status: FlashStatus;

  /** `encryptedUnit` is 0 for a plain one. */
  constructor(partition: Partition, encryptedUnit: number) {
    const { size, blockLength, blocks } = partition.status();
    this.#partition = partition;
    const encrypted = { writeAlign: encryptedUnit, eraseValue: undefined };
    this.#status = { size, blockLength, blocks, ...(encryptedUnit > 0 && encrypted) };
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
