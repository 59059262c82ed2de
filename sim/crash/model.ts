/**
 * What an outbox owes, kept by an observer who hears what its methods returned and sees which blocks it programs and erases,
 * and holds its counts against that.
 *
 * Records are known by an id that their payload proves; those of a batch share one. A call that was under way when the power went is in doubt: an
 * append may or may not have happened, a release may or may not have been saved. An append in doubt happened for certain
 * once its record was handed out, and did not happen for certain once another record got the number it would have had.
 *
 * A record that is neither handed out nor released must have stood in a block that was erased since, oldest first, and a gap
 * must tell of it until that gap is released.
 */
import type { OutboxGap, OutboxRecord, OutboxStatistics } from '../../src/outbox/outbox.js';
import { idOf, idProgrammed, payloadOf } from './payload.js';

export interface ModelLimits {
  readonly sectors: number;
  readonly blockLength: number;
  /** As in Geometry. */
  readonly unitLength: number;
  /** `acknowledgementsUnsavedMax` of the outbox. */
  readonly unsavedMax: number;
  /** Records in flight, from the oldest not released to the newest handed out. */
  readonly windowMax: number;
}

const SLOT_BYTES = 16;

/** What became of a record. */
const PENDING = 0;
/** Its release was interrupted. */
const RELEASE_IN_DOUBT = 1;
const RELEASED = 2;
/** It was released, and a power cut undid that. A saved position that was torn and reads well again may do it once more. */
const UNDONE = 3;

/** Id of a number that a record has which was appended in doubt and not handed out since. */
const UNKNOWN = -1;
/** Id of a number that was left out. */
const LEFT_OUT = -2;

/** An append that was interrupted. */
interface Doubt {
  readonly id: number;
  /** As in Model. */
  readonly blocks: number;
  /** How many numbers it was to get, and how many before them were to be left out, from which on. */
  readonly count: number;
  readonly leftOut: number;
  readonly next: number;
}

export class Model {
  readonly #limits: ModelLimits;
  /** By sequence number: id of the record, what became of it, and one bit for each block it was programmed in. */
  readonly #ids: number[];
  readonly #fates: number[];
  readonly #blocks: number[];
  /** The same, of programs that were interrupted: it may not stand there. */
  readonly #doubtfulBlocks: number[];
  /** By sequence number: whether it may go. */
  readonly #mayGo: boolean[];
  /** Appends that were interrupted and may have happened. */
  #inDoubt: Doubt[];
  #lastId: number;
  /** The record whose frame was programmed last, and where. */
  #programmed: { readonly id: number; readonly block: number } | undefined;
  #isAppending: boolean;
  /** By sequence number: what became of a gap that tells of its loss: nothing, RELEASED or UNDONE. */
  readonly #gapFates: (number | undefined)[];
  /** Block that was erased last. */
  #lastErased: number;
  /** Power cuts and flash calls that threw: ever, before the last block was erased, and before the one before it. */
  #interruptions: number;
  #interruptionsAtErase: number;
  #interruptionsBefore: number;
  /** A block that takes no header may stand where positions have to go. */
  #hasBadCells: boolean;
  /** Whether an append has returned since the last interruption. */
  #hasAppended: boolean;
  /** Releases that the last interruption may have undone, and whether that has been looked into since. */
  #unsavedMax: number;
  #isForgotten: boolean;
  /** Numbers of gaps that had been released in order, and came again since. */
  #gapsAgain: number;
  /** Records that were released and may count as dropped all the same: evicted before the release came or was saved. */
  #droppedReleased: number;

  constructor(limits: ModelLimits, other?: Model) {
    this.#limits = limits;
    this.#ids = other ? other.#ids.slice() : [];
    this.#fates = other ? other.#fates.slice() : [];
    this.#blocks = other ? other.#blocks.slice() : [];
    this.#doubtfulBlocks = other ? other.#doubtfulBlocks.slice() : [];
    this.#programmed = other ? other.#programmed : undefined;
    this.#mayGo = other ? other.#mayGo.slice() : [];
    this.#inDoubt = other ? other.#inDoubt.slice() : [];
    this.#lastId = other ? other.#lastId : 0;
    this.#isAppending = other ? other.#isAppending : false;
    this.#gapFates = other ? other.#gapFates.slice() : [];
    // The first boot interrupts nothing.
    this.#interruptions = other ? other.#interruptions : -1;
    this.#lastErased = other ? other.#lastErased : -1;
    this.#interruptionsAtErase = other ? other.#interruptionsAtErase : 0;
    this.#interruptionsBefore = other ? other.#interruptionsBefore : 0;
    this.#hasAppended = other ? other.#hasAppended : false;
    this.#unsavedMax = other ? other.#unsavedMax : 0;
    this.#isForgotten = other ? other.#isForgotten : true;
    this.#gapsAgain = other ? other.#gapsAgain : 0;
    this.#hasBadCells = other ? other.#hasBadCells : false;
    this.#droppedReleased = other ? other.#droppedReleased : 0;
  }

  /** As it is now; an append that is under way is in doubt. */
  clone(): Model {
    return new Model(this.#limits, this);
  }

  /**
   * An append of a record for `count` numbers begins, `leftOut` before them left out, the first of which is `next`; the payload
   * to append.
   */
  appending(payloadBytesMax: number, count: number, leftOut: number, next: number): Uint8Array {
    const id = ++this.#lastId;
    this.#isAppending = true;
    if (this.#lastErased !== -1) this.#giveUp(this.#lastErased + 1);
    this.#inDoubt.push({ id, blocks: 0, count, leftOut, next });
    return payloadOf(id, 4 + ((id * 7) % (payloadBytesMax - 3)));
  }

  appended(sequence: number): void {
    const { id, blocks, count, leftOut } = this.#inDoubt.pop() as Doubt;
    const unknown = sequence - leftOut - this.#ids.length;
    if (unknown < 0) throw new Error(`number ${sequence} was given again`);
    const unknownMax = this.#inDoubt.reduce((sum, doubt) => sum + doubt.count + doubt.leftOut, 0);
    if (unknown > unknownMax) throw new Error(`number ${sequence} leaves out ${unknown} numbers`);
    this.#isAppending = false;
    this.#hasAppended = true;
    for (let i = 0; i < unknown; i++) this.#unknown();
    for (let i = 0; i < leftOut; i++) this.#number(LEFT_OUT, 0, RELEASED);
    if (this.#inDoubt.length > 0 && !this.#ids.includes(UNKNOWN)) this.#inDoubt = [];
    for (let i = 0; i < count; i++) this.#number(id, blocks);
  }

  /** `bytes` are about to be programmed in a block. They may be the frame of a new record, or of the last one once more. */
  programming(block: number, bytes: Uint8Array): void {
    const id = idProgrammed(bytes);
    this.#programmed = id === undefined ? undefined : { id, block };
    if (id === undefined) return;
    for (let last = this.#ids.length - 1; this.#ids[last] === id; last--)
      this.#blocks[last] = (this.#blocks[last] as number) | (1 << block);
    this.#inDoubt = this.#inDoubt.map((doubt) =>
      doubt.id === id ? { ...doubt, blocks: doubt.blocks | (1 << block) } : doubt,
    );
  }

  /** Only for an append records go, and only those in the block that is to be erased next. */
  #giveUp(next: number): void {
    const block = 1 << (next % this.#limits.sectors);
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const blocks = this.#blocks[sequence] as number;
      const isOnlyThere = (blocks & ~(this.#doubtfulBlocks[sequence] ?? 0)) === block;
      if (blocks === block || isOnlyThere) this.#mayGo[sequence] = true;
    }
  }

  /** A block is about to be erased. Records that go with it were given up, the oldest first. */
  erasing(block: number): void {
    this.#programmed = undefined;
    // In encrypted flash an append after an interruption may go beyond a block that an earlier session erased.
    const isBeyond = this.#limits.unitLength > 0 && this.#interruptions > this.#interruptionsAtErase;
    if (this.#isAppending && isBeyond) this.#giveUp(block);
    if (block !== this.#lastErased) {
      this.#interruptionsBefore = this.#interruptionsAtErase;
      this.#interruptionsAtErase = this.#interruptions;
      this.#lastErased = block;
    }
    let oldestElsewhere: number | undefined;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const blocks = this.#blocks[sequence] as number;
      this.#blocks[sequence] = blocks & ~(1 << block);
      this.#doubtfulBlocks[sequence] = (this.#doubtfulBlocks[sequence] ?? 0) & ~(1 << block);
      if (blocks === 0 || this.#fates[sequence] !== PENDING) continue;
      if (blocks !== 1 << block) oldestElsewhere ??= sequence;
      else {
        if (oldestElsewhere !== undefined) throw new Error(`record ${sequence} goes before record ${oldestElsewhere}`);
        if (!this.#mayGo[sequence]) throw new Error(`record ${sequence} goes, for which no append gave it up`);
      }
    }
    if (this.#isAppending) this.#giveUp(block + 1);
    this.#inDoubt = this.#inDoubt.map((doubt) => ({ ...doubt, blocks: doubt.blocks & ~(1 << block) }));
  }

  /** The flash has cells that do not take what is programmed, or keep what is erased. */
  cellsBroken(): void {
    this.#hasBadCells = true;
  }

  /** A flash call threw. */
  interrupted(): void {
    this.#interruptions++;
    this.#doubt();
    this.#hasAppended = false;
    this.#isAppending = false;
  }

  /** In encrypted flash the last record is written again in another block; that may have been interrupted. */
  #doubt(): void {
    if (this.#programmed === undefined || this.#limits.unitLength === 0) return;
    const { id, block } = this.#programmed;
    for (let last = this.#ids.length - 1; this.#ids[last] === id; last--)
      this.#doubtfulBlocks[last] = (this.#doubtfulBlocks[last] ?? 0) | (1 << block);
    this.#programmed = undefined;
  }

  /**
   * The power comes. Two interruptions in one sector may have used up the room for positions in it: then as many releases may
   * be undone as a sector holds. In encrypted flash every interruption uses it up; an append makes room.
   */
  booting(): void {
    const hadRoom = this.#limits.unitLength === 0 || this.#hasAppended;
    this.interrupted();
    this.#forgetAhead();
    const { unsavedMax, blockLength } = this.#limits;
    const isRoomUsedUp = !hadRoom || this.#hasBadCells || this.#interruptions - this.#interruptionsBefore > 2;
    this.#unsavedMax = Math.max(
      this.#isForgotten ? 0 : this.#unsavedMax,
      isRoomUsedUp ? blockLength / SLOT_BYTES : unsavedMax,
    );
    this.#isForgotten = false;
    this.#gapsAgain = 0;
  }

  /** What was released ahead of an older record, or of a gap, is known in RAM only. */
  #forgetAhead(): void {
    let isAhead = false;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const fate = this.#fates[sequence];
      if (fate === RELEASED) {
        if (isAhead) this.#fates[sequence] = UNDONE;
      } else if (this.#gapFates[sequence] !== RELEASED) isAhead = true;
      else if (isAhead) this.#gapFates[sequence] = UNDONE;
    }
  }

  /** A consumer received a record, which by that exists. */
  received({ sequence, end, payload }: OutboxRecord): void {
    const id = idOf(payload);
    if (id === undefined) throw new Error(`record ${sequence} is not what was appended`);
    if (this.#ids[sequence] !== id) this.#found(id, sequence);
    for (let number = sequence - 1; number <= end; number++)
      if ((this.#ids[number] === id) !== (number >= sequence && number < end))
        throw new Error(`record ${sequence} is handed out for the numbers up to ${end - 1}`);
  }

  /** An append that was in doubt has happened, under this number. */
  #found(id: number, sequence: number): void {
    const at = this.#inDoubt.findIndex((doubt) => doubt.id === id);
    const doubt = this.#inDoubt[at];
    const appended = this.#ids[sequence];
    if (doubt === undefined || (appended !== undefined && appended !== UNKNOWN))
      throw new Error(`record ${sequence} carries payload ${id}, expected ${appended ?? 'none'}`);
    while (this.#ids.length < sequence + doubt.count) this.#unknown();
    for (let number = sequence; number < sequence + doubt.count; number++) {
      this.#ids[number] = id;
      this.#blocks[number] = doubt.blocks;
    }
    this.#inDoubt.splice(at, 1);
  }

  /** `sequence` is the first record handed out after a boot or a rewind: what is older, and there, is settled. */
  startingAt(sequence: number): void {
    for (let older = 0; older < sequence; older++)
      if (this.#fates[older] !== PENDING && (this.#blocks[older] !== 0 || this.#ids[older] === UNKNOWN))
        this.#fates[older] = RELEASED;
  }

  /** A consumer received a record to deliver it. If it was released before, a power cut has undone that. */
  taken(sequence: number): void {
    const fate = this.#fates[sequence];
    if (fate === RELEASED && this.#isForgotten)
      throw new Error(`record ${sequence} came again after it had been released`);
    if (fate !== PENDING) this.#fates[sequence] = UNDONE;
  }

  releasing(first: number, end: number): void {
    for (let sequence = first; sequence < end; sequence++) this.#fates[sequence] = RELEASE_IN_DOUBT;
  }

  released(first: number, end: number): void {
    for (let sequence = first; sequence < end; sequence++) this.#fates[sequence] = RELEASED;
  }

  /** A consumer received a gap. What was not released of it is gone, whatever was known before of its release. */
  receivedGap({ sequence: first, end, reason }: OutboxGap): void {
    this.#checkGiven(end);
    // Where a gap begins, nothing is settled: a release that was forgotten before the record went.
    if (this.#fates[first] === RELEASED && !this.#isForgotten) this.#fates[first] = UNDONE;
    let isNews = false;
    for (let sequence = first; sequence < end; sequence++) {
      const fate = this.#fates[sequence];
      if (fate === PENDING && !this.#isGone(sequence)) throw new Error(`record ${sequence} is said to be ${reason}`);
      const gapFate = this.#gapFates[sequence];
      isNews ||= gapFate !== RELEASED;
      if (gapFate === undefined) continue;
      if (gapFate === RELEASED && !this.#isForgotten) this.#gapsAgain++;
      if (gapFate !== RELEASED || !this.#isForgotten) this.#gapFates[sequence] = UNDONE;
    }
    if (!isNews && this.#isForgotten)
      throw new Error(`the gap from ${first} to ${end} came again after it had been released`);
  }

  /** Appends in doubt may have happened, and been given up by the one after. */
  #checkGiven(end: number): void {
    const most = this.#inDoubt.reduce((sum, { count, leftOut }) => sum + count + leftOut, this.#ids.length);
    if (end > most) throw new Error(`a gap ends at ${end}, at most ${most} numbers were given`);
    while (this.#ids.length < end) this.#unknown();
  }

  releasingGap({ sequence: first, end }: OutboxGap): void {
    for (let sequence = first; sequence < end; sequence++)
      if (this.#gapFates[sequence] !== RELEASED) this.#gapFates[sequence] = RELEASE_IN_DOUBT;
  }

  releasedGap({ sequence: first, end }: OutboxGap): void {
    for (let sequence = first; sequence < end; sequence++) this.#gapFates[sequence] = RELEASED;
  }

  /** A record is about to be released that may have been evicted while it was in flight. */
  releasingLate(): void {
    this.#droppedReleased++;
  }

  /**
   * Holds what an outbox handed out, from the beginning and without releases, against what it owes. `handed` were passed to
   * `received` before, `gaps` to `receivedGap`.
   */
  check(handed: readonly number[], gaps: readonly OutboxGap[], books: OutboxStatistics): void {
    const isHanded: boolean[] = [];
    let last = -1;
    for (const sequence of handed) {
      if (sequence <= last) throw new Error(`record ${sequence} was handed out after record ${last}`);
      last = sequence;
      isHanded[sequence] = true;
    }
    // The last record is held back while making it solid would evict others.
    const held = books.queued - handed.length;
    if (held < 0 || held > this.#heldMax(books.next))
      throw new Error(`${books.queued} queued, ${handed.length} handed out`);
    for (let sequence = books.next - held; sequence < books.next; sequence++) isHanded[sequence] = true;
    this.#checkGaps(isHanded, gaps);
    if (books.next < this.#ids.length || books.next > this.#nextMax() + held)
      throw new Error(`next is ${books.next}, ${this.#ids.length} numbers were given`);
    if (books.next !== books.delivered + books.queued + books.dropped + books.void)
      throw new Error(`the books do not balance: ${JSON.stringify(books)}`);
    const forgotten = this.#isForgotten ? 0 : this.#unsavedMax + this.#limits.windowMax;
    if (!this.#isForgotten) this.#forget(isHanded);
    this.#checkDropped(isHanded, books.dropped, forgotten);
  }

  /** Numbers of the record that ends at `next`. */
  #heldMax(next: number): number {
    const id = next > this.#ids.length ? UNKNOWN : (this.#ids[next - 1] as number);
    if (id === UNKNOWN) return Math.max(0, ...this.#inDoubt.map(({ count }) => count));
    return this.#ids.length - this.#ids.indexOf(id);
  }

  /** As far as numbers may have been left out. */
  #nextMax(): number {
    return this.#inDoubt.reduce(
      (most, { next, leftOut }) => (leftOut > 0 ? Math.max(most, next + leftOut) : most),
      this.#ids.length,
    );
  }

  /** Whatever is neither there nor released is in a gap, or was. */
  #checkGaps(isHanded: readonly boolean[], gaps: readonly OutboxGap[]): void {
    const isInGap: boolean[] = [];
    let last = 0;
    for (const { sequence: first, end } of gaps) {
      if (first < last) throw new Error(`a gap from ${first} was handed out after one to ${last}`);
      last = end;
      for (let sequence = first; sequence < end; sequence++) isInGap[sequence] = true;
    }
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const isGone = this.#fates[sequence] === PENDING && this.#isGone(sequence);
      if (isHanded[sequence] && isInGap[sequence]) throw new Error(`record ${sequence} is handed out and in a gap`);
      if (isGone && !isHanded[sequence] && !isInGap[sequence] && this.#gapFates[sequence] === undefined)
        throw new Error(`no gap tells of record ${sequence}`);
    }
  }

  /**
   * What an outbox hands out at the first look after a boot is not released, whatever was known before; only so many that were
   * released in order.
   */
  #forget(isHanded: readonly boolean[]): void {
    this.#isForgotten = true;
    let again = this.#unsavedMax > this.#limits.unsavedMax ? 0 : this.#gapsAgain;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      if (!isHanded[sequence]) continue;
      if (this.#gapFates[sequence] === RELEASED) {
        again++;
        this.#gapFates[sequence] = UNDONE;
      }
      if (this.#fates[sequence] === PENDING) continue;
      if (this.#fates[sequence] === RELEASED) again++;
      this.#fates[sequence] = UNDONE;
    }
    if (again > this.#unsavedMax) throw new Error(`${again} records that had been released in order came again`);
  }

  /** Every record is handed out, released, or gone with its block; what is gone is counted. */
  #checkDropped(isHanded: readonly boolean[], dropped: number, forgotten: number): void {
    let missing = 0;
    let releasesInDoubt = 0;
    let released = 0;
    for (let sequence = 0; sequence < this.#ids.length; sequence++) {
      const fate = this.#fates[sequence];
      if (isHanded[sequence]) {
        if (fate === RELEASED) throw new Error(`record ${sequence} came again after it had been released`);
      } else if (fate === RELEASED) released++;
      else if (fate !== PENDING) releasesInDoubt++;
      else if (!this.#isGone(sequence)) throw new Error(`record ${sequence} is missing`);
      else missing++;
    }
    if (missing > dropped) throw new Error(`${missing} records are missing, ${dropped} reported dropped`);
    const reportedMax = missing + releasesInDoubt + Math.min(released, this.#droppedReleased + forgotten);
    if (dropped > reportedMax) throw new Error(`${dropped} reported dropped, ${missing} are missing`);
    this.#droppedReleased = dropped - missing;
  }

  #isGone(sequence: number): boolean {
    return this.#blocks[sequence] === 0 || this.#mayGo[sequence] === true;
  }

  /** The next number was given, perhaps to be left out. */
  #unknown(): void {
    const sequence = this.#ids.length;
    const mayBeLeftOut = this.#inDoubt.some(({ next, leftOut }) => sequence >= next && sequence < next + leftOut);
    this.#number(UNKNOWN, 0, mayBeLeftOut ? RELEASE_IN_DOUBT : PENDING);
  }

  /** Gives the next number. */
  #number(id: number, blocks: number, fate = PENDING): void {
    this.#ids.push(id);
    this.#fates.push(fate);
    this.#blocks.push(blocks);
  }
}
