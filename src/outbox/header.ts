/**
 * The sector header: 32 bytes at offset 0 of each erase block in use, programmed in one piece (FORMAT.md, "Sector header").
 *
 *    0  u16  magic, the letters GW
 *    2  u8   format version
 *    3  u8   bit 0 slots of 32 bytes instead of 16, bit 1 written once (encrypted), bit 2 numbers left out before base,
 *            bits 3-7 largest frame in slots
 *    4  u32  sector sequence: + 1 a physical step, so `sector sequence mod sectors` is the block number
 *    8  u16  sectors in the partition
 *   10  u16  bits 0-8 slots in a sector, bits 9-15 sectors passed over: the sector before it is sector sequence - 1 - that
 *   12  u40  base: the first sequence number that goes into this sector
 *   17  u24  kept: base - floor, the numbers below base that were not given up
 *   20  u32  dropped: numbers settled without delivery, over the life of the log
 *   24  u32  lag: base - cursor, the numbers below base that were not settled
 *   28  u32  CRC-32C of bytes 0-27, started from the block number
 *
 * A header also says "the erase before me was complete": it is programmed only after this session erased the block.
 * Magic, version and the place of the CRC are the same in every format version.
 */
import { type Crc32c, crc32c as scriptedCrc32c } from './crc.js';

export const HEADER_BYTES = 32;
export const FORMAT_VERSION = 1;
const MAGIC_LOW = 0x47;
const MAGIC_HIGH = 0x57;
const CRC_AT = 28;
const LARGE_SLOTS = 1;
const WRITE_ONCE = 2;
const LEAVES_OUT = 4;
const SKIPPED_SHIFT = 9;
const SKIPPED_MAX = 127;
/** More numbers than a partition of any size holds. */
const KEPT_MAX = 0xffffff;

export interface SectorHeader {
  readonly slotBytes: number;
  readonly isWriteOnce: boolean;
  readonly frameSlotsMax: number;
  /** Whether base is higher than the number after the last one in the sector before. */
  readonly leavesOut: boolean;
  readonly sectors: number;
  readonly slots: number;
  readonly skipped: number;
  readonly sectorSequence: number;
  readonly base: number;
  readonly kept: number;
  readonly lag: number;
  readonly dropped: number;
}

export function encodeHeader(header: SectorHeader, crc32c: Crc32c = scriptedCrc32c): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = MAGIC_LOW;
  bytes[1] = MAGIC_HIGH;
  bytes[2] = FORMAT_VERSION;
  bytes[3] =
    (header.slotBytes === 32 ? LARGE_SLOTS : 0) |
    (header.isWriteOnce ? WRITE_ONCE : 0) |
    (header.leavesOut ? LEAVES_OUT : 0) |
    (header.frameSlotsMax << 3);
  view.setUint32(4, header.sectorSequence, true);
  view.setUint16(8, header.sectors, true);
  view.setUint16(10, header.slots | (Math.min(header.skipped, SKIPPED_MAX) << SKIPPED_SHIFT), true);
  view.setUint32(12, header.base % 0x100000000, true);
  // Kept, and below it what is left of base.
  view.setUint32(16, Math.min(header.kept, KEPT_MAX) * 256 + Math.floor(header.base / 0x100000000), true);
  view.setUint32(20, header.dropped, true);
  view.setUint32(24, header.lag, true);
  view.setInt32(CRC_AT, crc32c(bytes, 0, CRC_AT, blockRegister(header.sectorSequence % header.sectors)), true);
  return bytes;
}

/**
 * The header in `bytes`, read from block number `block`; `undefined` when it is none; `'newer'` when a newer format
 * version wrote it. Whether it fits the partition is the caller's question.
 */
export function decodeHeader(
  bytes: Uint8Array,
  block: number,
  crc32c: Crc32c = scriptedCrc32c,
): SectorHeader | 'newer' | undefined {
  if (bytes[0] !== MAGIC_LOW || bytes[1] !== MAGIC_HIGH) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (crc32c(bytes, 0, CRC_AT, blockRegister(block)) !== view.getInt32(CRC_AT, true)) return undefined;
  if ((bytes[2] as number) > FORMAT_VERSION) return 'newer';
  const geometry = bytes[3] as number;
  return {
    slotBytes: (geometry & LARGE_SLOTS) === 0 ? 16 : 32,
    isWriteOnce: (geometry & WRITE_ONCE) !== 0,
    frameSlotsMax: geometry >> 3,
    leavesOut: (geometry & LEAVES_OUT) !== 0,
    sectorSequence: view.getUint32(4, true),
    sectors: view.getUint16(8, true),
    slots: view.getUint16(10, true) & ((1 << SKIPPED_SHIFT) - 1),
    skipped: view.getUint16(10, true) >> SKIPPED_SHIFT,
    base: view.getUint32(12, true) + (bytes[16] as number) * 0x100000000,
    kept: view.getUint32(16, true) >>> 8,
    dropped: view.getUint32(20, true),
    lag: view.getUint32(24, true),
  };
}

/** Whether `bytes` can be what a power cut left of `header` in erased flash: every bit that it has set still reads 1. */
export function isTornHeader(bytes: Uint8Array, header: SectorHeader): boolean {
  const whole = encodeHeader(header);
  for (let i = 0; i < HEADER_BYTES; i++) if (((bytes[i] as number) & (whole[i] as number)) !== whole[i]) return false;
  return true;
}

function blockRegister(block: number): number {
  return ~block;
}
