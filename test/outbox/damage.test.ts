import type { SimFlash } from '../../hal/sim/sim.js';
import { seededRandom } from '../../hal/sim/sim.js';
import { OutboxError, type OutboxGap } from '../../src/outbox/outbox.js';
import { appendAll, BLOCK_LENGTH, flashWith, handOut, newFlash, open, payload, range, reopen } from './bench.js';

const BLOCKS = 3;

/** A full log that has wrapped and evicted, with some records released: 3 blocks, about 30 records. */
function fullLog(): SimFlash {
  const flash = newFlash(BLOCKS);
  const outbox = open(flash);
  appendAll(outbox, 0, 79);
  const { end } = outbox.next() as OutboxGap;
  outbox.release(0, end, 'dropped');
  for (let sequence = end; sequence < end + 4; sequence++) outbox.release(sequence);
  return flash;
}

const log = fullLog();
const image = log.image();
const books = open(log).statistics();

/** Opens a changed image, hands out everything, and checks what must hold whatever was changed. */
function survey(changed: Uint8Array): { lost: number[]; redelivered: number } {
  const outbox = open(flashWith(changed));
  const handed = handOut(outbox);
  for (const [sequence, id] of handed) expect(id).toBe(sequence);
  const { next, delivered, queued, dropped } = outbox.statistics();
  expect(queued).toBe(handed.length);
  expect(next).toBe(delivered + queued + dropped);
  const there = new Set(handed.map(([sequence]) => sequence));
  const lost = range(books.oldest, books.next - 1).filter((sequence) => !there.has(sequence));
  const redelivered = handed.filter(([sequence]) => sequence < books.oldest).length;
  // What is lost is counted; the newest records cannot be told from appends that never ended.
  const unknowable = books.next - next;
  expect(dropped - books.dropped + redelivered).toBeGreaterThanOrEqual(lost.length - unknowable);
  return { lost, redelivered };
}

describe('of a full log', () => {
  it('nothing is lost when nothing is damaged', () => {
    expect(survey(image)).toEqual({ lost: [], redelivered: 0 });
  });

  it('one record at most is lost, and counted, when one bit of any byte is flipped, or all of them are', () => {
    const random = seededRandom(3);
    let worst = 0;
    for (let offset = 0; offset < image.length; offset++) {
      const before = image[offset] as number;
      for (const value of [before ^ (1 << Math.floor(random() * 8)), before ^ 0xff]) {
        const changed = image.slice();
        changed[offset] = value;
        worst = Math.max(worst, survey(changed).lost.length);
      }
    }
    expect(worst).toBe(1);
  });

  it('nothing is lost when a header is damaged', () => {
    for (let block = 0; block < BLOCKS; block++) {
      for (const fill of [0, 0xff, 0x5a]) {
        const changed = image.slice();
        changed.fill(fill, block * BLOCK_LENGTH, block * BLOCK_LENGTH + 32);
        expect(survey(changed).lost).toEqual([]);
      }
    }
  });

  it('after a damaged header the log goes on, and keeps what was appended', () => {
    for (let block = 0; block < BLOCKS; block++) {
      const changed = image.slice();
      changed.fill(0x5a, block * BLOCK_LENGTH, block * BLOCK_LENGTH + 32);
      const flash = flashWith(changed);
      const outbox = open(flash);
      const { next, dropped } = outbox.statistics();
      expect(outbox.append(payload(next), 0)).toBe(next);
      const again = reopen(flash);
      expect(handOut(again).at(-1)).toEqual([next, next]);
      expect(again.statistics().dropped - dropped).toBeLessThanOrEqual(15);
    }
  });

  it('what an append evicts is told, also where a header is damaged behind which a position was saved first', () => {
    const flash = newFlash(4);
    const outbox = open(flash);
    appendAll(outbox, 0, 14);
    // The first sector is full: this opens the next one, and there a position goes before any record.
    for (const sequence of range(0, 7)) outbox.release(sequence);
    appendAll(outbox, 15, 24);
    const changed = flash.image();
    changed.fill(0x5a, BLOCK_LENGTH, BLOCK_LENGTH + 32);
    const again = open(flashWith(changed));
    expect(again.statistics()).toMatchObject({ next: 25, delivered: 8, dropped: 0 });
    appendAll(again, 25, 50);
    expect(again.next()).toEqual({ sequence: 8, end: 15, reason: 'evicted' });
    expect(handOut(again)).toEqual(range(15, 50).map((id) => [id, id]));
  });

  it('a wiped sector costs its own records, and no others', () => {
    for (let block = 0; block < BLOCKS; block++) {
      for (const fill of [0, 0xff]) {
        const changed = image.slice();
        changed.fill(fill, block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH);
        const { lost } = survey(changed);
        expect(lost.length).toBeLessThanOrEqual(15);
        expect(lost).toEqual(range(lost[0] as number, lost.at(-1) as number));
      }
    }
  });

  it('a sector copied over another costs the records of the one that is overwritten, and is not handed out twice', () => {
    for (let from = 0; from < BLOCKS; from++) {
      for (let to = 0; to < BLOCKS; to++) {
        if (from === to) continue;
        const changed = image.slice();
        changed.copyWithin(to * BLOCK_LENGTH, from * BLOCK_LENGTH, (from + 1) * BLOCK_LENGTH);
        const { lost } = survey(changed);
        expect(lost.length).toBeLessThanOrEqual(15);
      }
    }
  });

  it('slots of noise cost the records they stood in', () => {
    const random = seededRandom(4);
    for (let slot = 0; slot < image.length / 16; slot++) {
      const changed = image.slice();
      for (let i = 0; i < 16; i++) changed[slot * 16 + i] = Math.floor(random() * 256);
      expect(survey(changed).lost.length).toBeLessThanOrEqual(1);
    }
  });
});

describe('a partition of noise', () => {
  it('is refused, or opened and appended to: nothing but an OutboxError is ever thrown', () => {
    const random = seededRandom(6);
    for (let round = 0; round < 200; round++) {
      // Every other image has some of a real log, since pure noise is refused at once.
      const noise = round % 2 === 0 ? new Uint8Array(image.length) : image.slice();
      const share = round % 2 === 0 ? 1 : random() * 0.3;
      for (let i = 0; i < noise.length; i++) if (random() < share) noise[i] = Math.floor(random() * 256);
      const flash = flashWith(noise);
      try {
        const outbox = open(flash);
        handOut(outbox);
        for (let i = 0; i < 40; i++) outbox.append(payload(i), 0);
        handOut(reopen(flash));
      } catch (error) {
        expect(error).toBeInstanceOf(OutboxError);
      }
    }
  });
});
