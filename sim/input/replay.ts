/**
 * A recording as a sensor: every sample is the next row, so no row is lost and none comes twice, however late or early
 * the samples are asked for.
 *
 * All rows are one period apart, the median step of the recording divided by the speed. What the recorded clock says
 * beyond that is not obeyed: a leap to another year would stall the replay, and a step back cannot be waited for.
 */
import type { Sample } from '../../hal/contract.js';
import type { FiniteSensor } from '../../src/sampling/sampler.js';
import type { Recording } from './recording.js';

const periodMillisecondsMin = 1;
/** For a recording whose time never advances. */
const periodMillisecondsDefault = 1000;
/** A step of more than so many median steps is a leap of the clock, or an outage; a few rows left out are neither. */
const leapMedianStepsMin = 10;
/** A notice names so many lines or channels at most. */
const noticeItemsMax = 5;

export interface ReplayOptions {
  readonly recording: Recording;
  /** The row to begin with; what `nextRow` was when an earlier replay ended. */
  readonly startRow: number;
}

export class Replay implements FiniteSensor {
  readonly #recording: Recording;
  #nextRow: number;

  constructor(options: ReplayOptions) {
    this.#recording = options.recording;
    this.#nextRow = options.startRow;
  }

  configure(): void {}

  close(): void {}

  /** The row that comes next, counted from 0: a replay begun there repeats nothing and leaves nothing out. */
  get nextRow(): number {
    return this.#nextRow;
  }

  get exhausted(): boolean {
    return this.#nextRow >= this.#recording.rows;
  }

  /** The values of the next row under the names of their channels; `undefined` when there is none left. */
  sample(): Sample | undefined {
    if (this.exhausted) return undefined;
    const { channels, rowEnds, cellChannels, cellValues } = this.#recording;
    const row = this.#nextRow++;
    const sample: Record<string, number | undefined> = {};
    const end = rowEnds[row] ?? 0;
    for (let cell = rowEnds[row - 1] ?? 0; cell < end; cell++) {
      const channel = channels[cellChannels[cell] ?? 0];
      if (channel !== undefined) sample[channel.name] = cellValues[cell];
    }
    return sample;
  }
}

/** Whole milliseconds between two rows at `speed`, the number of recorded seconds in a second. */
export function replayPeriodMilliseconds(recording: Recording, speed: number): number {
  const step = medianStepSeconds(recording);
  if (step === undefined) return periodMillisecondsDefault;
  return Math.max(periodMillisecondsMin, Math.round((step * 1000) / speed));
}

/** What a person should know who compares the replay with the file; one sentence each. */
export function recordingNotices(recording: Recording): string[] {
  const notices: string[] = [];
  if (recording.rowsEmpty > 0) {
    notices.push(`${recording.file}: rows without any value are left out (${recording.rowsEmpty})`);
  }
  const rounded = recording.channels.filter(({ isRounded }) => isRounded);
  if (rounded.length > 0) {
    const kept = rounded.slice(0, noticeItemsMax).map(({ name, decimals }) => `${name} (${decimals} decimals)`);
    const more = rounded.length > noticeItemsMax ? ` and ${rounded.length - noticeItemsMax} more` : '';
    notices.push(`${recording.file}: values have more digits than are kept and are rounded: ${kept.join(', ')}${more}`);
  }
  const leaps = leapRows(recording);
  if (leaps.length > 0) {
    const places = leaps.slice(0, noticeItemsMax).map((row) => describeStep(recording, row));
    const more = leaps.length > noticeItemsMax ? ` and ${leaps.length - noticeItemsMax} more` : '';
    notices.push(
      `${recording.file}: the recorded clock leaps; each leap is replayed as one step: ${places.join(', ')}${more}`,
    );
  }
  return notices;
}

function leapRows(recording: Recording): number[] {
  const { timesSeconds, rows } = recording;
  const leapSeconds = (medianStepSeconds(recording) ?? Number.POSITIVE_INFINITY) * leapMedianStepsMin;
  const leaps: number[] = [];
  for (let row = 1; row < rows; row++) {
    const step = stepSeconds(timesSeconds, row);
    if (step < 0 || step > leapSeconds) leaps.push(row);
  }
  return leaps;
}

function describeStep({ timesSeconds, lines }: Recording, row: number): string {
  const [from, to] = [timesSeconds[row - 1] ?? 0, timesSeconds[row] ?? 0].map((seconds) =>
    new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
  );
  return `line ${lines[row]} (${from} to ${to})`;
}

/** The median of the steps that go forward. */
function medianStepSeconds({ timesSeconds, rows }: Recording): number | undefined {
  const steps = new Float64Array(Math.max(0, rows - 1));
  let count = 0;
  for (let row = 1; row < rows; row++) {
    const step = stepSeconds(timesSeconds, row);
    if (step > 0) steps[count++] = step;
  }
  return steps.subarray(0, count).sort()[Math.floor(count / 2)];
}

function stepSeconds(timesSeconds: Float64Array, row: number): number {
  return (timesSeconds[row] ?? 0) - (timesSeconds[row - 1] ?? 0);
}
