/**
 * One device on the XS engine, its broker and the network between, in virtual time, over any number of boots; what arrived
 * at the broker is checked and counted. Knows no scenario.
 */
import { join } from 'node:path';
import { Scheduler, type SimLink, SimNetwork, seededRandom } from '../hal/sim/sim.js';
import { CheckingBroker } from '../sim/world/broker.js';
import { exitCodes, type Outcome, type Report, type Run, type XsEngine } from './run.js';
import { runInWorld, type WiredDevice } from './world.js';

/** What a player may set: the memory, and how closely to look. */
export interface Limits extends Pick<Run, 'staticBytes' | 'stackSlots' | 'collect' | 'profile'> {
  /** Messages of the long run. */
  readonly publishes?: number;
}

export interface Figures {
  readonly [name: string]: number;
}

export interface Played {
  /** What went wrong, in sentences; nothing when the scenario has passed. */
  readonly problems: readonly string[];
  readonly figures: Figures;
  /** Of each boot, in order. */
  readonly reports: readonly Report[];
}

const LATENCY_MILLISECONDS = 20;
export const EPOCH_MILLISECONDS = Date.UTC(2026, 0, 1);
export const SENSORS = 3;
export const PERIOD_MILLISECONDS = 10_000;
export const HARDWARE_ID = '0a1b2c3d4e5f';

export const configuration = {
  broker: { host: 'broker', window: 16 },
  sensors: Array.from({ length: SENSORS }, (_, i) => ({
    name: `sensor${i}`,
    driver: 'wandering',
    periodMilliseconds: PERIOD_MILLISECONDS,
    channels: [
      { name: `temperature${i}`, from: 'value' },
      { name: `humidity${i}`, from: 'other', decimals: 1 },
    ],
  })),
};

/** As much of a telemetry element as the scenarios look at. */
interface Element {
  readonly seq?: number;
  readonly gap?: { readonly last: number };
}

/** One device, its broker and the network between, over any number of boots. */
export class Stage {
  readonly scheduler = new Scheduler();
  readonly broker: CheckingBroker;
  readonly link: SimLink;
  readonly reports: Report[] = [];
  readonly problems: string[] = [];
  /** Readings at the broker, by sequence number. */
  readonly delivered = new Set<number>();
  /** As the newest gap says that arrived. */
  lostBelow = 0;
  publishes = 0;
  /** The device lived before this boot. */
  hasPast = false;
  /** A reading has left the device, in this boot. */
  hasSent = false;
  readonly #engine: XsEngine;
  readonly #folder: string;
  readonly #limits: Limits;

  constructor(engine: XsEngine, folder: string, limits: Limits) {
    const network = new SimNetwork({ scheduler: this.scheduler, random: seededRandom(1) });
    this.#engine = engine;
    this.#folder = folder;
    this.#limits = limits;
    this.broker = new CheckingBroker({ network });
    this.link = network.link();
    this.link.latencyMilliseconds = LATENCY_MILLISECONDS;
  }

  /** Boots the device and runs it until `onIdle` ends it, or it ends itself. */
  async boot(onIdle: (device: WiredDevice) => void, run: Partial<Run> = {}): Promise<Outcome> {
    this.hasSent = false;
    const outcome = await runInWorld(
      this.#engine,
      {
        main: 'xs/scenarios/agent',
        preloads: ['xs/scenarios/wandering'],
        storage: this.#folder,
        settings: { configuration: JSON.stringify(configuration) },
        epochMilliseconds: EPOCH_MILLISECONDS + this.scheduler.now,
        hardwareId: HARDWARE_ID,
        seed: this.reports.length + 1,
        ...this.#limits,
        ...run,
      },
      {
        scheduler: this.scheduler,
        link: this.link,
        onIdle: (device) => {
          this.#collect();
          onIdle(device);
        },
        onSent: (bytes) => {
          this.hasSent ||= Buffer.from(bytes).includes('/telemetry');
        },
      },
      join(this.#folder, 'report'),
    );
    this.#collect();
    if (outcome.report !== undefined) this.reports.push(outcome.report);
    this.hasPast = true;
    const sparse = outcome.report?.marks.find(({ sparseArrays }) => sparseArrays > 0);
    if (sparse !== undefined) this.problems.push(`there is an array with holes at mark "${sparse.name}"`);
    const expected = run.powerCutAfter === undefined ? exitCodes.ended : exitCodes.powerCut;
    if (outcome.exitCode !== expected)
      this.problems.push(`boot ${this.reports.length} ended with exit code ${outcome.exitCode}: ${outcome.errors}`);
    return outcome;
  }

  require(isMet: boolean, problem: string): void {
    if (!isMet) this.problems.push(problem);
  }

  /** Readings `first` to `end`, `end` excluded, have all arrived. */
  requireDelivered(first: number, end: number): void {
    for (let sequence = first; sequence < end; sequence++) {
      if (this.delivered.has(sequence)) continue;
      this.problems.push(`reading ${sequence} of ${first} to ${end - 1} is missing`);
      return;
    }
  }

  played(figures: (reports: readonly Report[]) => Figures): Played {
    // After a boot the device does not know what it has sent before, and says DUP where it may have.
    const isForgiven = (violation: string) => this.hasPast && violation.startsWith('[MQTT-4.3.2-1]');
    const problems = [...this.problems, ...this.broker.violations.filter((violation) => !isForgiven(violation))];
    return { problems, figures: problems.length === 0 ? figures(this.reports) : {}, reports: this.reports };
  }

  #collect(): void {
    for (const { topic, payload } of this.broker.received) {
      this.publishes++;
      if (!topic.endsWith('/telemetry')) continue;
      const content = JSON.parse(Buffer.from(payload).toString()) as Element | Element[];
      for (const { seq, gap } of Array.isArray(content) ? content : [content]) {
        if (seq !== undefined) this.delivered.add(seq);
        if (gap !== undefined) this.lostBelow = gap.last + 1;
      }
    }
    this.broker.received.length = 0;
  }
}
