/** A sensor without hardware: values that wander between 20 and 30 with two decimals, and from 50 up, others each time. */
import type { Sensor } from '../../hal/contract.js';

export class Wandering implements Sensor {
  readonly #sample = { value: 20, other: 50 };
  #count = 0;

  configure(): void {}

  sample(): { value: number; other: number } {
    this.#count++;
    this.#sample.value = 20 + (this.#count % 1000) / 100;
    this.#sample.other = 50 + (this.#count % 77) / 10;
    return this.#sample;
  }

  close(): void {}
}
