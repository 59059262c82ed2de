/**
 * What the sensors gave last: the values of their channels, rounded as they are stored, and the text of each sensor's values, which
 * telemetry and state share.
 *
 * Kept by sensor and channel, not by name, since on a device each name in use is kept for good.
 */
import type { Sample } from '../../hal/contract.js';
import { SCALED_MAX } from '../reading/reading.js';
import type { ChannelConfiguration, SensorConfiguration } from './configuration.js';
import { textOf } from './telemetry.js';

export class Latest {
  readonly #sensors: readonly SensorConfiguration[];
  readonly #values: (number | undefined)[][] = [];
  /** Made when they are asked for, and forgotten when all have been. */
  readonly #texts: (string | undefined)[] = [];

  constructor(sensors: readonly SensorConfiguration[]) {
    this.#sensors = sensors;
    for (const { channels } of sensors) {
      this.#values.push(channels.map(() => undefined));
      this.#texts.push(undefined);
    }
  }

  /**
   * Takes a sample of sensor `i`, and says whether it has a value of any channel. What is too large to be stored exactly is none, to
   * alarms as well.
   */
  take(i: number, sample: Sample): boolean {
    const channels = (this.#sensors[i] as SensorConfiguration).channels;
    const values = this.#values[i] as (number | undefined)[];
    let isEmpty = true;
    for (let c = 0; c < channels.length; ++c) {
      const channel = channels[c] as ChannelConfiguration;
      const scale = 10 ** channel.decimals;
      const scaled = Math.round(numberAt(sample, channel.from) * scale);
      if (scaled >= -SCALED_MAX && scaled <= SCALED_MAX) {
        values[c] = scaled / scale;
        isEmpty = false;
      } else values[c] = undefined;
    }
    this.#texts[i] = undefined;
    return !isEmpty;
  }

  /** Sensor `i` has no values now. */
  forget(i: number): void {
    this.#values[i]?.fill(undefined);
    this.#texts[i] = undefined;
  }

  /** Those of sensor `i`, by channel. The next sample changes them. */
  values(i: number): readonly (number | undefined)[] {
    return this.#values[i] as (number | undefined)[];
  }

  /** The values of sensor `i` as they stand in a JSON object. */
  text(i: number): string {
    let text = this.#texts[i];
    if (text === undefined) {
      text = textOf(this.values(i), (this.#sensors[i] as SensorConfiguration).channels);
      this.#texts[i] = text;
    }
    return text;
  }

  /** The values of all sensors, likewise. */
  textOfAll(): string {
    let all = '';
    for (let i = 0; i < this.#texts.length; ++i) {
      const text = this.text(i);
      this.#texts[i] = undefined;
      if (text !== '') all = all === '' ? text : `${all},${text}`;
    }
    return all;
  }
}

/** NaN if there is none. `path` is "temperature", or "thermometer.temperature" as ECMA-419 nests it. */
function numberAt(sample: Sample, path: string): number {
  let value: unknown = sample[path];
  if (value === undefined) {
    const dot = path.indexOf('.');
    const outer = dot > 0 ? sample[path.slice(0, dot)] : undefined;
    if (typeof outer === 'object' && outer !== null) value = (outer as Sample)[path.slice(dot + 1)];
  }
  return typeof value === 'number' ? value : Number.NaN;
}
