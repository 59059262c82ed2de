import { appendAll, newFlash, numbersHandedOut, open, reopen } from './bench.js';

function shown(outbox: ReturnType<typeof open>, count = Number.POSITIVE_INFINITY): number[] {
  const sequences: number[] = [];
  outbox.lookAhead(({ sequence }) => sequences.push(sequence) < count);
  return sequences;
}

describe('looking ahead', () => {
  it('shows what will be handed out, as far as wanted, and hands out nothing', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 9);
    expect(outbox.next()?.sequence).toBe(0);
    expect(shown(outbox, 3)).toEqual([1, 2, 3]);
    expect(shown(outbox)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(outbox.next()?.sequence).toBe(1);
  });

  it('leaves out what is released', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 5);
    outbox.release(0);
    outbox.release(2);
    expect(shown(outbox)).toEqual([1, 3, 4, 5]);
  });

  it('never shows more than is handed out, whatever state power cuts left the log in', () => {
    const flash = newFlash();
    let outbox = open(flash);
    for (let id = 0; id < 120; id++) {
      appendAll(outbox, id, id);
      if (id % 3 === 0) outbox = reopen(flash);
      const all = shown(outbox);
      expect(numbersHandedOut(outbox)).toEqual(all);
      outbox.rewind();
    }
  });
});
