/**
 * The memory cells of encrypted flash, as seen through decryption: write-once in units of `unitLength` bytes.
 *
 * An erased unit decrypts to noise that is new after each erase; a torn unit, and one with a stuck bit, decrypts to
 * noise as well. Programming a unit twice without an erase would garble it on the real part, so here it throws. A unit with
 * weak cells reads, after each power-up, either as what was last programmed there or as noise.
 */
import type { Random } from '../contract.js';
import type { Cells } from './cells.js';
import { integerBelow } from './random.js';
import { BLOCK_END_BYTES, type EraseTear, fillRandom, type ProgramTear, type Weakness } from './tear.js';

/** What became of a unit since it was last erased: nothing, or programmed or torn, or said to be erased when it was not. */
const ERASED = 0;
const USED = 1;
const STALE = 2;

export class WriteOnceCells implements Cells {
  readonly bytes: Uint8Array;
  readonly #unitLength: number;
  readonly #random: Random;
  readonly #used: Uint8Array;
  /** Weak units, with what was last programmed there. Absent while there are none. */
  #weak: Map<number, Uint8Array> | undefined;
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
    const unit = this.#used.indexOf(USED, offset / this.#unitLength);
    if (unit !== -1 && unit * this.#unitLength < offset + byteLength) {
      throw new Error(
        `write-once violation: the unit at ${unit * this.#unitLength} was programmed since it was last erased`,
      );
    }
  }

  program(data: Uint8Array, offset: number): void {
    const stale = this.#unitsOf(offset, data.length).filter((unit) => this.#used[unit] === STALE);
    this.bytes.set(data, offset);
    this.#use(offset, data.length);
    for (const unit of stale) this.#garble(unit * this.#unitLength, this.#unitLength);
    for (const unit of this.#stuck ?? []) {
      const position = unit * this.#unitLength;
      if (position >= offset && position < offset + data.length) this.#garble(position, this.#unitLength);
    }
  }

  tearProgram(data: Uint8Array, offset: number, tear: ProgramTear): void {
    this.#tearProgram(data, offset, tear);
    this.#weaken(this.#unitsOf(offset, data.length), tear.weak, (unit) => {
      const from = unit * this.#unitLength - offset;
      return data.slice(from, from + this.#unitLength);
    });
  }

  #tearProgram(data: Uint8Array, offset: number, tear: ProgramTear): void {
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
    this.#used.fill(ERASED, offset / this.#unitLength, (offset + byteLength) / this.#unitLength);
    if (this.#weak !== undefined) for (const unit of this.#unitsOf(offset, byteLength)) this.#weak.delete(unit);
  }

  eraseHalf(offset: number, byteLength: number): void {
    this.erase(offset, byteLength / 2);
    this.#used.fill(STALE, (offset + byteLength / 2) / this.#unitLength, (offset + byteLength) / this.#unitLength);
  }

  tearErase(offset: number, byteLength: number, tear: EraseTear): void {
    const before = this.bytes.slice(offset, offset + byteLength);
    const used = this.#unitsOf(offset, byteLength).filter(
      (unit) => this.#used[unit] === USED && !this.#weak?.has(unit),
    );
    this.#tearErase(offset, byteLength, tear);
    this.#weaken(used, tear.weak, (unit) => {
      const from = unit * this.#unitLength - offset;
      return before.slice(from, from + this.#unitLength);
    });
  }

  #tearErase(offset: number, byteLength: number, tear: EraseTear): void {
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

  powerUp(): void {
    if (this.#weak === undefined) return;
    for (const [unit, data] of this.#weak) {
      const offset = unit * this.#unitLength;
      if (this.#random() < 0.5) this.bytes.set(data, offset);
      else fillRandom(this.bytes.subarray(offset, offset + this.#unitLength), this.#random);
    }
  }

  stickBit(offset: number, _bit: number): void {
    this.#stuck ??= new Set();
    this.#stuck.add(Math.floor(offset / this.#unitLength));
  }

  overwrite(data: Uint8Array, offset: number): void {
    this.bytes.set(data, offset);
  }

  copy(from: number, to: number, byteLength: number): void {
    this.bytes.copyWithin(to, from, from + byteLength);
    if (this.#weak !== undefined) for (const unit of this.#unitsOf(to, byteLength)) this.#weak.delete(unit);
    this.#used.copyWithin(to / this.#unitLength, from / this.#unitLength, (from + byteLength) / this.#unitLength);
  }

  fork(random: Random): WriteOnceCells {
    const copy = new WriteOnceCells(this.bytes.slice(), this.#unitLength, random, this.#used.slice());
    if (this.#stuck !== undefined) copy.#stuck = new Set(this.#stuck);
    if (this.#weak !== undefined) copy.#weak = new Map(this.#weak);
    return copy;
  }

  /** Whole units become unreadable, and cannot be programmed before an erase. */
  #garble(offset: number, byteLength: number): void {
    fillRandom(this.bytes.subarray(offset, offset + byteLength), this.#random);
    this.#use(offset, byteLength);
  }

  #use(offset: number, byteLength: number): void {
    this.#used.fill(USED, offset / this.#unitLength, (offset + byteLength) / this.#unitLength);
  }

  /** Of `units`, all or one to three, after whatever a tear did to them. They cannot be programmed before an erase. */
  #weaken(units: readonly number[], weakness: Weakness | undefined, dataOf: (unit: number) => Uint8Array): void {
    if (weakness === undefined || units.length === 0) return;
    const wanted = weakness === 'all' ? units.length : 1 + integerBelow(this.#random, Math.min(3, units.length));
    const first = integerBelow(this.#random, units.length);
    this.#weak ??= new Map();
    for (let i = 0; i < wanted; i++) {
      const unit = units[(first + i) % units.length] as number;
      this.#weak.set(unit, dataOf(unit));
      this.#used[unit] = USED;
    }
  }

  #unitsOf(offset: number, byteLength: number): number[] {
    const first = offset / this.#unitLength;
    return Array.from({ length: byteLength / this.#unitLength }, (_, i) => first + i);
  }
}
