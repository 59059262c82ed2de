/**
 * One device of this computer: its folder, its inputs, its agent, and what is told about it. The agent runs in this process,
 * or on the XS engine in a process of its own; to all else that makes no difference.
 */
import { join } from 'node:path';
import { hostHal } from '../../hal/host/host.js';
import { Agent, type AgentSnapshot, type ConnectionSnapshot } from '../../src/agent/agent.js';
import { type Configuration, parseConfiguration } from '../../src/agent/configuration.js';
import { OutboxError } from '../../src/outbox/error.js';
import type { XsEngine } from '../../xs/run.js';
import { refuseUnreachable } from './engine.js';
import type { DeviceDrivers, Inputs } from './inputs.js';
import { Rate } from './rate.js';
import { type DeviceStatus, type EngineStatus, engineTexts } from './status.js';
import { XsAgent } from './xs-agent.js';

export interface DeviceOptions {
  /** Not yet checked; names its device. */
  readonly configuration: unknown;
  readonly dataFolder: string;
  readonly inputs: Inputs;
  /** Absent: the agent runs in this process. */
  readonly engine: XsEngine | undefined;
  onEvent(device: string, event: string): void;
}

/** What `Agent` is. */
interface RunningAgent {
  start(): void;
  stop(): void | Promise<void>;
  snapshot(): AgentSnapshot;
  engine?(): EngineStatus;
}

export class Device {
  readonly configuration: Configuration;
  readonly #drivers: DeviceDrivers;
  readonly #agent: RunningAgent;
  readonly #close: () => void;
  readonly #sampledRate = new Rate();
  readonly #deliveredRate = new Rate();

  private constructor(
    configuration: Configuration,
    agent: RunningAgent,
    { drivers, close }: { readonly drivers: DeviceDrivers; readonly close: () => void },
  ) {
    this.configuration = configuration;
    this.#agent = agent;
    this.#drivers = drivers;
    this.#close = close;
  }

  /** Rejects with an Error when the configuration is wrong, or the folder cannot be used, or what is in it. */
  static async open({ configuration, dataFolder, inputs, engine, onEvent }: DeviceOptions): Promise<Device> {
    // Checked before a folder is made of the name; complete only with the identity that lies in the folder.
    const { device, broker } = parseConfiguration(configuration, 'unknown');
    if (engine !== undefined) refuseUnreachable(broker);
    const folder = join(dataFolder, device);
    const hal = hostHal({ directory: folder });
    const say = (event: string) => onEvent(device, event);
    const drivers: DeviceDrivers = inputs.driversFor({
      deviceFolder: folder,
      onNotice: say,
      // Here the agent stores the reading in this turn. One in another process tells when it has.
      onSample: () => engine ?? queueMicrotask(() => drivers.stored()),
    });
    const close = () => {
      drivers.close();
      hal.close();
    };
    try {
      const complete = parseConfiguration(configuration, hal.system.hardwareId);
      const agent =
        engine === undefined
          ? new Agent({ hal, configuration: complete, drivers: drivers.drivers, onEvent: say })
          : await XsAgent.open({ engine, folder, hal, configuration, drivers, onEvent: say });
      return new Device(complete, agent, { drivers, close });
    } catch (error) {
      close();
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
  async stop(): Promise<void> {
    await this.#agent.stop();
    this.#close();
  }

  snapshot(): AgentSnapshot {
    return this.#agent.snapshot();
  }

  /** What the engine of the device needs; absent when that is Node. */
  engine(): EngineStatus | undefined {
    return this.#agent.engine?.();
  }

  status(): DeviceStatus {
    const { connection, values, faults, books, unstored } = this.#agent.snapshot();
    const channels = new Map(this.configuration.sensors.flatMap((sensor) => sensor.channels.map((c) => [c.name, c])));
    const now = performance.now();
    const engine = this.engine();
    return {
      name: this.name,
      online: connection.state === 'online',
      connection: connectionText(this.configuration, connection),
      values: values.map(({ channel, value }) => {
        const { unit, decimals } = channels.get(channel) ?? { unit: '', decimals: 0 };
        return `${channel} ${value.toFixed(decimals)}${unit && ` ${unit}`}`;
      }),
      faults: [
        ...faults.map(({ sensor, reason }) => `${sensor}: ${reason}`),
        ...(unstored > 0 ? [`readings that flash did not take: ${unstored}`] : []),
      ],
      sampledPerSecond: this.#sampledRate.perSecond(books.sampled, now),
      deliveredPerSecond: this.#deliveredRate.perSecond(books.delivered, now),
      books,
      engine: engine === undefined ? [] : engineTexts(engine),
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
