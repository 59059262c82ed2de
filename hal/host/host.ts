/**
 * A computer as a device's hardware, and the package entry `godwit/hal/host`.
 *
 * `hostHal` keeps all that a device remembers in one folder, which one process uses at a time:
 *
 *     flash.bin           the outbox partition
 *     flash.bin.lock      who uses the folder
 *     events.bin          the partition of the log of events, once that was asked for; it has a lock, too
 *     key-value.json      small settings
 *     hardware-id         made at the first start
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hal } from '../contract.js';
import { HostClock } from './clock.js';
import { replaceFile } from './files.js';
import { FileFlash } from './flash.js';
import { HostKeyValue } from './key-value.js';
import { HostNetwork } from './network.js';
import { hostRandom } from './random.js';
import { TCP } from './tcp.js';
import { TLS } from './tls.js';

export { HostClock } from './clock.js';
export { FileFlash, type FileFlashOptions } from './flash.js';
export { HostKeyValue } from './key-value.js';
export { HostNetwork } from './network.js';
export { hostRandom } from './random.js';
export { TCP } from './tcp.js';
export { TLS } from './tls.js';

const FLASH_BYTES_DEFAULT = 1024 * 1024;
const EVENT_BLOCKS = 16;
const BLOCK_LENGTH = 4096;

export interface HostHalOptions {
  /** The data folder; made when it is not there. */
  readonly directory: string;
  /** Size of the outbox partition: a multiple of 4096, 1 MiB by default. Fixed once the folder exists. */
  readonly flashBytes?: number;
  /** By default 12 hexadecimal digits, drawn once for each data folder. */
  readonly hardwareId?: string;
  /** Waits for the disk at each flash write, so that readings survive the host's own power loss. False by default. */
  readonly sync?: boolean;
}

export interface HostHal extends Hal {
  /** Releases the data folder for other processes. */
  close(): void;
}

/** Throws an Error when the folder cannot be used: not writable, in use by another process, or of another size. */
export function hostHal(options: HostHalOptions): HostHal {
  const { directory, flashBytes = FLASH_BYTES_DEFAULT, sync = false } = options;
  if (!Number.isSafeInteger(flashBytes) || flashBytes < BLOCK_LENGTH || flashBytes % BLOCK_LENGTH !== 0) {
    throw new RangeError(`a flash size is a multiple of ${BLOCK_LENGTH} bytes, not ${flashBytes}`);
  }
  const flash = inFolder(directory, () => {
    makeFolder(directory);
    return FileFlash.open(join(directory, 'flash.bin'), flashBytes / BLOCK_LENGTH, { sync });
  });
  let eventFlash: FileFlash | undefined;
  try {
    const keyValue = new HostKeyValue(join(directory, 'key-value.json'));
    const hardwareId = options.hardwareId ?? inFolder(directory, () => storedHardwareId(directory));
    return {
      clock: new HostClock(),
      random: hostRandom,
      flash,
      get eventFlash() {
        eventFlash ??= inFolder(directory, () => FileFlash.open(join(directory, 'events.bin'), EVENT_BLOCKS, { sync }));
        return eventFlash;
      },
      keyValue,
      TCP,
      TLS,
      network: new HostNetwork(),
      system: { hardwareId, resetReason: 'power-on' },
      close: () => {
        eventFlash?.close();
        flash.close();
      },
    };
  } catch (error) {
    flash.close();
    throw error;
  }
}

/** Step by step: Node's recursive way never returns where nothing can be made, below /proc for example. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process that starts now has made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function storedHardwareId(directory: string): string {
  const path = join(directory, 'hardware-id');
  if (!existsSync(path)) replaceFile(path, `${randomBytes(6).toString('hex')}\n`);
  return readFileSync(path, 'utf8').trim();
}

/** Runs `action`; what the system says about files becomes one sentence about the folder. */
function inFolder<Result>(directory: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Error(`the data folder ${directory} cannot be used: ${(error as Error).message}`);
  }
}
