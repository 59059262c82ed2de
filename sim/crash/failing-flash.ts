/**
 * A simulated flash that tells which blocks are programmed and erased, and whose calls can be made to throw while the power
 * stays on, as a driver does that runs into a timeout: the call may have done any part of its work.
 */
import type { Flash, FlashStatus } from '../../hal/contract.js';
import type { SimFlash } from '../../hal/sim/flash.js';
import { PowerCut } from '../../hal/sim/power-cut.js';
import type { Tear } from '../../hal/sim/tear.js';

/** What a call throws that was told to. */
export class FlashFailure extends Error {
  override name = 'FlashFailure';
}

/** Hears of an operation before it begins. */
export interface FlashWatcher {
  programming(block: number, bytes: Uint8Array): void;
  erasing(block: number): void;
}

export class FailingFlash implements Flash {
  readonly #flash: SimFlash;
  readonly #watcher: FlashWatcher;
  #operationsBefore = 0;
  #tear: Tear | undefined;
  #readsBefore: number | undefined;

  constructor(flash: SimFlash, watcher: FlashWatcher) {
    this.#flash = flash;
    this.#watcher = watcher;
  }

  /** The program or erase after `operations` others is torn, then throws. */
  failAfter(operations: number, tear: Tear): void {
    this.#operationsBefore = operations;
    this.#tear = tear;
  }

  failReadAfter(reads: number): void {
    this.#readsBefore = reads;
  }

  /** Nothing that was set to fail does. */
  heal(): void {
    this.#tear = undefined;
    this.#readsBefore = undefined;
  }

  read(buffer: Uint8Array, offset: number): void {
    if (this.#readsBefore !== undefined && this.#readsBefore-- === 0) {
      this.#readsBefore = undefined;
      throw new FlashFailure('a read failed');
    }
    this.#flash.read(buffer, offset);
  }

  write(buffer: Uint8Array, offset: number): void {
    this.#watcher.programming(Math.floor(offset / this.#flash.status().blockLength), buffer);
    this.#operate(() => this.#flash.write(buffer, offset));
  }

  eraseBlock(start: number, end?: number): void {
    for (let block = start; block < (end ?? start + 1); block++) this.#watcher.erasing(block);
    this.#operate(() => this.#flash.eraseBlock(start, end));
  }

  status(): FlashStatus {
    return this.#flash.status();
  }

  close(): void {}

  #operate(operation: () => void): void {
    const tear = this.#tear;
    const isDue = tear !== undefined && this.#operationsBefore-- === 0;
    if (isDue) {
      this.#tear = undefined;
      this.#flash.cutAfter(0, tear);
    }
    try {
      operation();
    } catch (error) {
      if (!isDue || !(error instanceof PowerCut)) throw error;
      this.#flash.powerUp();
      throw new FlashFailure('a program or an erase failed');
    }
  }
}
