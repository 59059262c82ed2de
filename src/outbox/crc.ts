/**
 * The two checksums of the flash format.
 *
 * CRC-32C (Castagnoli, reflected 0x82F63B78) guards frames and headers: Hamming distance 6 for every frame up to 252 bytes,
 * where CRC-32/IEEE drops to 5 at 34 bytes. CRC-8 (polynomial 0x2F) guards the three bytes that say how long a frame is,
 * so that a flipped length is caught before it is followed: Hamming distance 4 over 24 bits.
 *
 * The tables are written while the module is evaluated and never again: on the device they live in flash.
 */

/** As `crc32c` below; a platform may have a native one. */
export type Crc32c = (bytes: Uint8Array, start: number, end: number, register: number) => number;

const CRC32C = crc32cTable();
/** CRC-8 register after one byte: `CRC8[register ^ byte]`. A table, since a call costs more than what it does. */
export const CRC8 = crc8Table();

/** CRC-32C register after `bytes[start..end)`, as a signed 32-bit integer. `register` starts the sum or continues one. */
export function crc32c(bytes: Uint8Array, start: number, end: number, register: number): number {
  let crc = register;
  for (let i = start; i < end; i++) crc = (CRC32C[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return crc;
}

function crc32cTable(): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    table[i] = crc;
  }
  return table;
}

function crc8Table(): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x2f) & 0xff : (crc << 1) & 0xff;
    table[i] = crc;
  }
  return table;
}
