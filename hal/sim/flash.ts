/**
 * NOR flash in memory: stricter than the real part, counting, and able to fail in every way that the real one can.
 *
 * It does not know what is stored in it, nor how cells behave (cells.ts, write-once-cells.ts): it checks each call,
 * counts it, and decides whether it fails. A power cut hits one program or one block erase, leaves what its tear says
 * (tear.ts), and from then on every call throws PowerCut until `powerUp()`, when weak cells take new values.
 *
 * Invariants: a call that throws RangeError has changed nothing; the same seed and the same calls give the same bytes.
 */
import type { Flash, FlashStatus, Random } from '../contract.js';
import { type Cells, PlainCells } from './cells.js';
import { PowerCut } from './power-cut.js';
import { seededRandom } from './random.js';
import { asEraseTear, asProgramTear, type Tear } from './tear.js';
import { WriteOnceCells } from './write-once-cells.js';

const BLOCK_LENGTH_MIN = 128;

export interface SimFlashOptions {
  readonly blocks: number;
  /** 4096 by default; tests may take small blocks to reach the interesting states sooner. At least 128. */
  readonly blockLength?: number;
  /** 1 by default, 16 when encrypted. */
  readonly writeAlign?: number;
  /** Write-once, erased units read as noise: write-once-cells.ts. False by default: plain NOR. */
  readonly encrypted?: boolean;
  /** Where tears, weak cells and noise come from. */
  readonly random: Random;
}

/** An operation about to happen, as `trace` sees it. `buffer` is only valid during the call. */
export type FlashOperation =
  | { readonly kind: 'program'; readonly offset: number; readonly byteLength: number; readonly buffer: Uint8Array }
  | { readonly kind: 'erase'; readonly offset: number; readonly byteLength: number };

export class SimFlash implements Flash {
  programs = 0;
  programmedBytes = 0;
  /** Block erases. */
  erases = 0;
  reads = 0;
  readBytes = 0;
  /** Erases of each block over the life of the part. */
  readonly wear: Uint32Array;
  /** Called before each program and each block erase; the operation has not begun then. */
  trace: ((operation: FlashOperation) => void) | undefined;
  /** Called when a cut set by `cutAfter` strikes, before PowerCut is thrown: the moment to stop the rest of the device. */
  onPowerCut: (() => void) | undefined;

  readonly #options: SimFlashOptions;
  readonly #status: FlashStatus;
  readonly #cells: Cells;
  /** Blocks whose erase does half of it. */
  readonly #failingBlocks = new Set<number>();
  #powered = true;
  #cut: { operationsBefore: number; readonly tear: Tear } | undefined;
  #operationsBeforeError: number | undefined;
  #readsBeforeError: number | undefined;

  /** An erased part; `cells` are given by `fromImage` and `fork` only. */
  constructor(options: SimFlashOptions, cells?: Cells) {
    this.#options = options;
    this.#status = statusOf(options);
    this.#cells = cells ?? erasedCells(this.#status, options);
    this.wear = new Uint32Array(options.blocks);
  }

  /** A part that holds `image`. On an encrypted one every unit counts as programmed. */
  static fromImage(image: Uint8Array, options: SimFlashOptions): SimFlash {
    const { size, writeAlign = 1 } = statusOf(options);
    if (image.length !== size) {
      throw new RangeError(`an image of ${image.length} bytes does not fit a flash of ${size}`);
    }
    const used = new Uint8Array(size / writeAlign).fill(1);
    const cells = options.encrypted
      ? new WriteOnceCells(image.slice(), writeAlign, options.random, used)
      : new PlainCells(image.slice(), options.random);
    return new SimFlash(options, cells);
  }

  /** False from a cut or `powerDown()` until `powerUp()`. */
  get powered(): boolean {
    return this.#powered;
  }

  read(buffer: Uint8Array, offset: number): void {
    this.#requirePower();
    this.#requireRange('read', offset, buffer.length, 1);
    if (this.#readsBeforeError !== undefined && this.#readsBeforeError-- === 0) {
      this.#readsBeforeError = undefined;
      throw new Error(`flash read failed at ${offset}`);
    }
    this.reads += 1;
    this.readBytes += buffer.length;
    buffer.set(this.#cells.bytes.subarray(offset, offset + buffer.length));
  }

  write(buffer: Uint8Array, offset: number): void {
    this.#requirePower();
    this.#requireRange('write', offset, buffer.length, this.#status.writeAlign ?? 1);
    if (buffer.length === 0) return;
    this.#cells.requireProgrammable(offset, buffer.length);
    this.trace?.({ kind: 'program', offset, byteLength: buffer.length, buffer });
    this.#throwIfDue('program', offset);
    const tear = this.#tearIfDue();
    this.programs += 1;
    this.programmedBytes += buffer.length;
    if (tear === undefined) {
      this.#cells.program(buffer, offset);
    } else {
      this.#cells.tearProgram(buffer, offset, asProgramTear(tear, buffer.length, this.#options.random));
      this.#failPower();
    }
  }

  eraseBlock(start: number, end: number = start + 1): void {
    this.#requirePower();
    const { blocks, blockLength } = this.#status;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end <= start || end > blocks) {
      throw new RangeError(`blocks ${start} to ${end} cannot be erased, the flash has ${blocks}`);
    }
    for (let block = start; block < end; block++) this.#eraseOne(block, blockLength);
  }

  status(): FlashStatus {
    return this.#status;
  }

  close(): void {}

  /** Cuts the power in the program or block erase that comes after `operations` others; 0 is the very next. */
  cutAfter(operations: number, tear: Tear): void {
    this.#cut = { operationsBefore: operations, tear };
  }

  /** The power goes between two operations: every call throws PowerCut until `powerUp()`. */
  powerDown(): void {
    this.#powered = false;
  }

  /** Power comes (back): weak cells take new values, and a cut or error that has not struck yet is called off. */
  powerUp(): void {
    this.#powered = true;
    this.#cut = undefined;
    this.#operationsBeforeError = undefined;
    this.#readsBeforeError = undefined;
    this.#cells.powerUp();
  }

  /** The program or block erase after `operations` others throws an Error and changes nothing. */
  throwAfter(operations: number): void {
    this.#operationsBeforeError = operations;
  }

  /** The read after `reads` others throws an Error. */
  throwOnReadAfter(reads: number): void {
    this.#readsBeforeError = reads;
  }

  /** From now on `bit` (0 to 7) of the byte at `offset` reads 1 always; on encrypted flash its unit reads as noise. */
  stickBit(offset: number, bit: number): void {
    this.#cells.stickBit(offset, bit);
  }

  /** Erasing `block` does only its first half and says nothing, until called with `failing` false. */
  failEraseSilently(block: number, failing = true): void {
    if (failing) this.#failingBlocks.add(block);
    else this.#failingBlocks.delete(block);
  }

  /** Overwrites bytes behind the back of the NOR rules, as bit rot does. */
  rot(offset: number, bytes: Uint8Array): void {
    this.#requireRange('rot', offset, bytes.length, 1);
    this.#cells.overwrite(bytes, offset);
  }

  /** Puts the content of one block in the place of another, as a misdirected write does. */
  copyBlock(from: number, to: number): void {
    const { blockLength } = this.#status;
    this.#cells.copy(from * blockLength, to * blockLength, blockLength);
  }

  /** What all of the flash reads as now, copied. */
  image(): Uint8Array {
    return this.#cells.bytes.slice();
  }

  /**
   * The same part once more: cells, weak cells, bad cells and blocks, wear and power. Counters begin at 0; what is set
   * to happen later (`cutAfter`, `throwAfter`, `trace`, `onPowerCut`) stays with the original; randomness follows `seed`.
   */
  fork(seed: number): SimFlash {
    const random = seededRandom(seed);
    const copy = new SimFlash({ ...this.#options, random }, this.#cells.fork(random));
    copy.wear.set(this.wear);
    for (const block of this.#failingBlocks) copy.#failingBlocks.add(block);
    copy.#powered = this.#powered;
    return copy;
  }

  #eraseOne(block: number, blockLength: number): void {
    const offset = block * blockLength;
    this.trace?.({ kind: 'erase', offset, byteLength: blockLength });
    this.#throwIfDue('erase', offset);
    const tear = this.#tearIfDue();
    this.erases += 1;
    this.wear[block] = (this.wear[block] as number) + 1;
    if (tear === undefined) {
      if (this.#failingBlocks.has(block)) this.#cells.eraseHalf(offset, blockLength);
      else this.#cells.erase(offset, blockLength);
    } else {
      this.#cells.tearErase(offset, blockLength, asEraseTear(tear, this.#options.random));
      this.#failPower();
    }
  }

  #requirePower(): void {
    if (!this.#powered) throw new PowerCut();
  }

  #requireRange(verb: string, offset: number, byteLength: number, align: number): void {
    const { size } = this.#status;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + byteLength > size) {
      throw new RangeError(`flash ${verb} of ${byteLength} bytes at ${offset} is out of range, the size is ${size}`);
    }
    if (offset % align !== 0 || byteLength % align !== 0) {
      throw new RangeError(`flash ${verb} of ${byteLength} bytes at ${offset} is not aligned to ${align}`);
    }
  }

  #throwIfDue(kind: FlashOperation['kind'], offset: number): void {
    if (this.#operationsBeforeError === undefined || this.#operationsBeforeError-- > 0) return;
    this.#operationsBeforeError = undefined;
    throw new Error(`flash ${kind} failed at ${offset}`);
  }

  #tearIfDue(): Tear | undefined {
    if (this.#cut === undefined || this.#cut.operationsBefore-- > 0) return undefined;
    const { tear } = this.#cut;
    this.#cut = undefined;
    return tear;
  }

  #failPower(): never {
    this.#powered = false;
    this.onPowerCut?.();
    throw new PowerCut();
  }
}

function statusOf(options: SimFlashOptions): FlashStatus {
  const { blocks, blockLength = 4096, encrypted = false, writeAlign = encrypted ? 16 : 1 } = options;
  if (!Number.isSafeInteger(blocks) || blocks < 1) throw new RangeError(`a flash cannot have ${blocks} blocks`);
  if (blockLength < BLOCK_LENGTH_MIN || blockLength % (2 * writeAlign) !== 0) {
    throw new RangeError(`a block cannot have ${blockLength} bytes`);
  }
  return { size: blocks * blockLength, blockLength, blocks, writeAlign, eraseValue: encrypted ? undefined : 0xff };
}

function erasedCells({ size, writeAlign = 1 }: FlashStatus, { encrypted, random }: SimFlashOptions): Cells {
  const bytes = new Uint8Array(size).fill(0xff);
  return encrypted ? new WriteOnceCells(bytes, writeAlign, random) : new PlainCells(bytes, random);
}
