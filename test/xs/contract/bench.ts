/** The bench of the hardware contract on XS, in place of test/hal/bench.ts. Its echo server is in the process that runs it. */
import { xsHal } from '../../../hal/xs/hal.js';
import type { Bench } from '../../hal/bench.js';

export const benches: ReadonlyArray<{ readonly name: string; readonly setUp: () => Promise<Bench> }> = [
  { name: 'xs', setUp },
];

async function setUp(): Promise<Bench> {
  const { clock, flash, eventFlash, keyValue, TCP, crc32c, writeText } = xsHal();
  const written: string[] = [];
  return {
    clock,
    flash,
    eventFlash,
    keyValue: {
      read: keyValue.read,
      delete: keyValue.delete,
      write: (key, value) => {
        keyValue.write(key, value);
        written.push(key);
      },
    },
    TCP,
    crc32c,
    writeText,
    host: native.setting('host') as string,
    echoPort: Number(native.setting('echoPort')),
    refusedPort: Number(native.setting('refusedPort')),
    passTime: (start) => new Promise((resolve) => start(resolve)),
    tearDown: async () => {
      flash.eraseBlock(0, flash.status().blocks);
      eventFlash.eraseBlock(0, eventFlash.status().blocks);
      for (const key of written) keyValue.delete(key);
    },
  };
}
