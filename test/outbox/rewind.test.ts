import { appendAll, newFlash, numbersHandedOut, open, range } from './bench.js';

describe('after a rewind', () => {
  it('everything that is not released is handed out again', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 19);
    expect(numbersHandedOut(outbox)).toEqual(range(0, 19));
    for (const sequence of range(0, 6)) outbox.release(sequence);
    outbox.rewind();
    expect(numbersHandedOut(outbox)).toEqual(range(7, 19));
  });

  it('the place is found across sectors', () => {
    const outbox = open(newFlash(8));
    appendAll(outbox, 0, 99);
    for (let first = 0; first < 100; first++) {
      outbox.rewind();
      expect(outbox.next()?.sequence).toBe(first);
      outbox.release(first);
    }
    outbox.rewind();
    expect(outbox.next()).toBeUndefined();
  });
});
