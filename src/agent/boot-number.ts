/**
 * The boot number: grows with every start, in key-value storage, also when the log is formatted anew. When the storage was
 * lost and the log was not, it continues above the boots of the log, whose readings must not be taken for this boot's.
 */
import type { KeyValue } from '../../hal/contract.js';

const KEY = 'boot';

/**
 * Counts this boot and returns its number, 1 for the first. Must come before the first reading. `highestInLog` is asked only
 * when the storage knows no boot.
 */
export function nextBoot(keyValue: KeyValue, highestInLog: () => number): number {
  const stored = keyValue.read(KEY);
  const before = stored === undefined ? highestInLog() : Number(stored);
  const boot = Number.isSafeInteger(before) && before >= 0 ? before + 1 : 1;
  keyValue.write(KEY, String(boot));
  return boot;
}
