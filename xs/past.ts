/**
 * The past of a device: what it measured while its broker was away, in the flash and the key-value storage that the XS host
 * reads (xs/storage.c). The same agent lives through it on Node, in virtual time, weeks in a second.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyValue } from '../hal/contract.js';
import { Scheduler, SimDevice, SimFlash, SimNetwork, seededRandom } from '../hal/sim/sim.js';
import { Agent, type Drivers } from '../src/agent/agent.js';
import type { Books } from '../src/agent/books.js';
import { parseConfiguration } from '../src/agent/configuration.js';

const BLOCK_BYTES = 4096;

export interface Past {
  /** Folder for flash and key-value storage. */
  readonly storage: string;
  readonly flashBytes: number;
  readonly configuration: unknown;
  readonly hardwareId: string;
  readonly drivers: Drivers;
  /** When it ends, milliseconds since 1970. */
  readonly endMilliseconds: number;
  readonly durationMilliseconds: number;
}

/** Lives through it, and gives the books at its end. */
export function liveThrough(past: Past): Books {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  const flash = new SimFlash({ blocks: past.flashBytes / BLOCK_BYTES, random: seededRandom(2) });
  const { hal } = new SimDevice({
    scheduler,
    link: network.link(),
    seed: 3,
    flash,
    epochMilliseconds: past.endMilliseconds - past.durationMilliseconds,
  });
  const keyValue = new FolderKeyValue(past.storage);
  const configuration = parseConfiguration(past.configuration, past.hardwareId);
  const agent = new Agent({ hal: { ...hal, keyValue }, configuration, drivers: past.drivers });
  agent.start();
  scheduler.runFor(past.durationMilliseconds);
  writeFileSync(join(past.storage, 'flash.bin'), flash.image());
  return agent.snapshot().books;
}

/** As the XS host keeps it: a pair is a file, its name the key in hexadecimal. */
class FolderKeyValue implements KeyValue {
  readonly #folder: string;
  readonly #values = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(key: string): string | undefined {
    return this.#values.get(key);
  }

  write(key: string, value: string): void {
    this.#values.set(key, value);
    writeFileSync(join(this.#folder, `key-${Buffer.from(key).toString('hex')}`), value);
  }

  delete(): void {
    throw new Error('an agent deletes no key');
  }
}
