/**
 * Runs a program on the XS host: the files of the device build, preloaded, and one scenario as the program.
 *
 * Knows the host's command line (xs/options.c) and manifest.json's `creation`; does not know what a scenario does.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** How a run ended: the exit codes of xs/host.h. */
export const exitCodes = {
  ended: 0,
  usage: 2,
  memoryFull: 10,
  stackOverflow: 11,
  exception: 12,
  rejection: 13,
  preloadedWritten: 14,
  tooMuchComputation: 15,
  engine: 16,
  powerCut: 21,
} as const;

export interface Mark {
  readonly name: string;
  readonly byteCodes: number;
  readonly milliseconds: number;
  readonly slots: number;
  readonly chunkBytes: number;
  /** Arrays with holes, which XS's collector cannot bear. */
  readonly sparseArrays: number;
}

/** What xs/report.c writes. */
export interface Report {
  readonly exitCode: number;
  readonly slotBytes: number;
  readonly byteCodes: number;
  readonly turns: number;
  readonly milliseconds: number;
  readonly flashCalls: number;
  readonly stack: { readonly peak: number; readonly slots: number };
  readonly slots: { readonly now: number; readonly peak: number; readonly reserved: number };
  readonly chunks: { readonly now: number; readonly peak: number; readonly reserved: number };
  readonly block: { readonly bytes: number; readonly free: number; readonly tableBytes: number };
  readonly rom: {
    readonly names: number;
    readonly slots: number;
    readonly chunkBytes: number;
    readonly codeBytes: number;
  };
  readonly names: number;
  readonly aliases: number;
  readonly marks: readonly Mark[];
  readonly functions?: readonly {
    readonly module: string;
    readonly name: string;
    readonly calls: number;
    readonly byteCodes: number;
  }[];
}

export interface Run {
  /** Module name of the program: a file of build/xs/device, without its extension. */
  readonly main: string;
  /** Modules of build/xs/device to preload besides the agent's. */
  readonly preloads?: readonly string[];
  /** Folder for flash and key-value storage, which outlive the run; the caller makes and removes it. */
  readonly storage: string;
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly flashBytes?: number;
  /** Size of the device's one block of memory. By default what `creation` in manifest.json comes to. */
  readonly staticBytes?: number;
  /** Slots of the JavaScript stack, by default those of manifest.json. */
  readonly stackSlots?: number;
  readonly realTime?: boolean;
  /** In real time: descriptor 3 and standard input lead to this process, which answers and commands (xs/bus.ts). */
  readonly bus?: boolean;
  /** In virtual time: wall time at boot, milliseconds since 1970; absent: not known. */
  readonly epochMilliseconds?: number;
  readonly seed?: number;
  readonly hardwareId?: string;
  readonly resetReason?: string;
  /** The flash write or erase during which power fails. */
  readonly powerCutAfter?: number;
  /** Collects garbage at each allocation. */
  readonly collect?: boolean;
  readonly profile?: boolean;
  readonly byteCodesMax?: number;
}

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
  /** Absent when the device did not come to life. */
  readonly report?: Report;
}

/** Of manifest.json. */
interface Creation {
  readonly static?: number;
  readonly chunk: { readonly initial: number; readonly incremental: number };
  readonly heap: { readonly initial: number; readonly incremental: number };
  readonly stack: number;
  readonly keys: { readonly initial: number; readonly name: number; readonly symbol: number };
}

export class XsEngine {
  readonly bits: number;
  readonly #command: readonly string[];
  readonly #root: string;

  /** `built` as `buildEngine` (xs/build.mjs) returns it; `root` is the folder of the project. */
  constructor(built: { readonly command: readonly string[]; readonly bits: number }, root: string) {
    this.bits = built.bits;
    this.#command = built.command;
    this.#root = root;
  }

  /** Runs to the end. */
  run(run: Run): Outcome {
    return withReport((path) => {
      const [program, ...parameters] = [...this.#command, ...this.parameters(run, path, false)];
      const { status, stdout, stderr } = spawnSync(program as string, parameters, {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      return { exitCode: status ?? -1, output: stdout, errors: stderr };
    });
  }

  /**
   * Starts a run whose streams lead over a wire (xs/world.ts), or, in real time, to this machine's sockets. With a bus, what
   * a terminal says to this process, Ctrl-C for example, does not reach that one.
   */
  start(run: Run, reportPath?: string): ChildProcess {
    const [program, ...parameters] = [...this.#command, ...this.parameters(run, reportPath, run.realTime !== true)];
    return spawn(program as string, parameters, {
      stdio: [run.bus ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      detached: run.bus === true,
    });
  }

  /** What a device has by `creation` of manifest.json. */
  get memory(): { readonly heapBytes: number; readonly stackSlots: number } {
    const { chunk, heap, stack } = this.#manifest();
    return { heapBytes: chunk.initial + heap.initial * this.#slotBytes, stackSlots: stack };
  }

  get #slotBytes(): number {
    return this.bits / 2;
  }

  /** Of the host's command line. */
  protected parameters(run: Run, reportPath: string | undefined, isWired: boolean): string[] {
    const parameters: string[] = [];
    const give = (name: string, value: string | number | undefined) => {
      if (value !== undefined) parameters.push(name, String(value));
    };
    for (const [name, value] of Object.entries(this.#creation(run))) give(name, value);
    give('--storage', run.storage);
    give('--report', reportPath);
    give('--flash-bytes', run.flashBytes ?? 1 << 20);
    give('--seed', run.seed ?? 1);
    give('--epoch', run.epochMilliseconds);
    give('--hardware-id', run.hardwareId);
    give('--reset-reason', run.resetReason);
    give('--power-cut', run.powerCutAfter);
    give('--byte-codes-max', run.byteCodesMax);
    if (run.realTime !== true) parameters.push('--virtual');
    if (isWired) give('--wire', 3);
    if (run.bus) give('--bus', 3);
    if (run.collect) parameters.push('--collect');
    if (run.profile) parameters.push('--profile');
    for (const [name, value] of Object.entries(run.settings ?? {})) give('--set', `${name}=${value}`);
    const own = (name: string) => `${name}=${join(this.#root, 'build/xs/device', `${name}.js`)}`;
    for (const module of this.#preloads()) give('--preload', module);
    for (const name of run.preloads ?? []) give('--preload', own(name));
    give('--main', own(run.main));
    return parameters;
  }

  /** Everything that manifest.json preloads, and the hardware of this host in place of hal/esp32. */
  #preloads(): string[] {
    const agent = modulesBelow(join(this.#root, 'build/device'), 'src').filter(([name]) => name !== 'src/main');
    const hal = modulesBelow(join(this.#root, 'build/xs/device'), 'hal/xs');
    return [...agent, ...hal].map(([name, path]) => `${name}=${path}`);
  }

  /**
   * `creation` of manifest.json, for a block of `staticBytes`. There chunks and slots grow in small steps to wherever they
   * meet; a creation without "static" has fixed sizes, and the block is their sum.
   */
  #creation({ staticBytes, stackSlots }: Run): Record<string, number> {
    const creation = this.#manifest();
    const { chunk, heap, keys } = creation;
    const stack = stackSlots ?? creation.stack;
    const isFixed = staticBytes === undefined && !creation.static;
    const sum = chunk.initial + (heap.initial + stack + 2) * this.#slotBytes + 64;
    return {
      '--static': staticBytes ?? (isFixed ? sum : (creation.static as number)),
      '--chunk-initial': isFixed ? chunk.initial : 512,
      '--chunk-increment': isFixed ? 0 : 128,
      '--heap-initial': isFixed ? heap.initial : 192,
      '--heap-increment': isFixed ? 0 : 16,
      '--stack': stack,
      '--keys': keys.initial,
      '--names': keys.name,
      '--symbols': keys.symbol,
    };
  }

  #manifest(): Creation {
    return JSON.parse(readFileSync(join(this.#root, 'manifest.json'), 'utf8')).creation;
  }
}

/** [module name, path] of each file below `folder` of `base`. */
function modulesBelow(base: string, folder: string): [string, string][] {
  return readdirSync(join(base, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => join(base, folder, name))
    .map((path) => [relative(base, path).slice(0, -'.js'.length), path]);
}

/** Runs with a place for the report, and reads it. */
function withReport(action: (path: string) => Omit<Outcome, 'report'>): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-xs-'));
  const path = join(folder, 'report.json');
  try {
    const outcome = action(path);
    const report = readReport(path);
    return report === undefined ? outcome : { ...outcome, report };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}
