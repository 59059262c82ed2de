/**
 * The scenarios: what a device lives through, on the XS engine, in virtual time, against the checking broker.
 *
 * Each plays from boot to end, checks what arrived at the broker, and gives figures. Byte codes and bytes are the same at
 * each run. Knows neither tests nor recorded budgets; how much memory a device gets is said by whoever plays.
 */
import { join } from 'node:path';
import { Scheduler, type SimLink, SimNetwork, seededRandom } from '../hal/sim/sim.js';
import { CheckingBroker } from '../sim/world/broker.js';
import { exitCodes, type Mark, type Outcome, type Report, type Run, type XsEngine } from './run.js';
import { runInWorld, type WiredDevice } from './world.js';

/** What a player may set: the memory, and how closely to look. */
export type Limits = Pick<Run, 'staticBytes' | 'stackSlots' | 'collect' | 'profile'>;

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

export interface Scenario {
  readonly name: string;
  readonly play: (engine: XsEngine, folder: string, limits: Limits) => Promise<Played>;
}

export const scenarios: readonly Scenario[] = [
  { name: 'outbox', play: playOutbox },
  { name: 'blank flash', play: playBlank },
  { name: 'online', play: playOnline },
  { name: 'backlog', play: playBacklog },
  { name: 'power cut', play: playPowerCut },
  { name: 'full flash', play: playFull },
  { name: 'hostile broker', play: playHostile },
  { name: 'long run', play: playLong },
];

const LATENCY_MILLISECONDS = 20;
const EPOCH_MILLISECONDS = Date.UTC(2026, 0, 1);
const SENSORS = 3;
const PERIOD_MILLISECONDS = 10_000;
/** Readings before the state is called steady. */
const WARM_UP_READINGS = 30;
/** Small, so that it is full soon: neither RAM nor the steps of a boot grow with the partition, but for a few reads. */
const FULL_FLASH_BYTES = 128 * 1024;
const HARDWARE_ID = '0a1b2c3d4e5f';

const configuration = {
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

/** One device, its broker and the network between, over any number of boots. */
class Stage {
  readonly scheduler = new Scheduler();
  readonly broker: CheckingBroker;
  readonly link: SimLink;
  readonly reports: Report[] = [];
  readonly problems: string[] = [];
  /** Readings at the broker, by sequence number. */
  readonly delivered = new Set<number>();
  lastDelivered = -1;
  publishes = 0;
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
    const outcome = await runInWorld(
      this.#engine,
      {
        main: 'xs/scenarios/agent',
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
      },
      join(this.#folder, 'report'),
    );
    this.#collect();
    if (outcome.report !== undefined) this.reports.push(outcome.report);
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
    const isForgiven = (violation: string) => this.reports.length > 1 && violation.startsWith('[MQTT-4.3.2-1]');
    const problems = [...this.problems, ...this.broker.violations.filter((violation) => !isForgiven(violation))];
    return { problems, figures: problems.length === 0 ? figures(this.reports) : {}, reports: this.reports };
  }

  #collect(): void {
    for (const { topic, payload } of this.broker.received) {
      this.publishes++;
      if (!topic.endsWith('/telemetry')) continue;
      const content = JSON.parse(Buffer.from(payload).toString()) as { seq: number } | { seq: number }[];
      for (const { seq } of Array.isArray(content) ? content : [content]) {
        this.delivered.add(seq);
        this.lastDelivered = Math.max(this.lastDelivered, seq);
      }
    }
    this.broker.received.length = 0;
  }
}

function markOf(report: Report | undefined, name: string): Mark {
  const mark = report?.marks.find((other) => other.name === name);
  if (mark === undefined) throw new Error(`the report has no mark "${name}"`);
  return mark;
}

function byteCodesBetween(report: Report | undefined, from: string, to: string): number {
  return markOf(report, to).byteCodes - markOf(report, from).byteCodes;
}

/** 1,000 records of 24 bytes, appended and released, without an agent. Tells the size of the ROM as well, the agent in it. */
async function playOutbox(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const count = 1000;
  const run: Run = { main: 'xs/scenarios/outbox', storage: folder, settings: { count }, ...limits };
  // The first run formats the partition, which is another matter.
  const outcomes = [engine.run(run), engine.run(run)];
  const reports = outcomes.flatMap(({ report }) => report ?? []);
  const problems = outcomes.flatMap(({ exitCode, errors }) => (exitCode === exitCodes.ended ? [] : [errors]));
  if (problems.length > 0) return { problems, figures: {}, reports };
  const figures = {
    'byte codes per appended record': byteCodesBetween(reports[1], 'open', 'appended') / count,
    'byte codes per released record': byteCodesBetween(reports[1], 'appended', 'released') / count,
    'ROM names': (reports[0] as Report).rom.names,
    'ROM slots': (reports[0] as Report).rom.slots,
    'places for copies of ROM objects': (reports[0] as Report).aliases,
  };
  return { problems, figures, reports };
}

/** From a blank partition to the first reading at the broker. */
async function playBlank(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  let isOver = false;
  await stage.boot((device) => {
    if (isOver || !stage.delivered.has(0)) return;
    isOver = true;
    device.mark('first publish');
    device.end();
  });
  return stage.played(([report]) => ({
    'byte codes to the first PUBLISH': markOf(report, 'first publish').byteCodes,
  }));
}

/** 1,000 readings, each sent when it is taken. */
async function playOnline(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  const count = 1000;
  const isSteady = once();
  const isOver = once();
  await stage.boot((device) => {
    if (stage.delivered.size >= WARM_UP_READINGS && isSteady()) device.mark('steady');
    if (stage.delivered.size < WARM_UP_READINGS + count || !isOver()) return;
    if (!limits.profile) device.mark('over');
    device.end();
  });
  stage.requireDelivered(0, WARM_UP_READINGS + count);
  return stage.played(([report]) => {
    const end = limits.profile ? (report as Report).byteCodes : markOf(report, 'over').byteCodes;
    return { 'byte codes per reading': (end - markOf(report, 'steady').byteCodes) / count };
  });
}

/** 5,000 readings while the broker is away, then the drain. */
async function playBacklog(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  const count = 5000;
  const isBack = once();
  const isOver = once();
  stage.broker.stop();
  await stage.boot((device) => {
    if (device.milliseconds >= (count / SENSORS) * PERIOD_MILLISECONDS && isBack()) {
      stage.broker.start();
      device.mark('broker is back');
    }
    if (stage.delivered.size < count || !isOver()) return;
    if (!limits.profile) device.mark('drained');
    device.end();
  });
  stage.requireDelivered(0, count);
  return stage.played(([report]) => {
    const end = limits.profile ? (report as Report).byteCodes : markOf(report, 'drained').byteCodes;
    return { 'byte codes per drained reading': (end - markOf(report, 'broker is back').byteCodes) / count };
  });
}

/** Power fails in the middle of a write, again and again; nothing that was stored is lost. */
async function playPowerCut(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  stage.broker.stop();
  for (const powerCutAfter of [40, 1, 7, 2, 30, 3]) await stage.boot(() => {}, { powerCutAfter });
  stage.broker.start();
  const isOver = once();
  const least = 60;
  await stage.boot((device) => {
    if (stage.delivered.size >= least && device.milliseconds > PERIOD_MILLISECONDS && isOver()) device.end();
  });
  stage.requireDelivered(0, least);
  return stage.played(() => ({}));
}

/** 1 MiB full and evicting; a boot on it; the drain. */
async function playFull(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  const readings = 9000;
  const run = { flashBytes: FULL_FLASH_BYTES };
  const fills = once();
  stage.broker.stop();
  await stage.boot((device) => {
    if (device.milliseconds >= (readings / SENSORS) * PERIOD_MILLISECONDS && fills()) device.end();
  }, run);
  stage.broker.start();
  const isFirst = once();
  const isOver = once();
  await stage.boot((device) => {
    if (stage.delivered.size > 0 && isFirst()) device.mark('first publish');
    if (stage.lastDelivered >= readings && isOver()) device.end();
  }, run);
  const [first = 0] = stage.delivered;
  stage.require(first > 0, 'nothing was evicted');
  stage.requireDelivered(first, readings);
  return stage.played(([, report]) => ({
    'byte codes to the first PUBLISH': markOf(report, 'first publish').byteCodes,
  }));
}

/** A broker that sends what it must not: the connection ends, the device does not, and readings go on. */
async function playHostile(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  const random = seededRandom(7);
  const noise = Uint8Array.from({ length: 3000 }, () => Math.floor(random() * 256));
  const attacks: readonly Uint8Array[] = [
    noise,
    Uint8Array.of(0xf0, 0x00),
    Uint8Array.of(0x40, 0xff, 0xff, 0xff, 0xff, 0x7f),
    Uint8Array.of(0x40, 0x02, 0x00, 0x00),
    Uint8Array.of(0x40, 0x02, 0xff, 0xff),
    Uint8Array.of(0x20, 0x02, 0x00, 0x00),
    Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0x00),
    Uint8Array.of(0x32, 0x04, 0x00, 0x00, 0x00, 0x00),
    Uint8Array.of(0x90, 0x03, 0x12, 0x34, 0x80),
    Uint8Array.of(0xd0, 0x01, 0x00),
  ];
  let made = 0;
  let seen = 0;
  const isOver = once();
  await stage.boot((device) => {
    // Between two attacks, a reading has to arrive.
    if (stage.delivered.size > seen && made < attacks.length) {
      const [clientId] = stage.broker.connectedClients;
      if (clientId === undefined) return;
      seen = stage.delivered.size;
      stage.broker.sendRaw(clientId, attacks[made++] as Uint8Array);
    } else if (made === attacks.length && stage.delivered.size >= seen + 2 * SENSORS && isOver()) device.end();
  });
  stage.requireDelivered(0, stage.delivered.size);
  return stage.played(() => ({}));
}

/** What is alive after many publishes is what was alive after a few. */
async function playLong(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  const stage = new Stage(engine, folder, limits);
  const isEarly = once();
  const isOver = once();
  await stage.boot((device) => {
    if (stage.publishes >= 1000 && isEarly()) device.mark('early');
    if (stage.publishes < longRunPublishes || !isOver()) return;
    device.mark('late');
    device.end();
  });
  return stage.played(([report]) => {
    const early = markOf(report, 'early');
    const late = markOf(report, 'late');
    return {
      'slots more after the long run': late.slots - early.slots,
      'chunk bytes more after the long run': late.chunkBytes - early.chunkBytes,
    };
  });
}

/** Messages of the long run. */
const longRunPublishes = Number(process.env.GODWIT_LONG_RUN ?? 10_000);

/** True when called for the first time. */
function once(): () => boolean {
  let isFirst = true;
  return () => {
    const was = isFirst;
    isFirst = false;
    return was;
  };
}
