/** The boot number: grows with every start, in key-value storage, also when the log is formatted anew. */
import type { KeyValue } from '../../hal/contract.js';

const KEY = 'boot';

/** Counts this boot and returns its number, 1 for the first. Must come before the first reading. */
export function nextBoot(keyValue: KeyValue): number {
  const before = Number(keyValue.read(KEY) ?? '0');
  const boot = Number.isSafeInteger(before) && before >= 0 ? before + 1 : 1;
  keyValue.write(KEY, String(boot));
  return boot;
}
