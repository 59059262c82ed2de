/**
 * Key-value storage in memory, with the limits of the real one. It outlives a reboot by being handed to the next boot.
 *
 * A write is atomic: there is no torn one, as on a device, where the platform's store sees to that.
 */
import type { KeyValue } from '../contract.js';
import { PowerCut } from './power-cut.js';

const KEY_CHARACTERS_MAX = 15;
const VALUE_BYTES_MAX = 1000;

export class SimKeyValue implements KeyValue {
  /** False while the device has no power: every call throws PowerCut. */
  powered = true;
  /** Fault: the store is full or broken, `write` and `delete` throw. */
  failing = false;
  readonly #entries = new Map<string, string>();

  read(key: string): string | undefined {
    this.#admit(key);
    return this.#entries.get(key);
  }

  write(key: string, value: string): void {
    this.#admit(key);
    const byteLength = utf8Length(value);
    if (byteLength > VALUE_BYTES_MAX) {
      throw new RangeError(`the value of '${key}' has ${byteLength} bytes, ${VALUE_BYTES_MAX} are allowed`);
    }
    this.#failIfBroken();
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    this.#admit(key);
    this.#failIfBroken();
    this.#entries.delete(key);
  }

  #admit(key: string): void {
    if (!this.powered) throw new PowerCut();
    const length = [...key].length;
    if (length < 1 || length > KEY_CHARACTERS_MAX) {
      throw new RangeError(`the key '${key}' has ${length} characters, 1 to ${KEY_CHARACTERS_MAX} are allowed`);
    }
  }

  #failIfBroken(): void {
    if (this.failing) throw new Error('key-value storage cannot be written');
  }
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  }
  return length;
}
