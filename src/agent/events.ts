/**
 * The events of a device: its alarms, and the log that holds them until the broker has them.
 *
 * The log is one of its own, on a partition of its own: telemetry cannot evict an alarm, and an alarm need not wait behind
 * telemetry. Its records have the stream of their sensor, like readings.
 *
 * Does not know how events are sent.
 */
import type { Flash, Hal } from '../../hal/contract.js';
import { type Outbox, openOutbox } from '../outbox/outbox.js';
import { type AlarmState, packReading } from '../reading/reading.js';
import { Alarms } from './alarms.js';
import { type Books, Ledger } from './books.js';
import type { ChannelConfiguration, SensorConfiguration } from './configuration.js';

/** An alarm: four numbers of 8, 8, 3 and 8 bytes at most. */
const EVENT_BYTES_MAX = 27;

export interface EventsOptions {
  readonly flash: Flash;
  readonly crc32c: Hal['crc32c'];
  readonly sensors: readonly SensorConfiguration[];
  readonly acknowledgementsUnsavedMax: number;
  /** One sentence for each alarm that is raised or cleared. */
  readonly onEvent: (event: string) => void;
}

/** Whether there is anything to watch. */
export function hasAlarms(sensors: readonly SensorConfiguration[]): boolean {
  return sensors.some(({ channels }) => channels.some(({ alarm }) => alarm !== undefined));
}

export class Events {
  readonly log: Outbox;
  readonly #ledger: Ledger;
  readonly #sensors: readonly SensorConfiguration[];
  /** By sensor. */
  readonly #alarms: readonly Alarms[];
  readonly #onEvent: (event: string) => void;
  readonly #record = new Uint8Array(EVENT_BYTES_MAX);

  /** Throws an Error when the partition holds no log and is not blank. */
  constructor(options: EventsOptions) {
    const { sensors, onEvent } = options;
    this.log = openEvents(options);
    this.#ledger = new Ledger(this.log.statistics());
    this.#sensors = sensors;
    this.#alarms = sensors.map(({ channels }) => new Alarms(channels));
    this.#onEvent = onEvent;
  }

  /** Puts what these values of sensor `i` raise or clear into the log. What flash does not take is tried again next time. */
  check(
    i: number,
    values: readonly (number | undefined)[],
    moment: { readonly boot: number; readonly milliseconds: number },
  ): void {
    try {
      (this.#alarms[i] as Alarms).check(values, (channel, state, value) => {
        const { channels } = this.#sensors[i] as SensorConfiguration;
        const byteLength = packReading(this.#record, { ...moment, kind: 'alarm', channel, state, value }, channels);
        this.log.append(this.#record.subarray(0, byteLength), i);
        this.#ledger.stored();
        this.#onEvent(sentenceOf(channels[channel] as ChannelConfiguration, state, value));
      });
    } catch (error) {
      this.#onEvent(`an alarm could not be stored: ${error instanceof Error ? error.message : error}`);
    }
  }

  books(): Books {
    return this.#ledger.books(this.log.statistics());
  }
}

function openEvents({ flash, crc32c, acknowledgementsUnsavedMax }: EventsOptions): Outbox {
  try {
    return openOutbox(flash, { payloadBytesMax: EVENT_BYTES_MAX, acknowledgementsUnsavedMax, crc32c });
  } catch (error) {
    throw new Error(`the log of events: ${error instanceof Error ? error.message : error}`);
  }
}

function sentenceOf({ name, alarm }: ChannelConfiguration, state: AlarmState, value: number): string {
  if (state === 'clear') return `alarm cleared: ${name} is ${value}`;
  return `alarm: ${name} is ${value}, ${state} ${alarm?.[state]}`;
}
