/** A small simulated flash with an archive on it, and readings that tell which one they are. */
import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { type Archive, type ArchiveMode, formatArchive, openArchive } from '../../src/archive/archive.js';
import type { LogGap, LogRecord } from '../../src/archive/log.js';
import { packReading } from '../../src/reading/reading.js';

const channels = [{ name: 'n', unit: '', decimals: 0 }];

export function newFlash(blocks = 32, blockLength = 512): SimFlash {
  return new SimFlash({ blocks, blockLength, random: seededRandom(1) });
}

/** Written once, in units of 16 bytes, and formatted. */
export function encryptedFlash(mode: ArchiveMode, blocks = 64, blockLength = 512): SimFlash {
  const flash = new SimFlash({ blocks, blockLength, encrypted: true, random: seededRandom(1) });
  formatArchive(flash, mode);
  return flash;
}

export function open(flash: SimFlash, mode: ArchiveMode = 'compact'): Archive {
  return openArchive(flash, mode, { payloadBytesMax: 40, acknowledgementsUnsavedMax: 4 });
}

export function reopen(flash: SimFlash, mode: ArchiveMode = 'compact'): Archive {
  flash.powerDown();
  flash.powerUp();
  return open(flash, mode);
}

/** A packed reading. */
export function readingOf(n: number): Uint8Array {
  const bytes = new Uint8Array(40);
  const milliseconds = 10_000 * n + (n % 9);
  return bytes.slice(0, packReading(bytes, { kind: 'values', boot: 1, milliseconds, values: [n % 100] }, channels));
}

export function appendAll(archive: Archive, from: number, to: number, stream = 0): void {
  for (let n = from; n < to; n++) archive.append(readingOf(n), stream);
}

export type Item = LogRecord | LogGap;

/** Hands out and releases everything; a level is handed out when the one before is settled. */
export function drain(archive: Archive): Item[] {
  archive.rewind();
  const items: Item[] = [];
  for (let item = archive.next(); item !== undefined; item = archive.next()) {
    items.push(item.reason === undefined ? { ...item, payload: item.payload.slice() } : item);
    if (item.reason === undefined) {
      archive.release(item.sequence);
      archive.release(item.sequence + 1, item.end, 'dropped');
    } else archive.release(item.sequence, item.end, 'dropped');
  }
  return items;
}
