/**
 * What a power cut leaves of the flash operation that it hits: the fault model of NOR flash, as named tears.
 *
 * An interrupted program has cleared some of the bits that it should have; an interrupted erase has done anything, since
 * a NOR part first programs the whole block to 0 and then raises it. The worst leftover is a cell that is neither: a
 * *weak* cell, which takes a new random value at every power-up until it is erased, or programmed to 0, properly
 * (field reports: linux-mtd 2009-07, message 26279, and 2011-10, message 38170).
 *
 * This module works on plain bytes. It does not know what a partition is; flash.ts applies it.
 */
import type { Random } from '../contract.js';
import { integerBelow } from './random.js';

/** Which of the cells that differ between before and after became weak: every one, or only one to three. */
export type Weakness = 'all' | 'sparse';

/** How an interrupted program ends. */
export type ProgramTear =
  /** No bit changed. */
  | { readonly kind: 'nothing'; readonly weak?: Weakness }
  /** All done, only the call did not return. */
  | { readonly kind: 'complete'; readonly weak?: Weakness }
  /** Only the first, or last, `bytes` bytes were programmed; all of them when there are fewer. */
  | { readonly kind: 'prefix' | 'suffix'; readonly bytes: number; readonly weak?: Weakness }
  /** A random choice of the bits that should clear: 7 in 8, 1 in 2, or 1 in 8 of them. */
  | { readonly kind: 'bits'; readonly density: BitDensity; readonly weak?: Weakness };

type BitDensity = 'dense' | 'half' | 'sparse';

/** How an interrupted erase of one block ends. */
export interface EraseTear {
  readonly kind: EraseTearKind;
  readonly weak?: Weakness;
}

type EraseTearKind =
  /** No bit changed. */
  | 'nothing'
  /** The first 32 bytes are as before, the rest is 0. */
  | 'headerKept'
  /** The first 32 bytes are blank, the rest is as before. */
  | 'headBlank'
  | 'zero'
  | 'random'
  /** All 0xFF but for a few bits stuck at 0, away from the first and last 32 bytes. */
  | 'looksBlank'
  /** All done, only the call did not return. */
  | 'complete';

/** `any` is drawn from the full list for whichever operation is hit. */
export type Tear = ProgramTear | EraseTear | { readonly kind: 'any' };

/** Bytes at either end of a block that the erase tears treat apart: the size of a sector header. */
export const BLOCK_END_BYTES = 32;

/** Bits that a `looksBlank` erase leaves at 0. */
const STUCK_ZEROS = 24;

/** Up to this length of a program, a prefix and a suffix of every byte count is listed. */
const EVERY_BYTE_MAX = 64;

const ERASE_TEAR_KINDS = ['nothing', 'headerKept', 'headBlank', 'zero', 'random', 'looksBlank', 'complete'] as const;

/**
 * The tears of a program of `byteLength` bytes, for an explorer to try all of. With all differing cells weak, nothing
 * is left of what the tear did after the next power-up; that weakness is therefore listed once.
 */
export function programTears(byteLength: number): ProgramTear[] {
  const firm: ProgramTear[] = [{ kind: 'nothing' }];
  const step = byteLength <= EVERY_BYTE_MAX ? 1 : byteLength / EVERY_BYTE_MAX;
  for (let position = step; position < byteLength; position += step) {
    const bytes = Math.round(position);
    firm.push({ kind: 'prefix', bytes }, { kind: 'suffix', bytes });
  }
  for (const density of ['dense', 'half', 'sparse'] as const) firm.push({ kind: 'bits', density });
  firm.push({ kind: 'complete' });
  const weak = firm.map((tear): ProgramTear => ({ ...tear, weak: 'sparse' }));
  return [...firm, ...weak, { kind: 'complete', weak: 'all' }];
}

/** The tears of a block erase, for an explorer to try all of. */
export function eraseTears(): EraseTear[] {
  return ERASE_TEAR_KINDS.flatMap((kind): EraseTear[] => [{ kind }, { kind, weak: 'sparse' }, { kind, weak: 'all' }]);
}

/** The tear to apply to a program; an erase tear that is no program tear is an error of the test. */
export function asProgramTear(tear: Tear, byteLength: number, random: Random): ProgramTear {
  switch (tear.kind) {
    case 'any':
      return pick(programTears(byteLength), random);
    case 'nothing':
    case 'complete':
    case 'prefix':
    case 'suffix':
    case 'bits':
      return tear as ProgramTear;
    default:
      throw new Error(`the power cut hit a program, which cannot tear as '${tear.kind}'`);
  }
}

/** The tear to apply to an erase. */
export function asEraseTear(tear: Tear, random: Random): EraseTear {
  switch (tear.kind) {
    case 'any':
      return pick(eraseTears(), random);
    case 'prefix':
    case 'suffix':
    case 'bits':
      throw new Error(`the power cut hit an erase, which cannot tear as '${tear.kind}'`);
    default:
      return tear as EraseTear;
  }
}

/** Programs `data` over `cells` (same length) as far as the tear allows. */
export function tearProgram(cells: Uint8Array, data: Uint8Array, tear: ProgramTear, random: Random): void {
  const length = data.length;
  let start = 0;
  let end = length;
  if (tear.kind === 'nothing') end = 0;
  if (tear.kind === 'prefix') end = Math.min(tear.bytes, length);
  if (tear.kind === 'suffix') start = Math.max(0, length - tear.bytes);
  for (let index = start; index < end; index++) {
    const before = cells[index] as number;
    let clearing = before & ~(data[index] as number);
    if (tear.kind === 'bits') clearing &= randomBits(tear.density, random);
    cells[index] = before & ~clearing;
  }
}

/** Erases the block `cells` as far as the tear allows. */
export function tearErase(cells: Uint8Array, tear: EraseTear, random: Random): void {
  switch (tear.kind) {
    case 'nothing':
      return;
    case 'headerKept':
      cells.fill(0, BLOCK_END_BYTES);
      return;
    case 'headBlank':
      cells.fill(0xff, 0, BLOCK_END_BYTES);
      return;
    case 'zero':
      cells.fill(0);
      return;
    case 'random':
      fillRandom(cells, random);
      return;
    case 'looksBlank':
      cells.fill(0xff);
      for (let count = 0; count < STUCK_ZEROS; count++) {
        const index = BLOCK_END_BYTES + integerBelow(random, cells.length - 2 * BLOCK_END_BYTES);
        cells[index] = (cells[index] as number) & ~(1 << integerBelow(random, 8));
      }
      return;
    case 'complete':
      cells.fill(0xff);
  }
}

/** Of the differing bits in `differing` (one mask a byte), keeps those that became weak. */
export function chooseWeakBits(differing: Uint8Array, weakness: Weakness, random: Random): void {
  if (weakness === 'all') return;
  const chosen = new Uint8Array(differing.length);
  for (let wanted = 1 + integerBelow(random, 3); wanted > 0; wanted--) {
    const index = nextDiffering(differing, integerBelow(random, differing.length));
    if (index === -1) break;
    const bit = pick(bitsOf(differing[index] as number), random);
    differing[index] = (differing[index] as number) & ~bit;
    chosen[index] = (chosen[index] as number) | bit;
  }
  differing.set(chosen);
}

export function fillRandom(bytes: Uint8Array, random: Random): void {
  for (let index = 0; index < bytes.length; index++) bytes[index] = integerBelow(random, 256);
}

function randomBits(density: BitDensity, random: Random): number {
  const one = integerBelow(random, 256);
  if (density === 'half') return one;
  const two = integerBelow(random, 256);
  const three = integerBelow(random, 256);
  return density === 'dense' ? one | two | three : one & two & three;
}

/** The first byte with a differing bit at or after `from`, going round; -1 when there is none. */
function nextDiffering(differing: Uint8Array, from: number): number {
  for (let distance = 0; distance < differing.length; distance++) {
    const index = (from + distance) % differing.length;
    if (differing[index] !== 0) return index;
  }
  return -1;
}

function bitsOf(mask: number): number[] {
  return [1, 2, 4, 8, 16, 32, 64, 128].filter((bit) => (mask & bit) !== 0);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[integerBelow(random, items.length)] as Item;
}
