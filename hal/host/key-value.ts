/**
 * Key-value storage in a JSON file: one object of strings, replaced as a whole at each change.
 *
 * It does not lock: whoever gives it a folder sees to it that one process uses it.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { KeyValue } from '../contract.js';
import { replaceFile } from './files.js';

/** The rule of ESP-IDF's NVS, so that what works here works on the device. */
const KEY_CHARACTERS_MAX = 15;
const VALUE_BYTES_MAX = 1000;

export class HostKeyValue implements KeyValue {
  readonly #path: string;
  readonly #entries: Map<string, string>;

  /** The file is made by the first `write`. Throws an Error when it is there and cannot be understood. */
  constructor(path: string) {
    this.#path = path;
    this.#entries = existsSync(path) ? parse(path) : new Map();
  }

  read(key: string): string | undefined {
    requireKey(key);
    return this.#entries.get(key);
  }

  write(key: string, value: string): void {
    requireKey(key);
    const byteLength = Buffer.byteLength(value);
    if (byteLength > VALUE_BYTES_MAX) {
      throw new RangeError(`the value of '${key}' has ${byteLength} bytes, ${VALUE_BYTES_MAX} are allowed`);
    }
    this.#store(new Map(this.#entries).set(key, value));
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    requireKey(key);
    if (!this.#entries.has(key)) return;
    const remaining = new Map(this.#entries);
    remaining.delete(key);
    this.#store(remaining);
    this.#entries.delete(key);
  }

  #store(entries: Map<string, string>): void {
    try {
      replaceFile(this.#path, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
    } catch (error) {
      throw new Error(`${this.#path} cannot be written: ${(error as Error).message}`);
    }
  }
}

function requireKey(key: string): void {
  const length = [...key].length;
  if (length < 1 || length > KEY_CHARACTERS_MAX) {
    throw new RangeError(`the key '${key}' has ${length} characters, 1 to ${KEY_CHARACTERS_MAX} are allowed`);
  }
}

function parse(path: string): Map<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // Node quotes the text around the fault, line breaks included.
    const reason = (error as Error).message.replace(/\s+/g, ' ');
    throw new Error(`${path} cannot be read as key-value storage: ${reason}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Error(`${path} cannot be read as key-value storage: it holds no JSON object`);
  }
  const entries = Object.entries(content);
  const wrong = entries.find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) {
    throw new Error(`${path} cannot be read as key-value storage: the value of '${wrong[0]}' is no string`);
  }
  return new Map(entries);
}
