/**
 * Tries power cuts on the outbox: at every flash operation of a random script, with every tear, and again in what follows.
 *
 * For each operation the simulated flash is forked just before it, the operation is torn in the fork, and the fork is
 * powered up: it must boot without a write, owe what the observer says (model.ts), take new records, and owe them after
 * yet another power cycle. With depth 2 and more the same is done at every operation of that continuation.
 *
 * One seed makes one script and all its cuts: the same seed finds the same violation.
 */

import { type FlashOperation, SimFlash } from '../../hal/sim/flash.js';
import { PowerCut } from '../../hal/sim/power-cut.js';
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import { eraseTears, programTears, type Tear } from '../../hal/sim/tear.js';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.js';
import { Model, type Received } from './model.js';

export interface ExplorerOptions {
  readonly seed: number;
  /** Steps of the script. */
  readonly steps: number;
  /** Cuts in a row, each in what follows the one before. */
  readonly depth: number;
  /** Share of the tears tried from the second cut on, 0 to 1. */
  readonly shareBelow?: number;
  readonly sectors?: number;
  readonly blockLength?: number;
}

export type Step =
  | { readonly kind: 'append' }
  | { readonly kind: 'deliver'; readonly count: number; readonly isReversed: boolean }
  | { readonly kind: 'rewind' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'restart' };

/** A violation, with the way that led to it. */
export class Violation extends Error {
  override name = 'Violation';
}

const PAYLOAD_BYTES_MAX = 40;
const UNSAVED_MAX = 4;
/** Records a script has in flight at most. */
const WINDOW_MAX = 6;

export class Explorer {
  /** Crash states examined. */
  states = 0;
  readonly #options: Required<ExplorerOptions>;
  readonly #random: () => number;

  constructor(options: ExplorerOptions) {
    this.#options = { shareBelow: 1, sectors: 4, blockLength: 512, ...options };
    this.#random = seededRandom(options.seed);
  }

  /** Runs the script with all its cuts. Throws a Violation. */
  run(): void {
    const { sectors, blockLength, steps, depth } = this.#options;
    const flash = new SimFlash({ blocks: sectors, blockLength, random: seededRandom(this.#options.seed) });
    const limits = {
      payloadBytesMax: PAYLOAD_BYTES_MAX,
      redeliveredMax: UNSAVED_MAX + WINDOW_MAX,
      sectors,
      blockLength,
    };
    const script = randomScript(this.#random, steps);
    const way: string[] = [];
    this.#play(new Session(flash, new Model(limits)), script, depth, way);
  }

  /** Plays steps; before each flash operation tries every tear of it, `depth` cuts deep. */
  #play(session: Session, steps: readonly Step[], depth: number, way: readonly string[]): void {
    const { flash } = session;
    let step = 0;
    if (depth > 0)
      flash.trace = (operation) => {
        const { model } = session;
        for (const tear of this.#tearsOf(operation, way.length)) {
          const at = `step ${step} ${steps[step]?.kind}: ${operation.kind} at ${operation.offset}, ${JSON.stringify(tear)}`;
          this.#crash(flash, operation, tear, model.clone(), depth - 1, [...way, at]);
        }
      };
    try {
      for (; step < steps.length; step++) session.apply(steps[step] as Step);
      session.inspect();
    } catch (error) {
      throw describe(error, [...way, `step ${step} ${steps[step]?.kind ?? 'end'}`], this.#options.seed);
    } finally {
      flash.trace = undefined;
    }
  }

  #crash(flash: SimFlash, operation: FlashOperation, tear: Tear, model: Model, depth: number, way: string[]): void {
    this.states++;
    const torn = flash.fork(integerBelow(this.#random, 0x7fffffff));
    torn.cutAfter(0, tear);
    try {
      if (operation.kind === 'program') torn.write(operation.buffer, operation.offset);
      else torn.eraseBlock(operation.offset / this.#options.blockLength);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    torn.powerUp();
    const ways: Step[][] = [
      [{ kind: 'append' }, { kind: 'append' }, { kind: 'restart' }],
      [{ kind: 'deliver', count: 3, isReversed: false }, { kind: 'restart' }, { kind: 'append' }, { kind: 'restart' }],
      [
        { kind: 'deliver', count: 6, isReversed: true },
        { kind: 'append' },
        { kind: 'deliver', count: 99, isReversed: false },
        { kind: 'restart' },
      ],
    ];
    const chosen = ways[integerBelow(this.#random, ways.length)] as Step[];
    try {
      const session = new Session(torn, model);
      session.inspect();
      this.#play(session, chosen, depth, way);
    } catch (error) {
      throw describe(error, way, this.#options.seed);
    }
  }

  #tearsOf(operation: FlashOperation, level: number): readonly Tear[] {
    const all = operation.kind === 'program' ? programTears(operation.byteLength) : eraseTears();
    if (level === 0) return all;
    return (all as Tear[]).filter(() => this.#random() < this.#options.shareBelow);
  }
}

/** One flash with an outbox over it and an observer beside it. */
class Session {
  readonly flash: SimFlash;
  readonly model: Model;
  #outbox: Outbox;

  constructor(flash: SimFlash, model: Model) {
    this.flash = flash;
    this.model = model;
    this.#outbox = this.#boot();
  }

  apply(step: Step): void {
    switch (step.kind) {
      case 'append': {
        const payload = this.model.appending();
        this.model.appended(this.#outbox.append(payload, (payload[0] as number) % 15));
        break;
      }
      case 'deliver':
        this.#deliver(step.count, step.isReversed);
        break;
      case 'rewind':
        this.#outbox.rewind();
        break;
      case 'flush':
        this.#outbox.flush();
        break;
      case 'restart':
        this.flash.powerDown();
        this.flash.powerUp();
        this.#outbox = this.#boot();
        this.inspect();
    }
  }

  /** Everything the outbox hands out, against the model; leaves it as if nothing had been handed out. */
  inspect(): void {
    this.#outbox.rewind();
    const handed: Received[] = [];
    for (let record = this.#outbox.next(); record !== undefined; record = this.#outbox.next()) {
      const received = { sequence: record.sequence, payload: record.payload.slice() };
      this.model.received(received);
      handed.push(received);
    }
    this.model.check(handed, this.#outbox.statistics());
    this.#outbox.rewind();
  }

  #deliver(count: number, isReversed: boolean): void {
    const sequences: number[] = [];
    for (let i = 0; i < count; i++) {
      const record = this.#outbox.next();
      if (record === undefined) break;
      this.model.received(record);
      sequences.push(record.sequence);
    }
    if (isReversed) sequences.reverse();
    for (const sequence of sequences) {
      this.model.releasing(sequence);
      this.#outbox.release(sequence);
      this.model.released(sequence);
    }
  }

  #boot(): Outbox {
    const { flash } = this;
    const before = flash.programs + flash.erases;
    const outbox = openOutbox(flash, {
      payloadBytesMax: PAYLOAD_BYTES_MAX,
      acknowledgementsUnsavedMax: UNSAVED_MAX,
    });
    if (flash.programs + flash.erases !== before) throw new Error('opening the log wrote to flash');
    return outbox;
  }
}

function randomScript(random: () => number, steps: number): Step[] {
  const script: Step[] = [];
  for (let i = 0; i < steps; i++) {
    const draw = random();
    if (draw < 0.62) script.push({ kind: 'append' });
    else if (draw < 0.9)
      script.push({ kind: 'deliver', count: 1 + integerBelow(random, 6), isReversed: random() < 0.3 });
    else if (draw < 0.93) script.push({ kind: 'rewind' });
    else if (draw < 0.96) script.push({ kind: 'flush' });
    else script.push({ kind: 'restart' });
  }
  return script;
}

function describe(error: unknown, way: readonly string[], seed: number): Error {
  if (error instanceof Violation) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new Violation(`seed ${seed}: ${cause.message}\n  ${way.join('\n  ')}`, { cause });
}
