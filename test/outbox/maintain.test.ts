import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.js';
import { appendAll, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

/** Records of 24 bytes that fit into a block of 512 bytes. */
const PER_SECTOR = 15;

function deliverAll(outbox: Outbox): void {
  for (let item = outbox.next(); item !== undefined; item = outbox.next())
    outbox.release(item.sequence, item.end, item.reason && 'dropped');
}

describe('maintain', () => {
  it('erases the next block, so that the append which opens it erases nothing', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, PER_SECTOR - 1);
    expect(outbox.maintain()).toBe(true);
    expect(flash.erases).toBe(1);
    appendAll(outbox, PER_SECTOR, PER_SECTOR);
    expect(outbox.statistics().sectorsOpened).toBe(2);
    expect(flash.erases).toBe(1);
    expect(numbersHandedOut(outbox)).toEqual(range(0, PER_SECTOR));
  });

  it('erases once a sector: in two laps as often as without it', () => {
    const flash = newFlash();
    const outbox = open(flash);
    let answers = 0;
    for (let id = 0; id < 8 * PER_SECTOR; id++) {
      outbox.append(payload(id), 0);
      deliverAll(outbox);
      for (let i = 0; i < 3; i++) if (outbox.maintain()) answers++;
    }
    const { sectorsOpened } = outbox.statistics();
    expect(sectorsOpened).toBeGreaterThanOrEqual(8);
    expect(answers).toBe(sectorsOpened);
    expect(flash.erases).toBe(sectorsOpened);
  });

  it('leaves a blank log alone', () => {
    const flash = newFlash();
    expect(open(flash).maintain()).toBe(false);
    expect(flash.programs + flash.erases).toBe(0);
  });

  it('erases nothing in a sector that an earlier session opened, however often the device restarts', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 2);
    for (let starts = 0; starts < 5; starts++) expect(reopen(flash).maintain()).toBe(false);
    expect(flash.erases).toBe(0);
  });

  it('evicts nothing when the ring is full', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 5 * PER_SECTOR);
    const before = outbox.statistics();
    expect(before.dropped).toBeGreaterThan(0);
    expect(outbox.maintain()).toBe(true);
    expect(outbox.statistics()).toEqual(before);
    const queued = range(before.dropped, before.next - 1);
    expect(numbersHandedOut(reopen(flash))).toEqual(queued);
  });

  it('waits as long as a position that opened the sector needs the next one', () => {
    const flash = newFlash(3);
    let outbox = open(flash);
    appendAll(outbox, 0, 3 * PER_SECTOR - 1);
    // Each restart costs a copy of the last record and of the position, until the sector is full.
    let erases = flash.erases;
    for (let starts = 0; starts < 60 && flash.erases === erases; starts++) {
      erases = flash.erases;
      outbox = reopen(flash);
      const item = outbox.next();
      if (item !== undefined) outbox.release(item.sequence, item.end, item.reason && 'dropped');
      outbox.flush();
    }
    expect(flash.erases).toBe(erases + 1);
    const { queued } = outbox.statistics();
    expect(queued).toBeGreaterThan(0);
    expect(outbox.maintain()).toBe(false);
    let { programs } = flash;
    while (!outbox.maintain()) {
      const item = outbox.next();
      if (item === undefined) throw new Error('all is released, and nothing was erased');
      outbox.release(item.sequence, item.end);
      programs = flash.programs;
    }
    // What was released last is saved first: else it would be taken for lost after a power cut.
    expect(flash.programs).toBe(programs + 1);
    const before = outbox.statistics();
    expect(reopen(flash).statistics()).toEqual(before);
  });

  it('is forgotten at a power cut: the block is erased again', () => {
    const flash = newFlash();
    let outbox = open(flash);
    appendAll(outbox, 0, PER_SECTOR - 2);
    outbox.maintain();
    outbox = reopen(flash);
    appendAll(outbox, PER_SECTOR, PER_SECTOR + 2);
    expect(outbox.statistics().sectorsOpened).toBe(2);
    expect(flash.erases).toBe(2);
  });

  it('is forgotten when a flash call throws', () => {
    const flash = newFlash();
    let isBroken = false;
    const failing = {
      status: () => flash.status(),
      read: (buffer: Uint8Array, offset: number) => flash.read(buffer, offset),
      eraseBlock: (block: number) => flash.eraseBlock(block),
      write: (buffer: Uint8Array, offset: number) => {
        if (isBroken) throw new Error('no answer');
        flash.write(buffer, offset);
      },
    };
    const outbox = openOutbox(failing as unknown as SimFlash, { payloadBytesMax: 40 });
    appendAll(outbox, 0, 5);
    outbox.maintain();
    isBroken = true;
    expect(() => outbox.append(payload(6), 0)).toThrow('no answer');
    isBroken = false;
    appendAll(outbox, 6, PER_SECTOR + 2);
    expect(outbox.statistics().sectorsOpened).toBe(2);
    expect(flash.erases).toBe(2);
  });
});

/** 1 MiB, so that a walk over the headers would show. */
describe('a megabyte whose next block is erased', () => {
  const reads = (isFull: boolean, sectorsMore: number, maintain: boolean) => {
    const flash = new SimFlash({ blocks: 256, random: seededRandom(1) });
    const outbox = openOutbox(flash);
    const target = 256 + sectorsMore;
    while (outbox.statistics().sectorsOpened < target) {
      outbox.append(payload(7), 0);
      if (!isFull) deliverAll(outbox);
    }
    outbox.flush();
    if (maintain) expect(outbox.maintain()).toBe(true);
    const before = outbox.statistics();
    flash.powerDown();
    flash.powerUp();
    const { reads } = flash;
    expect(openOutbox(flash).statistics()).toEqual(before);
    return flash.reads - reads;
  };

  it.each([
    ['full', true, 40],
    ['delivered', false, 40],
    ['full, and the next block is the first', true, 256],
    ['delivered, and the next block is the first', false, 256],
    ['delivered, and the next block is where halving begins', false, 128],
  ])('and that is %s is opened in at most 40 reads, with the same books', (_, isFull, sectorsMore) => {
    expect(reads(isFull, sectorsMore, true)).toBeLessThanOrEqual(40);
  });
});
