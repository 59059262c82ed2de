/** A small simulated flash, and short words for what the tests do with an outbox on it. */
import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { type Outbox, OutboxError, type OutboxErrorCode, openOutbox } from '../../src/outbox/outbox.js';

export const BLOCK_LENGTH = 512;

export function newFlash(blocks = 4, blockLength = BLOCK_LENGTH, seed = 1): SimFlash {
  return new SimFlash({ blocks, blockLength, random: seededRandom(seed) });
}

export function flashWith(image: Uint8Array, blockLength = BLOCK_LENGTH): SimFlash {
  return SimFlash.fromImage(image, { blocks: image.length / blockLength, blockLength, random: seededRandom(1) });
}

/** Opened so that a record of 24 bytes takes two slots of 16, and 4 releases are saved together. */
export function open(flash: SimFlash, options: { payloadBytesMax?: number } = {}): Outbox {
  return openOutbox(flash, { payloadBytesMax: 40, acknowledgementsUnsavedMax: 4, ...options });
}

/** The power goes and comes back. */
export function reopen(flash: SimFlash, options: { payloadBytesMax?: number } = {}): Outbox {
  flash.powerDown();
  flash.powerUp();
  return open(flash, options);
}

/** A payload that tells which one it is. */
export function payload(id: number, byteLength = 24): Uint8Array {
  const bytes = new Uint8Array(byteLength).fill(id * 31);
  bytes[0] = id;
  bytes[1] = id >> 8;
  return bytes;
}

/** Appends payloads `from` to `to`, the last one included. */
export function appendAll(outbox: Outbox, from: number, to: number): void {
  for (let id = from; id <= to; id++) outbox.append(payload(id), 0);
}

/** Hands out everything there is: sequence number and id of the payload. Fails when a payload was changed. Releases the gaps. */
export function handOut(outbox: Outbox): [sequence: number, id: number][] {
  const handed: [number, number][] = [];
  for (let record = outbox.next(); record !== undefined; record = outbox.next()) {
    if (record.reason !== undefined) {
      outbox.release(record.sequence, record.end, 'dropped');
      continue;
    }
    const id = (record.payload[0] as number) | ((record.payload[1] as number) << 8);
    if (Buffer.compare(record.payload, payload(id, record.payload.length)) !== 0)
      throw new Error(`record ${record.sequence} is not what was appended`);
    handed.push([record.sequence, id]);
  }
  return handed;
}

/** The sequence numbers of `handOut`. */
export function numbersHandedOut(outbox: Outbox): number[] {
  return handOut(outbox).map(([sequence]) => sequence);
}

/** Whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** What an OutboxError thrown by `action` says, and that the flash was neither programmed nor erased. */
export function refusal(flash: SimFlash, action: () => unknown): OutboxErrorCode | undefined {
  const before = flash.image();
  const operations = flash.programs + flash.erases;
  let code: OutboxErrorCode | undefined;
  try {
    action();
  } catch (error) {
    if (!(error instanceof OutboxError)) throw error;
    code = error.code;
  }
  expect(flash.programs + flash.erases).toBe(operations);
  expect(flash.image()).toEqual(before);
  return code;
}
