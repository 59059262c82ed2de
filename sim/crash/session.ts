/**
 * One flash with an outbox over it and an observer beside it: plays the steps of a script.
 *
 * A violation is whatever is thrown that is not a PowerCut: by the observer, by the outbox (it has to go on after anything
 * that the script does to it), or here, where a method did what it must not.
 */
import type { SimFlash } from '../../hal/sim/flash.js';
import { PowerCut } from '../../hal/sim/power-cut.js';
import type { Outbox, OutboxGap, OutboxRecord, openOutbox } from '../../src/outbox/outbox.js';
import { FailingFlash, FlashFailure } from './failing-flash.js';
import { Model } from './model.js';
import { BATCH_COUNT_MAX, PAYLOAD_BYTES_MAX, type ReleaseOrder, type Script, type Step } from './script.js';

export type OpenOutbox = typeof openOutbox;

const UNSAVED_MAX = 4;
const WINDOW_MAX = 6;
const BATCH_STREAM = 15;
const BATCH_HEAD_BYTES = 3;

export class Session {
  readonly flash: SimFlash;
  readonly model: Model;
  readonly #open: OpenOutbox;
  readonly #failing: FailingFlash;
  /** While the power is on. */
  #outbox: Outbox | undefined;
  /** What was handed out, from the oldest on that is not released, with the count of dropped records at the time. */
  #inFlight: InFlight[] = [];
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

  static begin(open: OpenOutbox, flash: SimFlash, { sectors, blockLength, unitLength }: Script): Session {
    const limits = {
      sectors,
      blockLength,
      unitLength,
      unsavedMax: UNSAVED_MAX,
      windowMax: WINDOW_MAX + BATCH_COUNT_MAX,
    };
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
      case 'batch':
        this.#appendBatch(outbox, step.count, step.leftOut);
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
      case 'maintain':
        this.#maintain(outbox);
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
        this.model.cellsBroken();
        break;
      case 'halfErase':
        this.flash.failEraseSilently(step.block);
        this.model.cellsBroken();
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
    const gaps: OutboxGap[] = [];
    let unreadable = 0;
    for (let item = outbox.next(); item !== undefined; item = outbox.next()) {
      this.#received(item);
      if (item.reason === undefined) handed.push(...this.#unreleased(outbox, item));
      else gaps.push(item);
      if (item.reason === 'unreadable') unreadable += this.#unreleased(outbox, item).length;
    }
    const books = outbox.statistics();
    // What cannot be read counts as queued until the gap is released.
    this.model.check(handed, gaps, {
      ...books,
      queued: books.queued - unreadable,
      dropped: books.dropped + unreadable,
    });
    this.#rewind(outbox);
  }

  #append(outbox: Outbox): void {
    const payload = this.model.appending(outbox.payloadBytesMax, 1, 0, outbox.statistics().next);
    const sequence = this.#attempt(() => outbox.append(payload, streamOf(payload)));
    if (sequence !== undefined) this.model.appended(sequence);
  }

  /** Numbers can be left out only while nothing is queued. */
  #appendBatch(outbox: Outbox, count: number, leftOutMax: number): void {
    const { next, oldest } = outbox.statistics();
    const leftOut = oldest === next ? leftOutMax : 0;
    const payload = this.model.appending(outbox.payloadBytesMax - BATCH_HEAD_BYTES, count, leftOut, next);
    this.#attempt(() => {
      outbox.appendBatch(payload, next + leftOut, count);
      this.model.appended(next + leftOut);
    });
  }

  #take(outbox: Outbox, count: number): InFlight[] {
    const taken: InFlight[] = [];
    while (taken.length < count && this.#hasWindow()) {
      const item = this.#attempt(() => outbox.next());
      if (item === undefined) break;
      this.#received(item);
      if (this.#isAtStart) this.model.startingAt(item.sequence);
      this.#isAtStart = false;
      if (item.reason === undefined) for (const sequence of this.#unreleased(outbox, item)) this.model.taken(sequence);
      const inFlight = { item, dropped: outbox.statistics().dropped, releasedTo: item.sequence };
      this.#inFlight.push(inFlight);
      taken.push(inFlight);
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
    const items = this.#take(outbox, count);
    if (this.#hasFailed) return;
    const taken = items.filter(({ item }) => item.reason === undefined).map(({ item }) => item.sequence);
    // It may leave out the last record, whose place may become free only by what `next` finds lost on its way.
    const mayDiffer = shown.length === taken.length - 1 && items.at(-1)?.item.end === outbox.statistics().next;
    if (
      (shown.length < taken.length && !mayDiffer) ||
      shown.some((sequence, i) => i < taken.length && taken[i] !== sequence)
    )
      throw new Error(`the look ahead showed ${shown}, handed out were ${taken}`);
    if (shown.length > taken.length && items.length < count && this.#hasWindow())
      throw new Error(`the look ahead showed ${shown}, only ${taken} were handed out`);
  }

  #release(outbox: Outbox, count: number, from: ReleaseOrder): void {
    for (let left = count; left > 0; left--) {
      const oldest = this.#inFlight[0]?.item.sequence ?? 0;
      const open = this.#inFlight.filter(
        ({ item, releasedTo }) => releasedTo < item.end && item.sequence - oldest < WINDOW_MAX,
      );
      const at = from === 'newest' ? open.length - 1 : from === 'middle' ? open.length >> 1 : 0;
      const chosen = open[at];
      if (chosen === undefined) return;
      const { item, releasedTo: first } = chosen;
      chosen.releasedTo = from === 'part' ? first + 1 : item.end;
      while (this.#inFlight[0]?.releasedTo === this.#inFlight[0]?.item.end && this.#inFlight.length > 0)
        this.#inFlight.shift();
      if (outbox.statistics().dropped > chosen.dropped) this.model.releasingLate();
      this.#releaseOne(outbox, item, first, chosen.releasedTo);
    }
  }

  #releaseOne(outbox: Outbox, item: OutboxRecord | OutboxGap, first = item.sequence, end = item.end): void {
    if (item.reason !== undefined) {
      const gap = { ...item, sequence: first, end };
      this.model.releasingGap(gap);
      this.#attempt(() => {
        outbox.release(first, end, 'dropped');
        this.model.releasedGap(gap);
      });
      return;
    }
    this.model.releasing(first, end);
    this.#attempt(() => {
      outbox.release(first, end);
      this.model.released(first, end);
    });
  }

  #maintain(outbox: Outbox): void {
    const before = JSON.stringify({ ...outbox.statistics(), sectorsOpened: 0 });
    this.#attempt(() => outbox.maintain());
    const after = JSON.stringify({ ...outbox.statistics(), sectorsOpened: 0 });
    if (after !== before) throw new Error(`maintain changed the books ${before} to ${after}`);
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
      for (let [taken] = this.#take(outbox, 1); taken !== undefined; [taken] = this.#take(outbox, 1)) {
        this.#inFlight = [];
        this.#releaseOne(outbox, taken.item);
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

  #received(item: OutboxRecord | OutboxGap): void {
    if (item.reason !== undefined) {
      this.model.receivedGap(item);
      return;
    }
    this.model.received(item);
    const { sequence, end, stream, payload } = item;
    if (stream !== BATCH_STREAM && (stream !== streamOf(payload) || end !== sequence + 1))
      throw new Error(`record ${sequence} has stream ${stream}`);
  }

  /** Of what is handed out as a whole a part may have been released. */
  #unreleased(outbox: Outbox, { sequence: first, end }: OutboxRecord | OutboxGap): number[] {
    const numbers: number[] = [];
    for (let sequence = first; sequence < end; sequence++) if (!outbox.isReleased(sequence)) numbers.push(sequence);
    return numbers;
  }

  #hasWindow(): boolean {
    const oldest = this.#inFlight[0];
    const newest = this.#inFlight.at(-1);
    return oldest === undefined || newest === undefined || newest.item.end - oldest.item.sequence < WINDOW_MAX;
  }
}

interface InFlight {
  readonly item: OutboxRecord | OutboxGap;
  readonly dropped: number;
  /** The numbers below it have been released. */
  releasedTo: number;
}

function streamOf(payload: Uint8Array): number {
  return (payload[0] as number) % 15;
}
