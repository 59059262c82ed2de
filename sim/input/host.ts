/**
 * This computer as a sensor: load, memory, temperature and network traffic, through the package systeminformation.
 *
 * Asking the system takes a while, so `sample()` asks and returns `undefined` until the answer is there, as a slow sensor
 * on a bus does. What this computer cannot measure is left out of the sample.
 */
import { cpuTemperature, currentLoad, mem, networkStats } from 'systeminformation';
import type { Sample, Sensor } from '../../hal/contract.js';

const bytesPerKibibyte = 1024;

export interface HostChannel {
  readonly name: string;
  readonly unit: string;
  readonly decimals: number;
}

const hostChannels: readonly HostChannel[] = [
  { name: 'load', unit: '%', decimals: 1 },
  { name: 'memory', unit: '%', decimals: 1 },
  { name: 'temperature', unit: '°C', decimals: 1 },
  { name: 'received', unit: 'KiB/s', decimals: 1 },
  { name: 'sent', unit: 'KiB/s', decimals: 1 },
];

type HostReading = Record<string, number | null | undefined>;

/** The channels that this computer has. */
export async function probeHostChannels(): Promise<HostChannel[]> {
  // Rates exist from the second question on.
  await readHost();
  const reading = await readHost();
  return hostChannels.filter(({ name }) => Number.isFinite(reading[name]) || name === 'received' || name === 'sent');
}

export interface HostSensorOptions {
  /** Asks the system; this computer by default. */
  readonly read?: () => Promise<HostReading>;
}

export class HostSensor implements Sensor {
  readonly conversionMilliseconds = 20;
  readonly #read: () => Promise<HostReading>;
  #asked = false;
  #answer: Sample | undefined;
  #failure: Error | undefined;

  constructor(options: HostSensorOptions = {}) {
    this.#read = options.read ?? readHost;
  }

  configure(): void {}

  close(): void {}

  sample(): Sample | undefined {
    if (!this.#asked) {
      this.#asked = true;
      this.#ask();
      return undefined;
    }
    if (this.#failure !== undefined) throw this.#failure;
    const answer = this.#answer;
    if (answer !== undefined) {
      this.#asked = false;
      this.#answer = undefined;
    }
    return answer;
  }

  /** Both outcomes are picked up by the next `sample()`. */
  #ask(): void {
    this.#read().then(
      (reading) => {
        this.#answer = reading;
      },
      (error: unknown) => {
        this.#failure = new Error(`this computer cannot be asked: ${error instanceof Error ? error.message : error}`);
      },
    );
  }
}

async function readHost(): Promise<HostReading> {
  const [load, memory, temperature, networks] = await Promise.all([
    currentLoad(),
    mem(),
    cpuTemperature(),
    networkStats(),
  ]);
  return {
    load: load.currentLoad,
    memory: ((memory.total - memory.available) / memory.total) * 100,
    temperature: temperature.main,
    received: kibibytes(networks[0]?.rx_sec),
    sent: kibibytes(networks[0]?.tx_sec),
  };
}

function kibibytes(bytes: number | null | undefined): number | undefined {
  return bytes === null || bytes === undefined ? undefined : bytes / bytesPerKibibyte;
}
