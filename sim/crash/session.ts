/**
 * One flash with an outbox over it and an observer beside it: plays the steps of a script.
 *
 * A violation is whatever is thrown that is not a PowerCut: by the observer, by the outbox (it has to go on after anything
 * that the script does to it), or here, where a method did what it must not.
 */
import type { SimFlash } from '../../hal/sim/flash.js';
import { PowerCut } from '../../hal/sim/power-cut.js';
import type { Outbox, OutboxRecord, openOutbox } from '../../src/outbox/outbox.js';
import { FailingFlash, FlashFailure } from './failing-flash.js';
import { Model } from './model.js';
import { PAYLOAD_BYTES_MAX, type ReleaseOrder, type Script, type Step } from './script.js';

export type OpenOutbox = typeof openOutbox;

const UNSAVED_MAX = 4;
const WINDOW_MAX = 6;

export class Session {
  readonly flash: SimFlash;
  readonly model: Model;
  readonly #open: OpenOutbox;
  readonly #failing: FailingFlash;
  /** While the power is on. */
  #outbox: Outbox | undefined;
  /** Numbers handed out, from the oldest one on that is not released, with the count of dropped records at the time. */
  #inFlight: { readonly sequence: number; readonly dropped: number; isReleased: boolean }[] = [];
  /** Whether nothing was handed out since the boot or the last rewind. */
  #isAtStart = true;
  /** Whether a flash call threw that the script told to. */
  #hasFailed = false;

  /** The power is off: the first step, unless it is a boot or restart, is preceded by a boot. */
  constructor(open: OpenOutbox, flash: SimFlash, model: Model) {
    this.#open = open;
    this.flash = flash;
    this.model = model;
    this.#failing = new FailingFlash(flash, model);
  }

  static begin(open: OpenOutbox, flash: SimFlash, { sectors, blockLength }: Script): Session {
    const limits = { sectors, blockLength, unsavedMax: UNSAVED_MAX, windowMax: WINDOW_MAX };
    return new Session(open, flash, new Model(limits));
  }

  /** What a power cut now leaves: `flash`, which was forked from the flash of this session and torn. */
  afterCut(flash: SimFlash): Session {
    return new Session(this.#open, flash, this.model.clone());
  }

  /** A power cut ends the step; the next one finds the power off. Throws what is a violation. */
  apply(step: Step): void {
    try {
      if (step.kind === 'boot') this.#boot(step.payloadBytesMax);
      else if (step.kind === 'restart') this.#inspect(this.#boot(step.payloadBytesMax));
      else this.#applyTo(this.#outbox ?? this.#boot(), step);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#outbox = undefined;
    }
  }

  #applyTo(outbox: Outbox, step: Step): void {
    switch (step.kind) {
      case 'append':
        this.#append(outbox);
        break;
      case 'take':
        this.#take(outbox, step.count);
        break;
      case 'look':
        this.#look(outbox, step.count);
        break;
      case 'release':
        this.#release(outbox, step.count, step.from);
        break;
      case 'rewind':
        this.#rewind(outbox);
        break;
      case 'flush':
        this.#attempt(() => outbox.flush());
        break;
      case 'drain':
        this.#drain(outbox);
        break;
      case 'inspect':
        this.#inspect(outbox);
        break;
      case 'fail':
        this.#failing.failAfter(step.after, step.tear);
        break;
      case 'failRead':
        this.#failing.failReadAfter(step.after);
        break;
      case 'stick':
        this.flash.stickBit(step.offset, step.bit);
        break;
      case 'halfErase':
        this.flash.failEraseSilently(step.block);
        break;
      default:
        throw new Error(`a session does not play '${step.kind}'`);
    }
  }

  #boot(payloadBytesMax = PAYLOAD_BYTES_MAX): Outbox {
    const { flash } = this;
    this.#failing.heal();
    this.#inFlight = [];
    this.#isAtStart = true;
    this.model.booting();
    flash.powerDown();
    flash.powerUp();
    const before = flash.programs + flash.erases;
    const outbox = this.#open(this.#failing, {
      payloadBytesMax,
      acknowledgementsUnsavedMax: UNSAVED_MAX,
    });
    if (flash.programs + flash.erases !== before) throw new Error('opening the log wrote to flash');
    this.#outbox = outbox;
    return outbox;
  }

  /** Everything the outbox hands out, against the model; leaves it as if nothing had been handed out. */
  #inspect(outbox: Outbox): void {
    this.#failing.heal();
    this.#rewind(outbox);
    const handed: number[] = [];
    for (let record = outbox.next(); record !== undefined; record = outbox.next()) {
      this.#received(record);
      handed.push(record.sequence);
    }
    this.model.check(handed, outbox.statistics());
    this.#rewind(outbox);
  }

  #append(outbox: Outbox): void {
    const payload = this.model.appending(outbox.payloadBytesMax);
    const sequence = this.#attempt(() => outbox.append(payload, streamOf(payload)));
    if (sequence !== undefined) this.model.appended(sequence);
  }

  #take(outbox: Outbox, count: number): number[] {
    const taken: number[] = [];
    while (taken.length < count && this.#hasWindow()) {
      const record = this.#attempt(() => outbox.next());
      if (record === undefined) break;
      this.#received(record);
      if (this.#isAtStart) this.model.startingAt(record.sequence);
      this.#isAtStart = false;
      this.model.taken(record.sequence);
      const { dropped } = outbox.statistics();
      this.#inFlight.push({ sequence: record.sequence, dropped, isReleased: false });
      taken.push(record.sequence);
    }
    return taken;
  }

  #look(outbox: Outbox, count: number): void {
    const shown: number[] = [];
    this.#hasFailed = false;
    this.#attempt(() => {
      outbox.lookAhead((record) => {
        this.#received(record);
        return shown.push(record.sequence) < count;
      });
    });
    const taken = this.#take(outbox, count);
    if (this.#hasFailed) return;
    // It may leave out the last record, whose place may become free only by what `next` finds lost on its way.
    const mayDiffer = shown.length === taken.length - 1 && taken.at(-1) === outbox.statistics().next - 1;
    if (
      (shown.length < taken.length && !mayDiffer) ||
      shown.some((sequence, i) => i < taken.length && taken[i] !== sequence)
    )
      throw new Error(`the look ahead showed ${shown}, handed out were ${taken}`);
    if (shown.length > taken.length && taken.length < count && this.#hasWindow())
      throw new Error(`the look ahead showed ${shown}, only ${taken} were handed out`);
  }

  #release(outbox: Outbox, count: number, from: ReleaseOrder): void {
    for (let left = count; left > 0; left--) {
      const oldest = this.#inFlight[0]?.sequence ?? 0;
      const open = this.#inFlight.filter(({ sequence, isReleased }) => !isReleased && sequence - oldest < WINDOW_MAX);
      const at = from === 'oldest' ? 0 : from === 'newest' ? open.length - 1 : open.length >> 1;
      const chosen = open[at];
      if (chosen === undefined) return;
      chosen.isReleased = true;
      while (this.#inFlight[0]?.isReleased) this.#inFlight.shift();
      if (outbox.statistics().dropped > chosen.dropped) this.model.releasingLate();
      this.#releaseOne(outbox, chosen.sequence);
    }
  }

  #releaseOne(outbox: Outbox, sequence: number): void {
    this.model.releasing(sequence);
    this.#attempt(() => {
      outbox.release(sequence);
      this.model.released(sequence);
    });
  }

  #rewind(outbox: Outbox): void {
    this.#attempt(() => {
      outbox.rewind();
      this.#inFlight = [];
      this.#isAtStart = true;
    });
  }

  /** Hands out and releases all there is. A record that is held back can be had once the others are released. */
  #drain(outbox: Outbox): void {
    this.#failing.heal();
    this.#rewind(outbox);
    const { queued } = outbox.statistics();
    for (let passes = 0; passes < 2; passes++) {
      for (let [sequence] = this.#take(outbox, 1); sequence !== undefined; [sequence] = this.#take(outbox, 1)) {
        this.#inFlight = [];
        this.#releaseOne(outbox, sequence);
      }
    }
    const left = outbox.statistics().queued;
    if (left > 0) throw new Error(`${left} of ${queued} records cannot be had`);
  }

  /** `undefined` when a flash call threw that the script told to. */
  #attempt<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof FlashFailure)) throw error;
      this.model.interrupted();
      this.#hasFailed = true;
      return undefined;
    }
  }

  #received({ sequence, stream, payload }: OutboxRecord): void {
    this.model.received(sequence, payload);
    if (stream !== streamOf(payload)) throw new Error(`record ${sequence} has stream ${stream}`);
  }

  #hasWindow(): boolean {
    const oldest = this.#inFlight[0];
    const newest = this.#inFlight.at(-1);
    return oldest === undefined || newest === undefined || newest.sequence - oldest.sequence < WINDOW_MAX - 1;
  }
}

function streamOf(payload: Uint8Array): number {
  return (payload[0] as number) % 15;
}
