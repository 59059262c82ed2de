/**
 * What happens to an outbox, as a list of steps that one line of text can hold: the notation of a bug report.
 *
 *     4x512 seed:7 append*12 restart append cut:1:complete-sparse:99 append restart
 *
 * is 4 erase blocks of 512 bytes, and the power cut in the second flash operation of the last `append`. `4x512/16` is encrypted
 * flash, written once in units of 16 bytes, and formatted. Nothing else
 * decides what happens: the same line gives the same bytes. `format` and `parse` are each other's inverse.
 */
import type { Random } from '../../hal/contract.js';
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import type { Tear } from '../../hal/sim/tear.js';

export type Step =
  | { readonly kind: 'append' }
  /** One record for `count` numbers; if nothing is queued, `leftOut` numbers before them are left out. */
  | { readonly kind: 'batch'; readonly count: number; readonly leftOut: number }
  /** Up to `count` records are handed out, fewer when there are no more or the window is full. */
  | { readonly kind: 'take'; readonly count: number }
  /** The same, after a look ahead, which must have shown them. */
  | { readonly kind: 'look'; readonly count: number }
  | { readonly kind: 'release'; readonly count: number; readonly from: ReleaseOrder }
  | { readonly kind: 'rewind' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'maintain' }
  /** Everything is handed out and released. */
  | { readonly kind: 'drain' }
  /** Everything is handed out, held against what is owed, and taken back. */
  | { readonly kind: 'inspect' }
  /** The power comes back after a cut; without one it goes first, between two operations. The log is opened. */
  | { readonly kind: 'boot'; readonly payloadBytesMax?: number }
  /** `boot`, then `inspect`. */
  | { readonly kind: 'restart'; readonly payloadBytesMax?: number }
  /** Power is cut in the flash operation after `after` others; `seed` decides what weak cells read from then on. */
  | { readonly kind: 'cut'; readonly after: number; readonly tear: Tear; readonly seed: number }
  /** The flash operation after `after` others is done as far as `tear` says, then throws. Power stays. */
  | { readonly kind: 'fail'; readonly after: number; readonly tear: Tear }
  | { readonly kind: 'failRead'; readonly after: number }
  /** From now on the bit reads 1. */
  | { readonly kind: 'stick'; readonly offset: number; readonly bit: number }
  /** From now on erasing the block erases its first half. */
  | { readonly kind: 'halfErase'; readonly block: number };

/** Which of the records in flight are released first; `part` is one number of the oldest. */
export type ReleaseOrder = 'oldest' | 'newest' | 'middle' | 'part';

export interface Script extends Geometry {
  /** Where weak cells and tears come from, until a cut brings a seed of its own. */
  readonly seed: number;
  readonly steps: readonly Step[];
}

export interface Geometry {
  readonly sectors: number;
  readonly blockLength: number;
  /** Bytes that are written at once, and once only: 16 or 32 in encrypted flash, 0 in plain flash. */
  readonly unitLength: number;
}

/** Payload limit of a session that a `restart` does not set otherwise. */
export const PAYLOAD_BYTES_MAX = 40;

/** Numbers in a batch. */
export const BATCH_COUNT_MAX = 4;

/**
 * A script of `length` steps. One in four has flash calls that throw, one in eight bad cells from the start (not with two
 * sectors, one of which has to be whole).
 */
export function randomScript(seed: number, length: number, geometry: Geometry): Script {
  const random = seededRandom(seed);
  const isFailing = random() < 0.25;
  const steps = random() < 0.125 && geometry.sectors > 2 ? badCells(random, geometry) : [];
  while (steps.length < length) {
    if (isFailing && random() < 0.1) steps.push(randomFailure(random));
    steps.push(randomStep(random));
  }
  steps.push({ kind: 'inspect' });
  return { ...geometry, seed, steps };
}

/** What follows a power cut: power comes back, a few steps, and another power cycle. */
export function randomContinuation(random: Random): Step[] {
  const steps: Step[] = [{ kind: random() < 0.6 ? 'restart' : 'boot' }];
  if (random() < 0.1) steps.push({ kind: 'restart' });
  if (random() < 0.05) steps.push(randomFailure(random));
  for (let left = 1 + integerBelow(random, 4); left > 0; left--) steps.push(randomStep(random));
  if (random() < 0.1) steps.push({ kind: 'drain' });
  steps.push({ kind: 'restart' });
  return steps;
}

export function formatScript({ sectors, blockLength, unitLength, seed, steps }: Script): string {
  const words: string[] = [];
  for (let i = 0; i < steps.length; ) {
    const word = formatStep(steps[i] as Step);
    let same = 1;
    while (i + same < steps.length && formatStep(steps[i + same] as Step) === word) same++;
    words.push(same === 1 ? word : `${word}*${same}`);
    i += same;
  }
  const geometry = `${sectors}x${blockLength}${unitLength === 0 ? '' : `/${unitLength}`}`;
  return [geometry, `seed:${seed}`, ...words].join(' ');
}

export function parseScript(text: string): Script {
  const [geometry = '', seed = '', ...words] = text.trim().split(/\s+/);
  const [sectors, blockLength, unitLength = 0] = geometry.split(/[x/]/).map(wholeNumber);
  if (sectors === undefined || blockLength === undefined || !seed.startsWith('seed:'))
    throw new Error('a script begins with its geometry and seed, as in 4x512 seed:1');
  const steps = words.flatMap((word): Step[] => {
    const [step = '', times = '1'] = word.split('*');
    return new Array<Step>(wholeNumber(times)).fill(parseStep(step));
  });
  return { sectors, blockLength, unitLength, seed: wholeNumber(seed.slice(5)), steps };
}

function randomStep(random: Random): Step {
  const draw = random();
  if (draw < 0.45) return { kind: 'append' };
  if (draw < 0.52)
    return { kind: 'batch', count: 1 + integerBelow(random, BATCH_COUNT_MAX), leftOut: integerBelow(random, 9) };
  if (draw < 0.55) return { kind: 'maintain' };
  if (draw < 0.65) return { kind: 'take', count: 1 + integerBelow(random, 6) };
  if (draw < 0.7) return { kind: 'look', count: 1 + integerBelow(random, 4) };
  if (draw < 0.88) return { kind: 'release', count: 1 + integerBelow(random, 6), from: releaseOrder(random) };
  if (draw < 0.91) return { kind: 'rewind' };
  if (draw < 0.94) return { kind: 'flush' };
  if (draw < 0.95) return { kind: 'drain' };
  const kind = random() < 0.6 ? 'restart' : 'boot';
  return draw < 0.99 ? { kind } : { kind, payloadBytesMax: 8 + integerBelow(random, 70) };
}

function releaseOrder(random: Random): ReleaseOrder {
  const draw = random();
  return draw < 0.6 ? 'oldest' : draw < 0.75 ? 'newest' : draw < 0.9 ? 'middle' : 'part';
}

function randomFailure(random: Random): Step {
  if (random() < 0.2) return { kind: 'failRead', after: integerBelow(random, 8) };
  const kinds = ['nothing', 'complete', 'any'] as const;
  const kind = kinds[integerBelow(random, kinds.length)] as (typeof kinds)[number];
  return { kind: 'fail', after: integerBelow(random, 6), tear: { kind } };
}

function badCells(random: Random, { sectors, blockLength }: Geometry): Step[] {
  if (random() < 0.5) return [{ kind: 'halfErase', block: integerBelow(random, sectors) }];
  const sticks: Step[] = [];
  for (let left = 1 + integerBelow(random, 2); left > 0; left--) {
    const offset = integerBelow(random, sectors * blockLength);
    sticks.push({ kind: 'stick', offset, bit: integerBelow(random, 8) });
  }
  return sticks;
}

function formatStep(step: Step): string {
  switch (step.kind) {
    case 'batch':
      return `batch:${step.count}:${step.leftOut}`;
    case 'take':
    case 'look':
      return `${step.kind}:${step.count}`;
    case 'release':
      return `release:${step.count}:${step.from}`;
    case 'boot':
    case 'restart':
      return step.payloadBytesMax === undefined ? step.kind : `${step.kind}:${step.payloadBytesMax}`;
    case 'cut':
      return `cut:${step.after}:${formatTear(step.tear)}:${step.seed}`;
    case 'fail':
      return `fail:${step.after}:${formatTear(step.tear)}`;
    case 'failRead':
      return `failRead:${step.after}`;
    case 'stick':
      return `stick:${step.offset}:${step.bit}`;
    case 'halfErase':
      return `halfErase:${step.block}`;
    default:
      return step.kind;
  }
}

function parseStep(word: string): Step {
  const [kind, first = '', second = '', third = ''] = word.split(':');
  switch (kind) {
    case 'append':
    case 'rewind':
    case 'flush':
    case 'maintain':
    case 'drain':
    case 'inspect':
      return { kind };
    case 'batch':
      return { kind, count: wholeNumber(first), leftOut: wholeNumber(second) };
    case 'take':
    case 'look':
      return { kind, count: wholeNumber(first) };
    case 'release':
      return { kind, count: wholeNumber(first), from: second as ReleaseOrder };
    case 'boot':
    case 'restart':
      return first === '' ? { kind } : { kind, payloadBytesMax: wholeNumber(first) };
    case 'cut':
      return { kind, after: wholeNumber(first), tear: parseTear(second), seed: wholeNumber(third) };
    case 'fail':
      return { kind, after: wholeNumber(first), tear: parseTear(second) };
    case 'failRead':
      return { kind, after: wholeNumber(first) };
    case 'stick':
      return { kind, offset: wholeNumber(first), bit: wholeNumber(second) };
    case 'halfErase':
      return { kind, block: wholeNumber(first) };
    default:
      throw new Error(`'${word}' is no step of a script`);
  }
}

/** `prefix-5-sparse`: the kind, how much of it, how many cells are weak. */
function formatTear(tear: Tear): string {
  const words: (string | number)[] = [tear.kind];
  if ('bytes' in tear) words.push(tear.bytes);
  if ('density' in tear) words.push(tear.density);
  if ('weak' in tear && tear.weak !== undefined) words.push(tear.weak);
  return words.join('-');
}

function parseTear(text: string): Tear {
  const [kind, ...rest] = text.split('-');
  const amount = kind === 'prefix' || kind === 'suffix' || kind === 'bits' ? rest.shift() : undefined;
  const tear = {
    kind,
    ...(kind === 'bits' ? { density: amount } : amount === undefined ? {} : { bytes: wholeNumber(amount) }),
    ...(rest[0] === undefined ? {} : { weak: rest[0] }),
  };
  return tear as Tear;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value)) throw new Error(`'${text}' in a script is no whole number`);
  return value;
}
