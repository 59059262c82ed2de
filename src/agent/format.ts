/**
 * Erases the logs and begins them anew, once, when the settings ask for it: encrypted flash does not show whether it is blank, so
 * nobody else can say that it may be erased. Done at each boot until it was done.
 */
import type { Hal } from '../../hal/contract.js';
import { formatArchive } from '../archive/archive.js';
import { formatOutbox } from '../outbox/outbox.js';
import type { Configuration } from './configuration.js';

const KEY = 'format';

/**
 * The names of logs, separated by spaces, in key-value storage. Throws an Error when another word stands there. The partition of
 * events is touched only when it is named.
 */
export function formatIfAsked(hal: Hal, { mode }: Configuration['outbox']): void {
  const names = hal.keyValue.read(KEY);
  if (names === undefined) return;
  const words = names.split(' ');
  for (const word of words)
    if (word !== 'outbox' && word !== 'events')
      throw new Error(`key "${KEY}" is "${names}", expected "outbox", "events" or "outbox events"`);
  if (words.includes('outbox')) {
    if (mode === 'plain') formatOutbox(hal.flash);
    else formatArchive(hal.flash, mode);
  }
  if (words.includes('events')) formatOutbox(hal.eventFlash);
  hal.keyValue.delete(KEY);
}
