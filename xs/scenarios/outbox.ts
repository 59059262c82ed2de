/**
 * The outbox alone, with records of 24 bytes: append `count` (setting), hand them out and release them.
 * The partition's size decides whether it is evicting; what was in it before is drained first.
 */

import { xsHal } from '../../hal/xs/hal.js';
import { openOutbox } from '../../src/outbox/outbox.js';

const count = Number(native.setting('count'));
const { flash, crc32c } = xsHal();
native.mark('start');
const outbox = openOutbox(flash, { crc32c });
native.mark('open');

const record = new Uint8Array(24);
for (let i = 0; i < count; i++) {
  record[0] = i;
  outbox.append(record, 0);
}
native.mark('appended');

let released = 0;
for (let next = outbox.next(); next !== undefined; next = outbox.next()) {
  outbox.release(next.sequence);
  released++;
}
outbox.flush();
native.mark('released');

const { next, queued, delivered, dropped } = outbox.statistics();
if (queued !== 0 || next !== delivered + dropped) throw new Error(`the books do not balance: ${next}, ${delivered}`);
native.trace(JSON.stringify({ released, next, delivered, dropped }));
native.end();
