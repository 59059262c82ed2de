/**
 * A small world under virtual time: devices with whole agents, their links, and one checking broker. One seed, one course of
 * events.
 *
 * A device is booted with a configuration and drivers; its power may go at any moment, also inside a flash operation, and it
 * boots again with what its flash and key-value storage then hold.
 */
import {
  PowerCut,
  Scheduler,
  SimDevice,
  type SimFlash,
  type SimLink,
  SimNetwork,
  seededRandom,
} from '../../hal/sim/sim.js';
import { Agent, type Drivers } from '../../src/agent/agent.js';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { CheckingBroker } from './broker.js';

export interface WorldOptions {
  readonly seed: number;
  /** Virtual time 0 in milliseconds since 1970; absent: no device ever knows the time. */
  readonly epochMilliseconds?: number | undefined;
}

export interface WorldDeviceOptions {
  /** Settings besides the broker, which is the world's. */
  readonly configuration: { readonly [key: string]: unknown };
  readonly drivers: Drivers;
  readonly flash?: SimFlash;
  readonly eventFlash?: SimFlash;
}

export class World {
  readonly scheduler = new Scheduler();
  readonly network: SimNetwork;
  readonly broker: CheckingBroker;
  readonly #options: WorldOptions;
  #devices = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.network = new SimNetwork({ scheduler: this.scheduler, random: seededRandom(options.seed) });
    this.broker = new CheckingBroker({ network: this.network, messagesOutlivePrograms: true });
  }

  /** A device without power. */
  device(options: WorldDeviceOptions): WorldDevice {
    const seed = this.#options.seed * 1000 + ++this.#devices;
    const hardware = new SimDevice({
      scheduler: this.scheduler,
      link: this.network.link(),
      seed,
      epochMilliseconds: this.#options.epochMilliseconds,
      ...(options.flash && { flash: options.flash }),
      ...(options.eventFlash && { eventFlash: options.eventFlash }),
    });
    return new WorldDevice(hardware, this.broker, options);
  }

  /** A power cut stops the device that it hits, not the world. */
  run(milliseconds: number): void {
    const end = this.scheduler.now + milliseconds;
    while (this.scheduler.now < end) {
      try {
        this.scheduler.runUntil(end);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
    }
  }
}

export class WorldDevice {
  readonly hardware: SimDevice;
  /** What the agent had to say, in order, over all boots. */
  readonly events: string[] = [];
  readonly #broker: CheckingBroker;
  readonly #options: WorldDeviceOptions;
  #configuration: { readonly [key: string]: unknown };
  #agent: Agent | undefined;

  constructor(hardware: SimDevice, broker: CheckingBroker, options: WorldDeviceOptions) {
    this.hardware = hardware;
    this.#broker = broker;
    this.#options = options;
    this.#configuration = options.configuration;
    hardware.onPowerDown = () => {
      this.#agent = undefined;
    };
  }

  get link(): SimLink {
    return this.hardware.link;
  }

  get isRunning(): boolean {
    return this.#agent !== undefined;
  }

  /** The agent of this boot. Throws an Error without power. */
  get agent(): Agent {
    if (this.#agent === undefined) throw new Error('the device has no power');
    return this.#agent;
  }

  /** Changes settings for the next boot. */
  configure(settings: { readonly [key: string]: unknown }): void {
    this.#configuration = { ...this.#configuration, ...settings };
  }

  /** Power comes; if it was there, it goes first. A cut inside of the boot leaves the device without power. */
  boot(): void {
    const hal = this.hardware.reboot();
    const configuration = parseConfiguration(
      { broker: { host: 'broker' }, ...this.#configuration },
      hal.system.hardwareId,
    );
    this.#broker.clientRestarted(configuration.broker.clientId);
    const { drivers } = this.#options;
    const agent = new Agent({ hal, configuration, drivers, onEvent: (event) => this.events.push(event) });
    this.#agent = agent;
    agent.start();
  }

  powerDown(): void {
    this.hardware.powerDown();
  }
}
