/**
 * The functions of hal/esp32/native, which "ffi" in manifest.json binds into the module "mc/ffi".
 *
 * An SDK older than 8.2 may know no "ffi", and on another platform a manifest may bind fewer of them: what is not there
 * is `undefined`, and whoever could use it does without.
 */
import Modules from 'modules';

export interface Natives {
  /** hal/esp32/native/crc32c.c. A buffer is passed whole, so the offsets count from its start. */
  godwit_crc32c?(bytes: ArrayBufferLike, start: number, end: number, register: number): number;
  /** hal/esp32/native/text.c, likewise; `end` is where the space ends. */
  godwit_write_text?(text: string, into: ArrayBufferLike, start: number, end: number): number;
  /** Bytes that a data partition is written in at once, and once only, if it is encrypted; 0 if it is not, or not there. */
  godwit_encrypted_unit?(label: string): number;
  /** Bytes of the system's heap that nobody holds. */
  godwit_free_heap?(): number;
  godwit_mark_valid?(): void;
  /** 0 when nothing was retained since the power came. */
  godwit_recall?(): number;
  godwit_retain?(value: number): void;
  godwit_sleep?(milliseconds: number): void;
}

export function loadNatives(): Natives {
  if (!Modules.has('mc/ffi')) return {};
  const FFI = Modules.importNow('mc/ffi') as new () => Natives;
  return new FFI();
}

/** The contract's `crc32c` over the native one. */
export function crc32cOver({ godwit_crc32c }: Natives) {
  if (godwit_crc32c === undefined) return undefined;
  return (bytes: Uint8Array, start: number, end: number, register: number): number => {
    const { buffer, byteOffset } = bytes;
    return godwit_crc32c(buffer, byteOffset + start, byteOffset + end, register);
  };
}

/** The contract's `writeText`, likewise. */
export function writeTextOver({ godwit_write_text }: Natives) {
  if (godwit_write_text === undefined) return undefined;
  return (text: string, { buffer, byteOffset, byteLength }: Uint8Array, at: number): number => {
    const end = godwit_write_text(text, buffer, byteOffset + at, byteOffset + byteLength);
    return end < 0 ? end : end - byteOffset;
  };
}
