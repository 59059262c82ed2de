/**
 * The memory cells below a simulated flash, plain: an erase raises bits to 1, a program clears some, a torn operation
 * leaves what tear.ts says. Knows the state of every bit; does not check ranges, count, or know when power fails.
 *
 * Invariants: outside `overwrite` and `copy`, a program only clears bits; a weak bit is firm again after an erase, or a
 * program to 0, that was not torn; a stuck bit reads 1 always.
 */
import type { Random } from '../contract.js';
import { integerBelow } from './random.js';
import { chooseWeakBits, type EraseTear, type ProgramTear, tearErase, tearProgram, type Weakness } from './tear.js';

/** What SimFlash needs of its cells, plain (here) or write-once (write-once-cells.ts). Offsets and lengths in bytes. */
export interface Cells {
  readonly bytes: Uint8Array;
  /** Throws when programming this range now would be a violation of what the part allows. */
  requireProgrammable(offset: number, byteLength: number): void;
  program(data: Uint8Array, offset: number): void;
  tearProgram(data: Uint8Array, offset: number, tear: ProgramTear): void;
  erase(offset: number, byteLength: number): void;
  /** An erase that does its first half and says nothing of it. */
  eraseHalf(offset: number, byteLength: number): void;
  tearErase(offset: number, byteLength: number, tear: EraseTear): void;
  powerUp(): void;
  /** `bit` (0 to 7) of the byte at `offset` is from now on not cleared by any operation. */
  stickBit(offset: number, bit: number): void;
  overwrite(data: Uint8Array, offset: number): void;
  copy(from: number, to: number, byteLength: number): void;
  fork(random: Random): Cells;
}

export class PlainCells implements Cells {
  readonly bytes: Uint8Array;
  readonly #random: Random;
  /** Offset of a byte -> mask of its weak bits. Absent while there are none. */
  #weak: Map<number, number> | undefined;
  /** Offset of a byte -> mask of its stuck bits. Absent while there are none. */
  #stuck: Map<number, number> | undefined;

  constructor(bytes: Uint8Array, random: Random) {
    this.bytes = bytes;
    this.#random = random;
  }

  requireProgrammable(): void {}

  program(data: Uint8Array, offset: number): void {
    const { bytes } = this;
    for (let index = 0; index < data.length; index++) {
      bytes[offset + index] = (bytes[offset + index] as number) & (data[index] as number);
    }
    if (this.#weak !== undefined) {
      for (let index = 0; index < data.length; index++) this.#firm(offset + index, ~(data[index] as number));
    }
    this.#raiseStuckBits();
  }

  tearProgram(data: Uint8Array, offset: number, tear: ProgramTear): void {
    const torn = this.bytes.subarray(offset, offset + data.length);
    const differing = torn.map((value, index) => value & ~(data[index] as number));
    tearProgram(torn, data, tear, this.#random);
    this.#weaken(offset, differing, tear.weak);
    this.#raiseStuckBits();
  }

  erase(offset: number, byteLength: number): void {
    this.bytes.fill(0xff, offset, offset + byteLength);
    this.#firmRange(offset, byteLength);
  }

  eraseHalf(offset: number, byteLength: number): void {
    this.erase(offset, byteLength / 2);
  }

  tearErase(offset: number, byteLength: number, tear: EraseTear): void {
    const torn = this.bytes.subarray(offset, offset + byteLength);
    const before = torn.slice();
    tearErase(torn, tear, this.#random);
    const differing = torn.map((value, index) => ~(value & (before[index] as number)));
    this.#weaken(offset, differing, tear.weak);
    this.#raiseStuckBits();
  }

  powerUp(): void {
    if (this.#weak === undefined) return;
    for (const [offset, mask] of this.#weak) {
      const value = this.bytes[offset] as number;
      this.bytes[offset] = (value & ~mask) | (integerBelow(this.#random, 256) & mask);
    }
    this.#raiseStuckBits();
  }

  stickBit(offset: number, bit: number): void {
    this.#stuck ??= new Map();
    this.#stuck.set(offset, (this.#stuck.get(offset) ?? 0) | (1 << bit));
    this.#raiseStuckBits();
  }

  overwrite(data: Uint8Array, offset: number): void {
    this.bytes.set(data, offset);
    this.#firmRange(offset, data.length);
    this.#raiseStuckBits();
  }

  copy(from: number, to: number, byteLength: number): void {
    this.overwrite(this.bytes.slice(from, from + byteLength), to);
  }

  fork(random: Random): PlainCells {
    const copy = new PlainCells(this.bytes.slice(), random);
    if (this.#weak !== undefined) copy.#weak = new Map(this.#weak);
    if (this.#stuck !== undefined) copy.#stuck = new Map(this.#stuck);
    return copy;
  }

  #weaken(offset: number, differing: Uint8Array, weakness: Weakness | undefined): void {
    if (weakness === undefined) return;
    chooseWeakBits(differing, weakness, this.#random);
    this.#weak ??= new Map();
    for (let index = 0; index < differing.length; index++) {
      const mask = differing[index] as number;
      if (mask !== 0) this.#weak.set(offset + index, (this.#weak.get(offset + index) ?? 0) | mask);
    }
  }

  /** The bits of `mask` in one byte are no longer weak. */
  #firm(offset: number, mask: number): void {
    const weak = this.#weak?.get(offset);
    if (weak === undefined) return;
    if ((weak & ~mask) !== 0) this.#weak?.set(offset, weak & ~mask);
    else this.#weak?.delete(offset);
    if (this.#weak?.size === 0) this.#weak = undefined;
  }

  #firmRange(offset: number, byteLength: number): void {
    if (this.#weak === undefined) return;
    for (let index = offset; index < offset + byteLength; index++) this.#firm(index, 0xff);
  }

  #raiseStuckBits(): void {
    if (this.#stuck === undefined) return;
    for (const [offset, mask] of this.#stuck) this.bytes[offset] = (this.bytes[offset] as number) | mask;
  }
}
