import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { formatOutbox } from '../../src/outbox/outbox.js';
import { appendAll, flashWith, handOut, open, payload, range, refusal, reopen } from './bench.js';

/** Erased flash reads as noise, and what is programmed stays until it is erased: programming it twice throws. */
function encryptedFlash(unitLength: number, blocks = 8, blockLength = 512): SimFlash {
  const random = seededRandom(1);
  return new SimFlash({ blocks, blockLength, writeAlign: unitLength, encrypted: true, random });
}

function formatted(unitLength: number, blocks?: number): SimFlash {
  const flash = encryptedFlash(unitLength, blocks);
  formatOutbox(flash);
  return flash;
}

describe.each([16, 32])('on flash that is written once, in units of %i bytes,', (unitLength) => {
  it('a log has to be begun by formatting: blank or foreign cannot be told, and is left as it is', () => {
    const flash = encryptedFlash(unitLength);
    expect(refusal(flash, () => open(flash))).toBe('foreign');
    formatOutbox(flash);
    expect(open(flash).statistics()).toMatchObject({ next: 0, queued: 0, dropped: 0 });
    expect(open(flash).append(payload(1), 0)).toBe(0);
  });

  it('formatting begins anew, whatever was there', () => {
    const flash = formatted(unitLength);
    appendAll(open(flash), 0, 60);
    formatOutbox(flash);
    const outbox = open(flash);
    appendAll(outbox, 0, 5);
    expect(handOut(outbox)).toEqual(range(0, 5).map((id) => [id, id]));
  });

  it('records are kept over power cuts, and handed out in order', () => {
    const flash = formatted(unitLength);
    for (let session = 0; session < 5; session++) appendAll(reopen(flash), session * 4, session * 4 + 3);
    expect(handOut(reopen(flash))).toEqual(range(0, 19).map((id) => [id, id]));
  });

  it('what was released stays so', () => {
    const flash = formatted(unitLength);
    const outbox = open(flash);
    appendAll(outbox, 0, 19);
    for (const [sequence] of handOut(outbox)) outbox.release(sequence);
    outbox.flush();
    expect(reopen(flash).statistics()).toMatchObject({ next: 20, queued: 0, delivered: 20 });
  });

  it('what was released stays so, too, when a start appends nothing', () => {
    const flash = formatted(unitLength);
    const first = open(flash);
    appendAll(first, 0, 19);
    first.release(0);
    first.flush();
    const second = reopen(flash);
    for (const sequence of range(1, 3)) second.release(sequence);
    second.flush();
    expect(reopen(flash).statistics()).toMatchObject({ next: 20, queued: 16, delivered: 4 });
  });

  it('a start that writes costs one sector, one that only reads nothing', () => {
    const flash = formatted(unitLength);
    appendAll(open(flash), 0, 1);
    const before = { erases: flash.erases, programs: flash.programs };
    for (let session = 0; session < 3; session++) reopen(flash).next();
    expect({ erases: flash.erases, programs: flash.programs }).toEqual(before);
    for (let session = 0; session < 3; session++) appendAll(reopen(flash), session + 2, session + 2);
    expect(flash.erases - before.erases).toBe(3);
    // A header, the copy of the last record, and the record.
    expect(flash.programs - before.programs).toBe(9);
  });

  it('a full log gives up its oldest sector, and tells', () => {
    const flash = formatted(unitLength);
    const outbox = open(flash);
    appendAll(outbox, 0, 299);
    const { queued, dropped } = outbox.statistics();
    expect([queued + dropped, dropped > 0]).toEqual([300, true]);
    const again = reopen(flash);
    expect(again.next()).toEqual({ sequence: 0, end: dropped, reason: 'evicted' });
    again.rewind();
    expect(handOut(again).map(([sequence]) => sequence)).toEqual(range(dropped, 299));
  });

  it('the last record is held back, from a look ahead as well, while there is no block to write it to again', () => {
    const flash = formatted(unitLength);
    appendAll(open(flash), 0, 299);
    // Takes the block that the last append has freed.
    expect(handOut(reopen(flash)).at(-1)).toEqual([299, 299]);
    const outbox = reopen(flash);
    const shown: number[] = [];
    outbox.lookAhead(({ sequence }) => shown.push(sequence) > 0);
    expect(shown.at(-1)).toBe(298);
    for (let item = outbox.next(); item !== undefined; item = outbox.next()) expect(item.end).toBeLessThan(300);
    for (const sequence of shown) outbox.release(sequence);
    expect(outbox.next()).toMatchObject({ sequence: 299, end: 300 });
  });

  it('the next block can be erased ahead of time', () => {
    const flash = formatted(unitLength);
    const outbox = open(flash);
    appendAll(outbox, 0, 1);
    expect(outbox.maintain()).toBe(true);
    const { erases } = flash;
    appendAll(outbox, 2, 20);
    expect(flash.erases - erases).toBeLessThanOrEqual(1);
    expect(handOut(reopen(flash))).toHaveLength(21);
  });

  it('noise in one unit costs one record at most', () => {
    const flash = formatted(unitLength);
    appendAll(open(flash), 0, 24);
    const image = flash.image();
    const random = seededRandom(2);
    let worst = 0;
    for (let unit = 0; unit < image.length; unit += unitLength) {
      const changed = image.slice();
      for (let i = 0; i < unitLength; i++) changed[unit + i] = Math.floor(random() * 256);
      const options = { blocks: 8, blockLength: 512, writeAlign: unitLength, encrypted: true, random };
      const handed = handOut(open(SimFlash.fromImage(changed, options)));
      for (const [sequence, id] of handed) expect(id).toBe(sequence);
      worst = Math.max(worst, 25 - handed.length);
    }
    expect(worst).toBe(1);
  });

  it('a log is not taken for one of plain flash, nor of other units', () => {
    const flash = formatted(unitLength);
    appendAll(open(flash), 0, 9);
    const image = flash.image();
    const plain = flashWith(image);
    expect(refusal(plain, () => open(plain))).toBe('geometry');
    const random = seededRandom(2);
    const options = { blocks: 8, blockLength: 512, writeAlign: 48 - unitLength, encrypted: true, random };
    const other = SimFlash.fromImage(image, options);
    expect(refusal(other, () => open(other))).toBe('geometry');
  });
});

describe('encrypted flash, each record of 24 bytes delivered before the next,', () => {
  it.each([
    [16, 127, 1.008, 32.26],
    [32, 127, 1.008, 32.26],
  ])('in units of %i bytes takes %i records a sector', (unitLength, recordsInSector, programsMax, bytesMax) => {
    const flash = encryptedFlash(unitLength, 16, 4096);
    formatOutbox(flash);
    const outbox = open(flash);
    const deliver = () => {
      outbox.append(payload(1), 0);
      outbox.release(outbox.next()?.sequence as number);
    };
    while (flash.erases < 40) deliver();
    const begin = { records: outbox.statistics().next, programs: flash.programs, bytes: flash.programmedBytes };
    while (flash.erases < 50) deliver();
    const records = outbox.statistics().next - begin.records;
    expect(records).toBe(10 * recordsInSector);
    expect((flash.programs - begin.programs) / records).toBeLessThan(programsMax);
    expect((flash.programmedBytes - begin.bytes) / records).toBeLessThan(bytesMax);
  });
});
