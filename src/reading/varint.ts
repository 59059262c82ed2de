/**
 * Whole numbers in as few bytes as they need: 7 bits a byte, low bits first, the top bit says that more follow.
 * Negative ones are folded between the others (zig-zag). Works up to 2^53: by arithmetic, where bit operations, which take
 * fewer steps, do not reach. What is increased is so before it is used, which takes XS half the steps of the other order.
 */
const BITS_MAX = 0x7fffffff;

export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest > BITS_MAX; ++end) {
    into[end] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  for (; rest >= 0x80; ++end) {
    // A byte takes the low 8 bits of what is stored.
    into[end] = rest | 0x80;
    rest >>= 7;
  }
  into[end] = rest;
  return end + 1;
}

export function writeSignedVarint(into: Uint8Array, at: number, value: number): number {
  return writeVarint(into, at, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Reads one number after the other. What runs over the end is no number, and leaves `at` behind the end. */
export class VarintReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Whether a number was asked for that is not there. */
  get isOver(): boolean {
    return this.at > this.#bytes.length;
  }

  unsigned(): number {
    const bytes = this.#bytes;
    let at = this.at;
    let value = bytes[at] as number;
    // The top bit, which says that more follow, is taken back when they do. What is not there ends the number.
    for (let scale = 0x80; value >= scale; scale *= 0x80) value += ((bytes[++at] as number) - 1) * scale;
    this.at = at + 1;
    return value;
  }

  signed(): number {
    const folded = this.unsigned();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }
}
