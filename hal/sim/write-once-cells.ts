/**
 * The memory cells of encrypted flash, as seen through decryption: write-once in units of `unitLength` bytes.
 *
 * An erased unit decrypts to noise that is new after each erase; a torn unit, and one with a stuck bit, decrypts to
 * noise as well. Programming a unit twice without an erase would garble it on the real part, so here it throws.
 * There are no weak cells: a torn unit is noise already.
 */
import type { Random } from '../contract.js';
import type { Cells } from './cells.js';
import { integerBelow } from './random.js';
import { BLOCK_END_BYTES, type EraseTear, fillRandom, type ProgramTear } from './tear.js';

export class WriteOnceCells implements Cells {
  readonly bytes: Uint8Array;
  readonly #unitLength: number;
  readonly #random: Random;
  /** For each unit 1 when it was programmed, or torn, since it was last erased. */
  readonly #used: Uint8Array;
  /** Units with a stuck bit. */
  #stuck: Set<number> | undefined;

  /** `used` as above; by default the part is erased and `bytes` is filled with noise. */
  constructor(bytes: Uint8Array, unitLength: number, random: Random, used?: Uint8Array) {
    this.bytes = bytes;
    this.#unitLength = unitLength;
    this.#random = random;
    this.#used = used ?? new Uint8Array(bytes.length / unitLength);
    if (used === undefined) fillRandom(bytes, random);
  }

  requireProgrammable(offset: number, byteLength: number): void {
    const unit = this.#used.indexOf(1, offset / this.#unitLength);
    if (unit !== -1 && unit * this.#unitLength < offset + byteLength) {
      throw new Error(
        `write-once violation: the unit at ${unit * this.#unitLength} was programmed since it was last erased`,
      );
    }
  }

  program(data: Uint8Array, offset: number): void {
    this.bytes.set(data, offset);
    this.#use(offset, data.length);
    for (const unit of this.#stuck ?? []) {
      const position = unit * this.#unitLength;
      if (position >= offset && position < offset + data.length) this.#garble(position, this.#unitLength);
    }
  }

  tearProgram(data: Uint8Array, offset: number, tear: ProgramTear): void {
    if (tear.kind === 'nothing') return;
    if (tear.kind === 'bits') {
      this.#garble(offset, data.length);
      return;
    }
    if (tear.kind === 'complete') {
      this.program(data, offset);
      return;
    }
    const done = Math.min(tear.bytes, data.length);
    const whole = done - (done % this.#unitLength);
    const start = tear.kind === 'suffix' ? data.length - whole : 0;
    this.program(data.subarray(start, start + whole), offset + start);
    if (done > whole) {
      this.#garble(offset + (tear.kind === 'suffix' ? start - this.#unitLength : whole), this.#unitLength);
    }
  }

  erase(offset: number, byteLength: number): void {
    fillRandom(this.bytes.subarray(offset, offset + byteLength), this.#random);
    this.#used.fill(0, offset / this.#unitLength, (offset + byteLength) / this.#unitLength);
  }

  tearErase(offset: number, byteLength: number, tear: EraseTear): void {
    const head = Math.ceil(BLOCK_END_BYTES / this.#unitLength) * this.#unitLength;
    switch (tear.kind) {
      case 'nothing':
        return;
      case 'headerKept':
        this.#garble(offset + head, byteLength - head);
        return;
      case 'headBlank':
        this.erase(offset, head);
        return;
      case 'zero':
      case 'random':
        this.#garble(offset, byteLength);
        return;
      case 'looksBlank': {
        const units = (byteLength - 2 * head) / this.#unitLength;
        this.erase(offset, byteLength);
        this.#garble(offset + head + integerBelow(this.#random, units) * this.#unitLength, this.#unitLength);
        return;
      }
      case 'complete':
        this.erase(offset, byteLength);
    }
  }

  powerUp(): void {}

  stickBit(offset: number, _bit: number): void {
    this.#stuck ??= new Set();
    this.#stuck.add(Math.floor(offset / this.#unitLength));
  }

  overwrite(data: Uint8Array, offset: number): void {
    this.bytes.set(data, offset);
  }

  copy(from: number, to: number, byteLength: number): void {
    this.bytes.copyWithin(to, from, from + byteLength);
    this.#used.copyWithin(to / this.#unitLength, from / this.#unitLength, (from + byteLength) / this.#unitLength);
  }

  fork(random: Random): WriteOnceCells {
    const copy = new WriteOnceCells(this.bytes.slice(), this.#unitLength, random, this.#used.slice());
    if (this.#stuck !== undefined) copy.#stuck = new Set(this.#stuck);
    return copy;
  }

  /** Whole units become unreadable, and cannot be programmed before an erase. */
  #garble(offset: number, byteLength: number): void {
    fillRandom(this.bytes.subarray(offset, offset + byteLength), this.#random);
    this.#use(offset, byteLength);
  }

  #use(offset: number, byteLength: number): void {
    this.#used.fill(1, offset / this.#unitLength, (offset + byteLength) / this.#unitLength);
  }
}
