/**
 * Settings in the NVS partition, in the namespace "godwit". NVS itself makes a write atomic and durable.
 *
 * It does not know what the settings mean, except that `readBinary` exists for the one that is no text.
 */
import KeyValueStorage, { type Domain } from 'embedded:storage/key-value';
import type { KeyValue } from '../contract.js';
import { messageOf } from './message.js';

const namespace = 'godwit';
const keyCharactersMax = 15;
const valueBytesMax = 1000;

export class NvsKeyValue implements KeyValue {
  readonly #strings: Domain<string>;

  constructor() {
    this.#strings = KeyValueStorage.open({ path: namespace, format: 'string' });
  }

  read(key: string): string | undefined {
    admitKey(key);
    try {
      return this.#strings.read(key);
    } catch (error) {
      throw new Error(`key-value storage cannot read "${key}" as text (${messageOf(error)})`);
    }
  }

  write(key: string, value: string): void {
    admitKey(key);
    const byteCount = utf8ByteCount(value);
    if (byteCount > valueBytesMax) {
      throw new RangeError(`the value of "${key}" has ${byteCount} bytes, ${valueBytesMax} are allowed`);
    }
    try {
      this.#strings.write(key, value);
    } catch (error) {
      throw new Error(`key-value storage cannot write "${key}" (${messageOf(error)})`);
    }
  }

  delete(key: string): void {
    admitKey(key);
    try {
      this.#strings.delete(key);
    } catch (error) {
      throw new Error(`key-value storage cannot delete "${key}" (${messageOf(error)})`);
    }
  }
}

/** A value that was stored as binary; `undefined` when there is none, or it is text. */
export function readBinary(key: string): Uint8Array | undefined {
  let blobs: Domain<ArrayBuffer> | undefined;
  try {
    blobs = KeyValueStorage.open({ path: namespace, mode: 'r', format: 'buffer' });
    const value = blobs.read(key);
    return value && new Uint8Array(value);
  } catch {
    return undefined;
  } finally {
    blobs?.close();
  }
}

function admitKey(key: string): void {
  if (key.length < 1 || key.length > keyCharactersMax) {
    throw new RangeError(`the key "${key}" must have 1 to ${keyCharactersMax} characters`);
  }
}

function utf8ByteCount(text: string): number {
  let byteCount = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number;
    byteCount += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }
  return byteCount;
}
