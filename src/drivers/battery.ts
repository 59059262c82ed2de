/**
 * Battery voltage: an analog input behind a divider of two resistors.
 *
 *     battery + --[ upper ]--+--[ lower ]-- ground        divider = (upper + lower) / lower
 *                            |
 *                           pin
 *
 * It does not know what battery it is, nor when it is empty.
 *
 * The default reference is the top of what an ESP32 measures well at its highest attenuation: 150 to 2450 mV at 11 dB
 * (Espressif, "ESP32 Series Datasheet", ADC characteristics; newer documents call the same setting 12 dB). The SDK's
 * analog input corrects for the chip's calibration and scales its readings so that full scale is 2.45 V. A divider
 * should bring the full battery below that, and the empty one above 0.15 V.
 */
import type { Analog, AnalogConstructor, Sample, Sensor } from '../../hal/contract.js';

export interface BatteryOptions {
  readonly sensor: {
    readonly io: AnalogConstructor;
    readonly pin: number;
    /** The voltage at the pin that gives the largest reading. 2.45 by default. */
    readonly referenceVolts?: number;
    /** How many times the voltage at the pin the battery has. 2 by default: two equal resistors. */
    readonly divider?: number;
  };
}

const referenceVoltsDefault = 2.45;
const dividerDefault = 2;

export class Battery implements Sensor {
  readonly #io: Analog;
  readonly #voltsPerStep: number;

  constructor(options: BatteryOptions) {
    const { io, referenceVolts = referenceVoltsDefault, divider = dividerDefault, ...wiring } = options.sensor;
    if (!(referenceVolts > 0)) throw new RangeError(`referenceVolts must be above 0, not ${referenceVolts}`);
    if (!(divider >= 1)) throw new RangeError(`divider must be 1 or more, not ${divider}`);
    this.#io = new io(wiring);
    this.#voltsPerStep = (referenceVolts * divider) / (2 ** this.#io.resolution - 1);
  }

  /** There is nothing to configure. */
  configure(): void {}

  /** `{ voltage: <volts> }`. */
  sample(): Sample {
    const reading: unknown = this.#io.read();
    // The ESP32 gives no number when Wi-Fi holds its second converter (pins 0, 2, 4, 12 to 15, 25 to 27).
    if (typeof reading !== 'number') throw new Error('the analog input of the battery gave no reading');
    return { voltage: reading * this.#voltsPerStep };
  }

  close(): void {
    this.#io.close();
  }
}
