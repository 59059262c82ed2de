/**
 * Little-endian integers in a byte array, up to 40 bits (numbers above 2^31 need arithmetic, not bit operations). Each
 * function stands for itself: on a device these are the ends of the deepest calls, and calls are half of what they cost.
 */

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function readUint24(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

export function readInt32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return low + (bytes[at + 3] as number) * 0x1000000;
}

export function readUint40(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return low + (bytes[at + 3] as number) * 0x1000000 + (bytes[at + 4] as number) * 0x100000000;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

export function writeUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
}

/** Also for values of 2^31 to 2^32 - 1: `| 0` takes them modulo 2^32. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  const word = value | 0;
  bytes[at] = word;
  bytes[at + 1] = word >> 8;
  bytes[at + 2] = word >> 16;
  bytes[at + 3] = word >> 24;
}

export function writeUint40(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, value);
  bytes[at + 4] = Math.floor(value / 0x100000000);
}
