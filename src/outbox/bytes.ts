/** Little-endian integers in a byte array, up to 40 bits (numbers above 2^31 need arithmetic, not bit operations). */

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function readUint24(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) | ((bytes[at + 2] as number) << 16);
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return readUint24(bytes, at) | ((bytes[at + 3] as number) << 24);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readUint24(bytes, at) + (bytes[at + 3] as number) * 0x1000000;
}

export function readUint40(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) + (bytes[at + 4] as number) * 0x100000000;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

export function writeUint24(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, value);
  bytes[at + 2] = value >> 16;
}

/** Also for values of 2^31 to 2^32 - 1: `| 0` takes them modulo 2^32. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  const word = value | 0;
  writeUint24(bytes, at, word);
  bytes[at + 3] = word >> 24;
}

export function writeUint40(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, value);
  bytes[at + 4] = Math.floor(value / 0x100000000);
}
