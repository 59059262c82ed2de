/**
 * A recording in memory: rows of values, kept in a few flat arrays because a file may hold millions of them. Only cells
 * that hold a value take space, so rows may differ in the channels they have.
 *
 *     rowEnds       2           5      6            row r holds the cells from rowEnds[r - 1] (0 for r = 0) to rowEnds[r]
 *     cellChannels  0    1      0 1 2  2            index into `channels`
 *     cellValues    21.5 55     ...
 */

/** The most digits after the point that are kept; sensors that resolve more are not known to this project. */
const decimalsMax = 6;
const nameLengthMax = 40;

/** The largest value, times 10^decimals: what a stored reading can hold (FORMAT.md, "Readings"). */
export const scaledMax = 2 ** 51 - 1;

export interface RecordedChannel {
  /** ASCII letters, digits, '_' and '-', unique within the recording: usable as a JSON key. */
  readonly name: string;
  /** Digits after the point, the most that occur, as far as every value times 10^decimals is an exact integer. */
  readonly decimals: number;
  /** Some value has more digits than that, and loses them when it is stored. */
  readonly isRounded: boolean;
}

export interface Recording {
  readonly file: string;
  readonly fileBytes: number;
  readonly channels: readonly RecordedChannel[];
  readonly rows: number;
  /** When each row was recorded, in seconds since 1970, in the order of the file. */
  readonly timesSeconds: Float64Array;
  /** The line of the file on which each row begins, counted from 1. */
  readonly lines: Uint32Array;
  readonly rowEnds: Uint32Array;
  readonly cellChannels: Uint16Array;
  readonly cellValues: Float64Array;
  /** Rows of the file without any value; they are not among `rows`. */
  readonly rowsEmpty: number;
}

export class RecordingBuilder {
  readonly #names: string[] = [];
  readonly #namesTaken = new Set<string>();
  readonly #decimals: number[] = [];
  readonly #magnitudes: number[] = [];
  readonly #times: number[] = [];
  readonly #lines: number[] = [];
  readonly #rowEnds: number[] = [];
  readonly #cellChannels: number[] = [];
  readonly #cellValues: number[] = [];
  #rowsEmpty = 0;
  #rowTime: number | undefined;
  #rowLine = 0;

  /** Adds a channel under a name made from `label`, and gives its index. */
  addChannel(label: string): number {
    const base = channelName(label) || `channel_${this.#names.length + 1}`;
    let name = base;
    for (let copy = 2; this.#namesTaken.has(name); copy++) name = `${base}_${copy}`;
    this.#namesTaken.add(name);
    this.#decimals.push(0);
    this.#magnitudes.push(0);
    return this.#names.push(name) - 1;
  }

  beginRow(timeSeconds: number, line: number): void {
    this.#endRow();
    this.#rowTime = timeSeconds;
    this.#rowLine = line;
  }

  /** `text` is what stands in the cell, a decimal number; `value` is what it means. */
  addCell(channel: number, text: string, value: number): void {
    this.#cellChannels.push(channel);
    this.#cellValues.push(value);
    this.#decimals[channel] = Math.max(this.#decimals[channel] ?? 0, decimalsOf(text));
    this.#magnitudes[channel] = Math.max(this.#magnitudes[channel] ?? 0, Math.abs(value));
  }

  finish(file: string, fileBytes: number): Recording {
    this.#endRow();
    const decimals = this.#decimals.map((most, channel) => decimalsThatFit(most, this.#magnitudes[channel] ?? 0));
    const rounded = this.#roundedChannels(decimals);
    return {
      file,
      fileBytes,
      channels: this.#names.map((name, channel) => ({
        name,
        decimals: decimals[channel] ?? 0,
        isRounded: rounded.has(channel),
      })),
      rows: this.#times.length,
      timesSeconds: Float64Array.from(this.#times),
      lines: Uint32Array.from(this.#lines),
      rowEnds: Uint32Array.from(this.#rowEnds),
      cellChannels: Uint16Array.from(this.#cellChannels),
      cellValues: Float64Array.from(this.#cellValues),
      rowsEmpty: this.#rowsEmpty,
    };
  }

  #roundedChannels(decimals: readonly number[]): Set<number> {
    const rounded = new Set<number>();
    this.#cellValues.forEach((value, cell) => {
      const channel = this.#cellChannels[cell] ?? 0;
      const kept = decimals[channel] ?? 0;
      if (kept >= (this.#decimals[channel] ?? 0) || rounded.has(channel)) return;
      if (Number(value.toFixed(kept)) !== value) rounded.add(channel);
    });
    return rounded;
  }

  #endRow(): void {
    if (this.#rowTime === undefined) return;
    const end = this.#cellValues.length;
    if (end === (this.#rowEnds.at(-1) ?? 0)) {
      this.#rowsEmpty += 1;
    } else {
      this.#times.push(this.#rowTime);
      this.#lines.push(this.#rowLine);
      this.#rowEnds.push(end);
    }
    this.#rowTime = undefined;
  }
}

/** 'Température (°C)' -> 'Temperature_C'. Empty when no ASCII letter or digit is left. */
function channelName(label: string): string {
  return label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9-]+/g, '_')
    .slice(0, nameLengthMax)
    .replace(/^_+|_+$/g, '');
}

function decimalsOf(text: string): number {
  const exponentAt = text.search(/e/i);
  const mantissa = exponentAt < 0 ? text : text.slice(0, exponentAt);
  const exponent = exponentAt < 0 ? 0 : Number(text.slice(exponentAt + 1));
  const point = mantissa.indexOf('.');
  return (point < 0 ? 0 : mantissa.length - point - 1) - exponent;
}

function decimalsThatFit(decimals: number, magnitude: number): number {
  let fitting = Math.min(Math.max(decimals, 0), decimalsMax);
  while (fitting > 0 && magnitude * 10 ** fitting > scaledMax) fitting -= 1;
  return fitting;
}
