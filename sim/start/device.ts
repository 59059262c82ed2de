/** One device of this computer: its folder, its hardware, its agent, and what is told about it. */
import { join } from 'node:path';
import { type HostHal, hostHal } from '../../hal/host/host.js';
import { Agent, type AgentSnapshot, type ConnectionSnapshot } from '../../src/agent/agent.js';
import { type Configuration, parseConfiguration } from '../../src/agent/configuration.js';
import { OutboxError } from '../../src/outbox/error.js';
import type { DeviceDrivers, Inputs } from './inputs.js';
import { Rate } from './rate.js';
import type { DeviceStatus } from './status.js';

export interface DeviceOptions {
  /** Not yet checked; names its device. */
  readonly configuration: unknown;
  readonly dataFolder: string;
  readonly inputs: Inputs;
  onEvent(device: string, event: string): void;
}

export class Device {
  readonly configuration: Configuration;
  readonly #hal: HostHal;
  readonly #drivers: DeviceDrivers;
  readonly #agent: Agent;
  readonly #sampledRate = new Rate();
  readonly #deliveredRate = new Rate();

  /** Throws an Error when the configuration is wrong, or the folder cannot be used, or what is in it. */
  constructor({ configuration, dataFolder, inputs, onEvent }: DeviceOptions) {
    // Checked before a folder is made of the name; complete only with the identity that lies in the folder.
    const { device } = parseConfiguration(configuration, 'unknown');
    const folder = join(dataFolder, device);
    this.#hal = hostHal({ directory: folder });
    this.#drivers = inputs.driversFor(folder, (notice) => onEvent(device, notice));
    try {
      this.configuration = parseConfiguration(configuration, this.#hal.system.hardwareId);
      this.#agent = new Agent({
        hal: this.#hal,
        configuration: this.configuration,
        drivers: this.#drivers.drivers,
        onEvent: (event) => onEvent(device, event),
      });
    } catch (error) {
      this.#hal.close();
      if (!(error instanceof OutboxError)) throw error;
      const file = join(folder, 'flash.bin');
      if (error.code === 'foreign') throw new Error(`${file} holds other data; to begin anew, remove the file`);
      throw new Error(`${file}: ${error.message}`);
    }
  }

  get name(): string {
    return this.configuration.device;
  }

  /** One sentence for each replay that is over. */
  get finished(): string[] {
    return this.#drivers.finished();
  }

  start(): void {
    this.#agent.start();
  }

  /** Ends sampling and the connection. What is told about the device stays as it was then. */
  stop(): void {
    this.#agent.stop();
    this.#drivers.close();
    this.#hal.close();
  }

  snapshot(): AgentSnapshot {
    return this.#agent.snapshot();
  }

  status(): DeviceStatus {
    const { connection, values, faults, books, unstored } = this.#agent.snapshot();
    const now = this.#hal.clock.milliseconds();
    return {
      name: this.name,
      online: connection.state === 'online',
      connection: connectionText(this.configuration, connection),
      values: this.configuration.sensors.flatMap(({ channels }) =>
        channels.flatMap(({ name, unit, decimals }) => {
          const value = values[name];
          return value === undefined ? [] : [`${name} ${value.toFixed(decimals)}${unit && ` ${unit}`}`];
        }),
      ),
      faults: [
        ...Object.entries(faults).map(([sensor, reason]) => `${sensor}: ${reason}`),
        ...(unstored > 0 ? [`readings that flash did not take: ${unstored}`] : []),
      ],
      sampledPerSecond: this.#sampledRate.perSecond(books.sampled, now),
      deliveredPerSecond: this.#deliveredRate.perSecond(books.delivered, now),
      books,
    };
  }
}

function connectionText({ broker }: Configuration, connection: ConnectionSnapshot): string {
  const { state, cause, sessions, retryInMilliseconds = 0 } = connection;
  const because = cause === undefined ? '' : `: ${cause}`;
  switch (state) {
    case 'online':
      return `online, connection ${sessions}`;
    case 'waiting':
      return `connecting to ${broker.host}:${broker.port}${because}, next try in ${Math.ceil(retryInMilliseconds / 1000)} s`;
    case 'connecting':
      return `connecting to ${broker.host}:${broker.port}${because}, trying now`;
    case 'stopped':
      return 'stopped';
  }
}
