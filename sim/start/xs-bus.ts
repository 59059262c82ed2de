/** What the main program does for one boot of a device on XS: its sensors, its key-value storage (xs/bus.ts). */
import type { KeyValue, Sensor } from '../../hal/contract.js';
import type { FiniteSensor } from '../../src/sampling/sampler.js';
import type { Answer, BootAnswer, Request, SampleAnswer } from '../../xs/bus.js';
import type { DeviceDrivers } from './inputs.js';

export interface XsBusOptions {
  readonly configuration: unknown;
  readonly keyValue: KeyValue;
  readonly drivers: DeviceDrivers['drivers'];
}

export class XsBus {
  readonly #options: XsBusOptions;
  readonly #sensors = new Map<number, Sensor>();
  #opened = 0;

  constructor(options: XsBusOptions) {
    this.#options = options;
  }

  answer(request: Request): Answer {
    try {
      return { value: this.#valueOf(request) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  close(sensor: number): void {
    this.#sensors.get(sensor)?.close();
    this.#sensors.delete(sensor);
  }

  #valueOf(request: Request): unknown {
    const { configuration, keyValue, drivers } = this.#options;
    switch (request[0]) {
      case 'boot':
        return { configuration, drivers: Object.keys(drivers) } satisfies BootAnswer;
      case 'read':
        return keyValue.read(request[1]);
      case 'write':
        return keyValue.write(request[1], request[2]);
      case 'delete':
        return keyValue.delete(request[1]);
      case 'open':
        return this.#open(request[1], request[2]);
      case 'sample':
        return this.#sample(request[1]);
    }
  }

  #open(driver: string, options: object): number {
    const create = this.#options.drivers[driver];
    if (create === undefined) throw new Error(`there is no driver ${driver}`);
    this.#sensors.set(++this.#opened, create(options));
    return this.#opened;
  }

  #sample(number: number): SampleAnswer {
    const sensor = this.#sensors.get(number);
    if (sensor === undefined) throw new Error(`sensor ${number} is not open`);
    const sample = sensor.sample();
    const exhausted = (sensor as FiniteSensor).exhausted === true;
    return { sample, exhausted, conversionMilliseconds: sensor.conversionMilliseconds ?? 0 };
  }
}
