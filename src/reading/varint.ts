/**
 * Whole numbers in as few bytes as they need: 7 bits a byte, low bits first, the top bit says that more follow.
 * Negative ones are folded between the others (zig-zag). Works up to 2^53 by arithmetic, since bit operations end at 2^31.
 */

export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 0x80) {
    into[end++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[end++] = rest;
  return end;
}

export function writeSignedVarint(into: Uint8Array, at: number, value: number): number {
  return writeVarint(into, at, value < 0 ? -2 * value - 1 : 2 * value);
}

/** Reads one number after the other. Running over the end throws a RangeError. */
export class VarintReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError('the record ends inside a number');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  signed(): number {
    const folded = this.unsigned();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }
}
