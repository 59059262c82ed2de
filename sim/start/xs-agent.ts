/**
 * An agent on the XS engine, with the face of `Agent`: a process that boots, is looked at, and boots again when it has died,
 * as a board does.
 *
 * It knows the device's own account of itself only: `snapshot` is what the device said last.
 */
import { randomInt } from 'node:crypto';
import type { HostHal } from '../../hal/host/host.js';
import type { AgentSnapshot } from '../../src/agent/agent.js';
import { ConfigurationError } from '../../src/agent/configuration.js';
import { OutboxError, type OutboxErrorCode } from '../../src/outbox/error.js';
import { commands, type EngineFigures, type Message, type Refusal, type Request } from '../../xs/bus.js';
import type { XsEngine } from '../../xs/run.js';
import { killed } from './engine.js';
import type { DeviceDrivers } from './inputs.js';
import type { EngineStatus } from './status.js';
import { XsBus } from './xs-bus.js';
import { XsProcess } from './xs-process.js';

/** From the end of a device that has died to its next boot. */
const rebootMilliseconds = 1000;
/** What a device may take to say goodbye to its broker. */
const stopMillisecondsMax = 2000;
const seedMax = 2 ** 48 - 1;
const BOOT_FAULT = 'a device on XS dies while it boots: ';

export interface XsAgentOptions {
  readonly engine: XsEngine;
  /** Where the flash lies. */
  readonly folder: string;
  readonly hal: HostHal;
  /** Not yet checked. */
  readonly configuration: unknown;
  readonly drivers: DeviceDrivers;
  onEvent(event: string): void;
}

interface Status {
  readonly snapshot: AgentSnapshot;
  readonly engine: EngineFigures;
}

export class XsAgent {
  readonly #options: XsAgentOptions;
  #process: XsProcess | undefined;
  #status: Status | undefined;
  /** The first status of this boot. */
  #booted: Status | undefined;
  #refusal: Refusal | undefined;
  /** Why the device is down. */
  #fault: string | undefined;
  #faults = 0;
  #isStarted = false;
  #isLookedAt = false;
  #reboot: NodeJS.Timeout | undefined;
  /** Who waits for the next status, or the next end. */
  #onStatus: (() => void) | undefined;
  #onEnd: ((reason: string) => void) | undefined;

  private constructor(options: XsAgentOptions) {
    this.#options = options;
  }

  /** Boots. Rejects with what the agent threw, or with an Error that says why the device died. */
  static async open(options: XsAgentOptions): Promise<XsAgent> {
    const agent = new XsAgent(options);
    await new Promise<void>((resolve, reject) => {
      agent.#onStatus = resolve;
      agent.#onEnd = (reason) =>
        reject(errorOf(agent.#refusal ?? { name: 'Error', message: `${BOOT_FAULT}${reason}` }));
      agent.#boot('power-on');
    });
    agent.#onStatus = undefined;
    agent.#onEnd = undefined;
    return agent;
  }

  start(): void {
    this.#isStarted = true;
    this.#options.onEvent(`runs as process ${this.#process?.pid}`);
    this.#process?.command(commands.start);
  }

  /** Resolves when the device has said goodbye to its broker, or did not manage to. */
  async stop(): Promise<void> {
    clearTimeout(this.#reboot);
    const process = this.#process;
    if (process === undefined) return;
    const deadline = setTimeout(() => process.kill(), stopMillisecondsMax);
    await new Promise<void>((resolve) => {
      this.#onEnd = () => resolve();
      process.command(commands.stop);
    });
    clearTimeout(deadline);
  }

  /** As the device was a moment ago; also asks it how it is now. */
  snapshot(): AgentSnapshot {
    const { snapshot } = this.#known();
    if (this.#fault !== undefined) {
      const connection = { ...snapshot.connection, state: 'stopped' } as const;
      return {
        ...snapshot,
        connection,
        values: [],
        faults: [{ sensor: 'device', reason: `${this.#fault}, boots again` }],
      };
    }
    if (!this.#isLookedAt) this.#process?.command(commands.look);
    this.#isLookedAt = true;
    return snapshot;
  }

  engine(): EngineStatus {
    const { engine, snapshot } = this.#known();
    const { byteCodes, ...rest } = engine;
    const figures = { ...rest, faults: this.#faults };
    if (this.#booted === undefined) return figures;
    const readings = snapshot.books.sampled - this.#booted.snapshot.books.sampled;
    const executed = byteCodes - this.#booted.engine.byteCodes;
    return readings === 0 ? figures : { ...figures, byteCodesPerReading: Math.round(executed / readings) };
  }

  #known(): Status {
    if (this.#status === undefined) throw new Error('a device is asked for its status before its first boot');
    return this.#status;
  }

  #boot(resetReason: string): void {
    const { engine, folder, hal, configuration, drivers } = this.#options;
    drivers.rewind();
    this.#booted = undefined;
    this.#refusal = undefined;
    const bus = new XsBus({ configuration, keyValue: hal.keyValue, drivers: drivers.drivers });
    this.#process = new XsProcess({
      engine,
      run: {
        main: 'xs/scenarios/start',
        preloads: ['xs/bus', 'xs/scenarios/main-program'],
        storage: folder,
        flashBytes: hal.flash.status().size,
        seed: randomInt(seedMax),
        hardwareId: hal.system.hardwareId,
        resetReason,
      },
      onText: (text) => this.#said(JSON.parse(text), bus),
      onEnd: (reason) => this.#ended(reason),
    });
  }

  /** Returns the answer to a request. */
  #said(said: Message | Request, bus: XsBus): string | undefined {
    switch (said[0]) {
      case 'status':
        this.#told({ snapshot: said[1], engine: said[2] });
        return undefined;
      case 'event':
        this.#options.onEvent(said[1]);
        return undefined;
      case 'turn':
        this.#options.drivers.stored();
        return undefined;
      case 'close':
        bus.close(said[1]);
        return undefined;
      case 'refused':
        this.#refusal = said[1];
        return undefined;
      default:
        return JSON.stringify(bus.answer(said));
    }
  }

  #told(status: Status): void {
    this.#status = status;
    this.#isLookedAt = false;
    if (this.#booted === undefined) {
      this.#booted = status;
      this.#fault = undefined;
      if (this.#isStarted) this.start();
    }
    this.#onStatus?.();
  }

  #ended(reason: string): void {
    this.#process = undefined;
    if (this.#onEnd !== undefined) {
      this.#onEnd(reason);
      return;
    }
    const [sentence = '', ...stack] = (this.#refusal?.message ?? reason).split('\n');
    this.#fault = sentence;
    this.#options.onEvent([`${sentence}; boots again`, ...stack].join('\n'));
    const isPowerCut = reason === killed;
    if (!isPowerCut) this.#faults++;
    this.#reboot = setTimeout(() => this.#boot(isPowerCut ? 'power-on' : 'restart'), rebootMilliseconds);
  }
}

/** What the agent threw on the device. */
function errorOf({ name, message, code }: Refusal): Error {
  if (name === 'OutboxError') return new OutboxError(code as OutboxErrorCode, message);
  return name === 'ConfigurationError' ? new ConfigurationError(message) : new Error(message);
}
