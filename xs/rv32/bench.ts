/**
 * The scenarios on the instruction set of an ESP32-C3, in qemu: how many instructions the agent takes, all of the engine and
 * garbage collection included.
 *
 * Each scenario is played twice. The first time on the host, in the world of xs/world.ts; what device and world said to one
 * another is recorded. The second time in qemu, where the recording is the world (replay.c), and a device that says anything
 * else than before is an error. The clock is part of what the world says, so the second run is the first one.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { exitCodes, type Run, XsEngine } from '../run.js';
import { scenarios } from '../suite.js';

/** Counts of count.c. The parts are in `instructions`. */
export interface Counts {
  readonly instructions: number;
  /** Of garbage collection. */
  readonly collection: number;
  /** Of the CRC-32C in C. */
  readonly checksum: number;
  /** Of reading, programming and erasing flash, which is memory here. */
  readonly flash: number;
}

/** What ../report.c writes, with the counts of count.c. */
interface Report extends Counts {
  readonly marks: readonly (Counts & { readonly name: string })[];
}

export interface Measurement extends Counts {
  readonly name: string;
  /** Between two marks of a scenario, shared by so many readings. Without `from`: since the device's start. */
  readonly scenario: string;
  readonly from?: string;
  readonly to: string;
  readonly readings: number;
}

type Measured = Pick<Measurement, 'name' | 'scenario' | 'from' | 'to' | 'readings'>;

/** A program that is lost on a chip without an operating system does not end. */
const REPLAY_MILLISECONDS_MAX = 600_000;

const measured: readonly Measured[] = [
  { name: 'a reading, online', scenario: 'online', from: 'steady', to: 'over', readings: 1000 },
  { name: 'a reading, drained', scenario: 'backlog', from: 'broker is back', to: 'drained', readings: 5000 },
  { name: 'start on blank flash to the first PUBLISH', scenario: 'blank flash', to: 'first publish', readings: 1 },
  { name: 'start on full flash to the first PUBLISH', scenario: 'full flash', to: 'first publish', readings: 1 },
];

/**
 * Plays and replays. `built` is the host (../build.mjs), `command` starts the machine (build.mjs), `root` is the folder of the
 * project. Throws an Error when a scenario does not pass, or a replay is not what was played.
 */
export async function measureRv32(
  built: { readonly command: readonly string[]; readonly bits: number },
  command: readonly string[],
  root: string,
  onProgress: (scenario: string) => void,
): Promise<Measurement[]> {
  if (built.bits !== 32) throw new Error('the bench on rv32 needs the host of 32 bits (gcc-multilib, qemu-user)');
  const measurements: Measurement[] = [];
  for (const one of measured) {
    const { scenario, from, to, readings } = one;
    onProgress(scenario);
    const report = await replayed(scenario, built, command, root);
    const at = (name: string) => {
      const mark = report.marks.find((other) => other.name === name);
      if (mark === undefined) throw new Error(`${scenario}: there is no mark "${name}"`);
      return mark;
    };
    const begin = from === undefined ? undefined : at(from);
    const of = (count: keyof Counts) => Math.round((at(to)[count] - (begin?.[count] ?? 0)) / readings);
    measurements.push({
      ...one,
      instructions: of('instructions'),
      collection: of('collection'),
      checksum: of('checksum'),
      flash: of('flash'),
    });
  }
  return measurements;
}

async function replayed(
  name: string,
  built: { readonly command: readonly string[]; readonly bits: number },
  command: readonly string[],
  root: string,
): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-rv32-'));
  try {
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    const recorder = new RecordingEngine(built, root, folder);
    const scenario = scenarios.find((other) => other.name === name);
    const played = await scenario?.play(recorder, storage, {});
    if (played?.problems.length !== 0) throw new Error(`${name}: ${played?.problems.join('; ')}`);
    recorder.save();
    const [program, ...parameters] = command;
    const { status, stderr } = spawnSync(program as string, parameters, {
      cwd: recorder.folder,
      encoding: 'utf8',
      timeout: REPLAY_MILLISECONDS_MAX,
    });
    if (status !== exitCodes.ended) throw new Error(`${name} on rv32 ended with exit code ${status}: ${stderr}`);
    return JSON.parse(readFileSync(join(recorder.folder, 'report'), 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The engine of the host; keeps what the last boot began with, and what went over its wire. */
class RecordingEngine extends XsEngine {
  /** Where the replay runs: what the device remembers, the words of its command line, and both sides of the wire. */
  readonly folder: string;
  #heard: Uint8Array[] = [];
  #said: Uint8Array[] = [];

  constructor(built: { readonly command: readonly string[]; readonly bits: number }, root: string, folder: string) {
    super(built, root);
    this.folder = join(folder, 'replay');
  }

  override start(run: Run, reportPath?: string) {
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(run.storage, this.folder, { recursive: true });
    writeFileSync(
      join(this.folder, 'arguments'),
      this.parameters({ ...run, storage: '.' }, 'report', true)
        .map((word) => `${word}\n`)
        .join(''),
    );
    const child = super.start(run, reportPath);
    const wire = child.stdio[3] as Duplex;
    const write = wire.write.bind(wire);
    this.#heard = [];
    this.#said = [];
    wire.on('data', (bytes: Uint8Array) => this.#said.push(bytes));
    wire.write = (bytes: Uint8Array) => {
      this.#heard.push(bytes);
      return write(bytes);
    };
    return child;
  }

  save(): void {
    writeFileSync(join(this.folder, 'wire.in'), Buffer.concat(this.#heard));
    writeFileSync(join(this.folder, 'wire.out'), Buffer.concat(this.#said));
  }
}
