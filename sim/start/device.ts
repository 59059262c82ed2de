/** One device of this computer: its folder, its hardware, its agent, and what is told about it. */
import { join } from 'node:path';
import { type HostHal, hostHal } from '../../hal/host/host.js';
import { Agent } from '../../src/agent/agent.js';
import type { Configuration } from '../../src/agent/configuration.js';
import type { DeviceDrivers, Inputs } from './inputs.js';
import { Rate } from './rate.js';
import type { Books, DeviceStatus } from './status.js';

export interface DeviceOptions {
  readonly configuration: Configuration;
  readonly dataFolder: string;
  readonly inputs: Inputs;
  onEvent(event: string): void;
}

export class Device {
  readonly #configuration: Configuration;
  readonly #hal: HostHal;
  readonly #drivers: DeviceDrivers;
  readonly #agent: Agent;
  readonly #sampledRate = new Rate();
  readonly #deliveredRate = new Rate();
  readonly #finishedTold = new Set<string>();

  /** Throws an Error when the folder cannot be used, or what is in it. */
  constructor({ configuration, dataFolder, inputs, onEvent }: DeviceOptions) {
    const folder = join(dataFolder, configuration.device);
    this.#configuration = configuration;
    this.#hal = hostHal({ directory: folder });
    this.#drivers = inputs.driversFor(folder);
    try {
      this.#agent = new Agent({ hal: this.#hal, configuration, drivers: this.#drivers.drivers, onEvent });
    } catch (error) {
      this.#hal.close();
      throw error;
    }
  }

  start(): void {
    this.#agent.start();
  }

  /** Ends sampling and the connection. The books can still be read. */
  stop(): void {
    this.#agent.stop();
    this.#drivers.close();
    this.#hal.close();
  }

  books(): Books {
    return this.#agent.snapshot().books;
  }

  status(): DeviceStatus {
    const { connection, values, books } = this.#agent.snapshot();
    const now = this.#hal.clock.milliseconds();
    return {
      name: this.#configuration.device,
      online: connection.state === 'online',
      connection: connectionText(this.#configuration, connection),
      values: this.#configuration.sensors.flatMap(({ channels }) =>
        channels.flatMap(({ name, unit, decimals }) => {
          const value = values[name];
          return value === undefined ? [] : [`${name} ${value.toFixed(decimals)}${unit && ` ${unit}`}`];
        }),
      ),
      sampledPerSecond: this.#sampledRate.perSecond(books.sampled, now),
      deliveredPerSecond: this.#deliveredRate.perSecond(books.delivered, now),
      books,
    };
  }
}
