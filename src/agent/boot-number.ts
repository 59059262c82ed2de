/**
 * The boot number: grows with every start, in key-value storage, also when the log is formatted anew. When the storage was
 * lost and the log was not, it continues above the boots of the log, whose readings must not be taken for this boot's.
 */
import type { KeyValue } from '../../hal/contract.js';
import type { Log } from '../archive/log.js';
import { bootOf } from '../reading/reading.js';

const KEY = 'boot';

/** Counts this boot and returns its number, 1 for the first. Must come before the first reading. */
export function nextBoot(keyValue: KeyValue, readings: Log, events: Log | undefined): number {
  const stored = keyValue.read(KEY);
  let before = stored === undefined ? highestBootIn(readings) : Number(stored);
  if (stored === undefined && events !== undefined) before = Math.max(before, highestBootIn(events));
  const boot = Number.isSafeInteger(before) && before >= 0 ? before + 1 : 1;
  keyValue.write(KEY, String(boot));
  return boot;
}

/** Reads all that is queued. */
function highestBootIn(log: Log): number {
  let highest = 0;
  log.lookAhead(({ payload }) => {
    highest = Math.max(highest, bootOf(payload));
    return true;
  });
  return highest;
}
