/** The main program as the device sees it: sensors and key-value storage, by question and answer (xs/bus.ts). */
import type { KeyValue, Sample, Sensor } from '../../hal/contract.js';
import type { Answer, Message, Request, SampleAnswer } from '../bus.js';

export function ask(...request: Request): unknown {
  const { value, error } = JSON.parse(native.ask(JSON.stringify(request))) as Answer;
  if (error !== undefined) throw new Error(error);
  return value;
}

export function tell(...message: Message): void {
  native.tell(JSON.stringify(message));
}

export const keyValue: KeyValue = Object.freeze({
  read: (key: string) => ask('read', key) as string | undefined,
  write: (key: string, value: string) => void ask('write', key, value),
  delete: (key: string) => void ask('delete', key),
});

/** A sensor that a driver of the main program has made. */
export class RemoteSensor implements Sensor {
  exhausted = false;
  conversionMilliseconds = 0;
  readonly #sensor: number;

  constructor(driver: string, options: object) {
    this.#sensor = ask('open', driver, options) as number;
  }

  configure(): void {}

  sample(): Sample | undefined {
    const { sample, exhausted, conversionMilliseconds } = ask('sample', this.#sensor) as SampleAnswer;
    this.exhausted = exhausted;
    this.conversionMilliseconds = conversionMilliseconds;
    return sample;
  }

  close(): void {
    tell('close', this.#sensor);
  }
}
