import { appendAll, handOut, newFlash, open, payload, range, reopen } from './bench.js';

describe('a bit that no program clears', () => {
  it('costs no record whose append returned, wherever it is', () => {
    for (let byte = 0; byte < 4 * 512; byte += 3) {
      const flash = newFlash();
      flash.stickBit(byte, byte % 8);
      const outbox = open(flash);
      for (let id = 0; id < 80; id++) outbox.append(payload(id), 0);
      const handed = handOut(outbox);
      expect(handed).toEqual(range(outbox.statistics().dropped, 79).map((id) => [id, id]));
      expect(handOut(reopen(flash))).toEqual(handed);
    }
  });

  it('in a header has the block passed over', () => {
    const flash = newFlash();
    flash.stickBit(2 * 512, 7);
    appendAll(open(flash), 0, 199);
    expect(flash.image()[2 * 512]).toBe(0x80);
    const handed = handOut(reopen(flash));
    expect(handed.at(-1)).toEqual([199, 199]);
    expect(handed.length).toBeGreaterThanOrEqual(19);
  });
});

describe('a block whose erase does half of it and says nothing', () => {
  it.each([0, 1, 2, 3])('costs no record whose append returned (block %d)', (block) => {
    const flash = newFlash();
    flash.failEraseSilently(block);
    let outbox = open(flash);
    for (let id = 0; id < 300; id++) {
      if (id % 50 === 49) outbox = reopen(flash);
      expect(outbox.append(payload(id), 0)).toBe(id);
      expect(handOut(outbox)).toEqual(range(outbox.statistics().dropped, id).map((n) => [n, n]));
      outbox.rewind();
    }
  });
});

describe('a part that takes nothing any more', () => {
  it('says so, and hands out what it has up to the last record, which it cannot secure', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 14);
    for (let byte = 512; byte < 4 * 512; byte++) flash.stickBit(byte, 0);
    const outbox = reopen(flash);
    for (let sequence = 0; sequence < 14; sequence++) expect(outbox.next()?.sequence).toBe(sequence);
    const broken = expect.objectContaining({ code: 'hardware' });
    expect(() => outbox.next()).toThrow(broken);
    expect(() => outbox.append(payload(15), 0)).toThrow(broken);
    expect(outbox.statistics()).toMatchObject({ next: 15, queued: 15, dropped: 0 });
  });
});
