/**
 * The scenarios: what a device lives through, on the XS engine, in virtual time, against the checking broker.
 *
 * Each plays from boot to end, checks what arrived at the broker, and gives figures. Byte codes and bytes are the same at
 * each run. Knows neither tests nor recorded budgets; how much memory a device gets is said by whoever plays.
 */
import { seededRandom } from '../hal/sim/sim.js';
import { liveThrough } from './past.js';
import { exitCodes, type Mark, type Report, type Run, type XsEngine } from './run.js';
import { Wandering } from './scenarios/wandering.js';
import {
  configuration,
  EPOCH_MILLISECONDS,
  HARDWARE_ID,
  type Limits,
  PERIOD_MILLISECONDS,
  type Played,
  SENSORS,
  Stage,
} from './stage.js';

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
  { name: 'short backlog', play: playShort },
  { name: 'full flash', play: playFull },
  { name: 'compact mode', play: playCompact },
  { name: 'hostile broker', play: playHostile },
  { name: 'long run', play: playLong },
];

/** Readings before the state is called steady. */
const WARM_UP_READINGS = 30;
/** Readings of 1 MiB, and some more, so that it is full and the oldest are gone. */
const FULL_FLASH_READINGS = 40_000;
const FLASH_BYTES = 1 << 20;
/** More than the first level takes. */
const COMPACT_READINGS = 10_000;
/** Unless told otherwise: enough to show that nothing is left behind, in seconds. */
const LONG_RUN_PUBLISHES = 10_000;
/** Of a backlog, until its scenario ends. */
const DRAINED_READINGS = 1200;

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
  const isFirst = once();
  const isOver = once();
  await stage.boot((device) => {
    if (stage.hasSent && isFirst()) device.mark('first publish');
    if (stage.delivered.has(0) && isOver()) device.end();
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

/** 1 MiB is full; a boot on it, and some of the drain. */
function playFull(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  return playDrain(engine, folder, limits, FULL_FLASH_READINGS);
}

/** A partition in two levels, packed readings in the second one. */
function playCompact(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  return playDrain(engine, folder, limits, COMPACT_READINGS, 'compact');
}

/** The same with next to nothing queued: memory must not grow with the backlog. */
function playShort(engine: XsEngine, folder: string, limits: Limits): Promise<Played> {
  return playDrain(engine, folder, limits, DRAINED_READINGS);
}

/** A boot after so many readings without a broker; the drain, cut once by the network. */
async function playDrain(
  engine: XsEngine,
  folder: string,
  limits: Limits,
  readings: number,
  mode: 'plain' | 'compact' = 'plain',
): Promise<Played> {
  const own = { ...configuration, outbox: { mode } };
  const stage = new Stage(engine, folder, limits);
  stage.hasPast = true;
  const { next, dropped } = liveThrough({
    storage: folder,
    flashBytes: FLASH_BYTES,
    configuration: own,
    hardwareId: HARDWARE_ID,
    drivers: { wandering: () => new Wandering() },
    endMilliseconds: EPOCH_MILLISECONDS,
    durationMilliseconds: Math.ceil(readings / SENSORS) * PERIOD_MILLISECONDS,
  });
  const isFirst = once();
  const isCut = once();
  const isOver = once();
  await stage.boot(
    (device) => {
      if (stage.hasSent && isFirst()) device.mark('first publish');
      if (stage.delivered.size >= DRAINED_READINGS / 2 && isCut()) stage.link.cut();
      if (stage.delivered.size >= DRAINED_READINGS && isOver()) device.end();
    },
    { flashBytes: FLASH_BYTES, settings: { configuration: JSON.stringify(own) } },
  );
  stage.require(readings < FULL_FLASH_READINGS || dropped > 0, 'the flash was not full');
  const [first = 0] = stage.delivered;
  const { lostBelow } = stage;
  stage.require(first === lostBelow, `the first reading was ${first}, though a gap tells of those below ${lostBelow}`);
  stage.require(
    first >= dropped && first < next,
    `the first reading was ${first}, expected ${dropped} or a little more`,
  );
  stage.requireDelivered(first, first + DRAINED_READINGS);
  return stage.played(([report]) => ({
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
    if (stage.publishes < (limits.publishes ?? LONG_RUN_PUBLISHES) || !isOver()) return;
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

/** True when called for the first time. */
function once(): () => boolean {
  let isFirst = true;
  return () => {
    const was = isFirst;
    isFirst = false;
    return was;
  };
}
