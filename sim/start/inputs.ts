/**
 * The real input of the devices: which sensors they have, and the drivers behind them.
 *
 * A sensor of the configuration whose driver is `replay` or `host` need not name its period and channels; they are filled
 * in from the file and from what this computer can measure. What else is in the configuration passes through unread.
 */
import { basename, resolve } from 'node:path';
import type { Sample, Sensor } from '../../hal/contract.js';
import { ConfigurationError } from '../../src/agent/configuration.js';
import type { Schema } from '../../src/agent/schema.js';
import { validate } from '../../src/agent/validate.js';
import type { FiniteSensor } from '../../src/sampling/sampler.js';
import { readRecording } from '../input/csv.js';
import { defaultRecordingFile } from '../input/default-recording.js';
import { HostSensor, probeHostChannels } from '../input/host.js';
import type { Recording } from '../input/recording.js';
import { Replay, recordingNotices, replayPeriodMilliseconds } from '../input/replay.js';
import type { StartOptions } from './options.js';
import { ReplayPosition } from './replay-position.js';

const hostPeriodMilliseconds = 1000;

const replayOptions: Schema = {
  type: 'object',
  properties: {
    file: { type: 'string', pattern: '^.+$' },
    speed: { type: 'number', minimum: 0.000001, maximum: 1_000_000_000 },
  },
};

type JsonObject = Record<string, unknown>;

export interface DeviceDrivers {
  readonly drivers: Record<string, (options: object) => Sensor>;
  /** One sentence for each replay that is over. */
  finished(): string[];
  /** The readings of all samples so far are in flash: what comes next is written down. */
  stored(): void;
  /** The device has lost what was not yet stored: goes back to what comes after that. */
  rewind(): void;
  close(): void;
}

export interface DriversOptions {
  readonly deviceFolder: string;
  onNotice(notice: string): void;
  /** A sensor that plays a file has given a sample. */
  onSample(): void;
}

export class Inputs {
  /** The sensors of the configuration, complete. */
  sensors: unknown;
  readonly #options: StartOptions;
  readonly #recordings = new Map<string, Recording>();
  /** Which sensor replays a file: a file has one position in a device. */
  readonly #sensorsByFile = new Map<string, string>();

  private constructor(options: StartOptions) {
    this.#options = options;
  }

  /** Reads every file there is to replay. Rejects with an Error that names the file and the line. */
  static async prepare(options: StartOptions, configured: unknown): Promise<Inputs> {
    const inputs = new Inputs(options);
    const kind = options.sensors ?? (configured === undefined ? 'replay' : undefined);
    const sensors = kind === undefined ? configured : [{ name: kind === 'replay' ? 'replay' : 'host', driver: kind }];
    inputs.sensors = Array.isArray(sensors)
      ? await Promise.all(sensors.map((sensor: unknown, index) => inputs.#complete(sensor, `sensors[${index}]`)))
      : sensors;
    return inputs;
  }

  /** What is replayed and from where, and what is odd about it; one sentence each. */
  notices(): string[] {
    return [...this.#recordings.values()].flatMap((recording) => [
      `replaying ${basename(recording.file)}: ${counted(recording.rows, 'row')}, ${counted(recording.channels.length, 'channel')}`,
      ...recordingNotices(recording),
    ]);
  }

  driversFor({ deviceFolder, onNotice, onSample }: DriversOptions): DeviceDrivers {
    const replays = new Map<string, StoredReplay>();
    return {
      drivers: {
        host: () => new HostSensor(),
        replay: (options) => {
          const recording = this.#recordingOf(options as JsonObject);
          let replay = replays.get(recording.file);
          if (replay === undefined) {
            const position = new ReplayPosition(deviceFolder, recording);
            if (position.isOtherFile)
              onNotice(`${recording.file} has another size than before and begins at its first row`);
            replay = new StoredReplay(recording, position, onSample);
            replays.set(recording.file, replay);
          }
          return replay;
        },
      },
      finished: () => [...replays.values()].filter(({ exhausted }) => exhausted).map((replay) => replay.finishedText),
      stored: () => {
        for (const replay of replays.values()) replay.store();
      },
      rewind: () => {
        for (const replay of replays.values()) replay.rewind();
      },
      close: () => {
        for (const replay of replays.values()) replay.release();
      },
    };
  }

  async #complete(sensor: unknown, path: string): Promise<unknown> {
    if (typeof sensor !== 'object' || sensor === null) return sensor;
    const { driver, options = {} } = sensor as JsonObject;
    if (driver === 'host') {
      requireNoOptions(options, `${path}.options`);
      const channels = (await probeHostChannels()).map((channel) => ({ ...channel, from: channel.name }));
      return { periodMilliseconds: hostPeriodMilliseconds, channels, ...sensor };
    }
    if (driver !== 'replay') return sensor;
    const checked = validate(options, replayOptions, `${path}.options`) as JsonObject;
    const recording = this.#recordingOf(checked);
    this.#claim(recording.file, path);
    const { speed = this.#options.speed } = checked as { speed?: number };
    return {
      periodMilliseconds: replayPeriodMilliseconds(recording, speed),
      channels: recording.channels.map(({ name, decimals }) => ({ name, from: name, unit: '', decimals })),
      ...sensor,
    };
  }

  #claim(file: string, path: string): void {
    const absolute = resolve(file);
    const other = this.#sensorsByFile.get(absolute);
    if (other !== undefined) {
      throw new ConfigurationError(`${path}.options.file: ${other} replays ${file} already, expected another file`);
    }
    this.#sensorsByFile.set(absolute, path);
  }

  #recordingOf(options: JsonObject): Recording {
    const file = String(options.file ?? this.#options.replayFile ?? defaultRecordingFile());
    const recording = this.#recordings.get(file) ?? readRecording(file);
    this.#recordings.set(file, recording);
    return recording;
  }
}

function requireNoOptions(options: unknown, path: string): void {
  const [name] = Object.keys(validate(options, { type: 'object' }, path) as JsonObject);
  if (name !== undefined) throw new ConfigurationError(`${path}.${name}: unknown key, the driver host has no options`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A replay that writes down how far it has come. It outlives the sensor that the agent closes and makes anew. */
class StoredReplay implements FiniteSensor {
  readonly #recording: Recording;
  readonly #position: ReplayPosition;
  readonly #onSample: () => void;
  #replay: Replay;

  constructor(recording: Recording, position: ReplayPosition, onSample: () => void) {
    this.#recording = recording;
    this.#position = position;
    this.#onSample = onSample;
    this.#replay = new Replay({ recording, startRow: position.row });
  }

  configure(): void {}

  close(): void {}

  get exhausted(): boolean {
    return this.#replay.exhausted;
  }

  get finishedText(): string {
    const { file, rows } = this.#recording;
    return `${basename(file)} is replayed to its end, ${counted(rows, 'row')}; to begin anew, remove ${this.#position.path}`;
  }

  sample(): Sample | undefined {
    const sample = this.#replay.sample();
    if (sample !== undefined) this.#onSample();
    return sample;
  }

  store(): void {
    if (this.#position.row !== this.#replay.nextRow) this.#position.row = this.#replay.nextRow;
  }

  rewind(): void {
    this.#replay = new Replay({ recording: this.#recording, startRow: this.#position.row });
  }

  release(): void {
    this.#position.close();
  }
}
