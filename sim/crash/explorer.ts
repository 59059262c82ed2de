/**
 * Tries power cuts on the outbox: at every flash operation of a script, with every tear, and again in what follows.
 *
 * Before each operation the simulated flash is forked, the operation is torn in the fork, and the fork is powered up: it
 * must boot without a write, owe what the observer says (model.ts), play a few random steps, and owe them after another
 * power cycle. With more than one level, cuts are tried at each operation of those steps too.
 *
 * A way that ends in a violation is itself a script, with the cuts as steps: `replay` plays it without searching, and
 * shrink.ts makes it short.
 */
import type { Random } from '../../hal/contract.js';
import { type FlashOperation, SimFlash } from '../../hal/sim/flash.js';
import { PowerCut } from '../../hal/sim/power-cut.js';
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import type { Tear } from '../../hal/sim/tear.js';
import { formatOutbox } from '../../src/outbox/outbox.js';
import { randomContinuation, type Script, type Step } from './script.js';
import { type OpenOutbox, Session } from './session.js';
import { drawTears, everyTear, fits } from './tears.js';

export interface ExplorerOptions {
  readonly open: OpenOutbox;
  /**
   * Tears tried at each operation, by level: of the script, of what follows the first cut, and so on. 0.3 is one at three
   * operations of ten.
   */
  readonly tears: readonly (number | 'every')[];
  /** Exploring stops after so many states. */
  readonly statesMax?: number;
  /** Called after each crash state. */
  readonly onState?: () => void;
}

export interface Violation {
  readonly message: string;
  /** The way that led to it. */
  readonly script: Script;
}

type Cut = Step & { readonly kind: 'cut' };

/** Carries a violation up to where exploring began. */
class Violated extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(violation.message);
    this.violation = violation;
  }
}

/** Ends exploring when there have been enough states. */
class Enough extends Error {}

/** Ends a replay in which steps were dropped, so that a cut hits another operation than it was made for. */
class Misfit extends Error {}

export class Explorer {
  /** Crash states examined. */
  states = 0;
  readonly #options: ExplorerOptions;
  readonly #script: Script;
  readonly #random: Random;

  constructor(script: Script, options: ExplorerOptions) {
    this.#script = script;
    this.#options = options;
    this.#random = seededRandom(script.seed);
  }

  /** Plays the script with its cuts up to the first violation. The same script and options find the same. */
  explore(): Violation | undefined {
    const limit = Error.stackTraceLimit;
    // Each crash throws: their stacks would take a fifth of the time.
    Error.stackTraceLimit = 0;
    try {
      const flash = flashOf(this.#script);
      this.#play(Session.begin(this.#options.open, flash, this.#script), this.#script.steps, 0, []);
      return undefined;
    } catch (error) {
      if (error instanceof Violated) return error.violation;
      if (error instanceof Enough) return undefined;
      throw error;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  /** Plays steps; before each flash operation tries tears of it. `level` cuts and `way` led here. */
  #play(session: Session, steps: readonly Step[], level: number, way: readonly Step[]): void {
    const { flash } = session;
    let step = 0;
    let operations = 0;
    if (level < this.#options.tears.length)
      flash.trace = (operation) => {
        for (const tear of this.#tearsOf(flash, operation, level)) {
          const seed = integerBelow(this.#random, 0x7fffffff);
          const cut: Cut = { kind: 'cut', after: operations, tear, seed };
          const here = [...way, ...steps.slice(0, step), cut, ...steps.slice(step, step + 1)];
          this.#crash(session, operation, cut, level + 1, here);
        }
        operations++;
      };
    try {
      for (; step < steps.length; step++) {
        operations = 0;
        session.apply(steps[step] as Step);
      }
    } catch (error) {
      if (error instanceof Violated || error instanceof Enough) throw error;
      const script = { ...this.#script, steps: [...way, ...steps.slice(0, step + 1)] };
      throw new Violated({ message: error instanceof Error ? error.message : String(error), script });
    } finally {
      flash.trace = undefined;
    }
  }

  #crash(session: Session, operation: FlashOperation, cut: Cut, level: number, way: readonly Step[]): void {
    const { statesMax = Number.POSITIVE_INFINITY, onState } = this.#options;
    if (this.states >= statesMax) throw new Enough();
    this.states++;
    const flash = session.flash.fork(cut.seed);
    flash.cutAfter(0, cut.tear);
    try {
      if (operation.kind === 'program') flash.write(operation.buffer, operation.offset);
      else flash.eraseBlock(operation.offset / operation.byteLength);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    this.#play(session.afterCut(flash), randomContinuation(this.#random), level, way);
    onState?.();
  }

  #tearsOf(flash: SimFlash, operation: FlashOperation, level: number): readonly Tear[] {
    const wanted = this.#options.tears[level];
    const tears = typeof wanted === 'number' ? drawTears(operation, wanted, this.#random) : everyTear(flash, operation);
    // Weak cells that an erase is to firm up and silently does not are beyond what reading back can find.
    const mayBeWeak = operation.kind === 'program' || !this.#script.steps.some(({ kind }) => kind === 'halfErase');
    return mayBeWeak ? tears : tears.filter((tear) => !('weak' in tear));
  }
}

/** Plays a script with its cuts. What goes wrong; `undefined` when nothing does, or when a tear does not fit where it hits. */
export function replay(script: Script, open: OpenOutbox): string | undefined {
  let random = seededRandom(script.seed);
  const flash = flashOf(script, () => random());
  let cut: Cut | undefined;
  let operations = 0;
  flash.trace = (operation) => {
    if (cut === undefined || operations++ < cut.after) return;
    if (!fits(cut.tear, operation)) throw new Misfit();
    random = seededRandom(cut.seed);
    flash.cutAfter(0, cut.tear);
    cut = undefined;
  };
  try {
    const session = Session.begin(open, flash, script);
    for (const step of script.steps) {
      if (step.kind !== 'cut') session.apply(step);
      else {
        cut = step;
        operations = 0;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof Misfit) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

function flashOf({ sectors, blockLength, unitLength, seed }: Script, random: Random = seededRandom(seed)): SimFlash {
  if (unitLength === 0) return new SimFlash({ blocks: sectors, blockLength, random });
  const flash = new SimFlash({ blocks: sectors, blockLength, writeAlign: unitLength, encrypted: true, random });
  formatOutbox(flash);
  return flash;
}
