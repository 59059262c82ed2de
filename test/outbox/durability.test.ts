import { PowerCut } from '../../hal/sim/sim.js';
import { appendAll, handOut, newFlash, numbersHandedOut, open, payload, range, reopen } from './bench.js';

describe('after a power cut', () => {
  it('every record whose append returned is there, under its number', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 39);
    expect(handOut(reopen(flash))).toEqual(range(0, 39).map((id) => [id, id]));
  });

  it('numbers go on where they were, also when nothing is queued', () => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 6);
    for (const sequence of numbersHandedOut(outbox)) outbox.release(sequence);
    outbox.flush();
    expect(reopen(flash).append(payload(7), 0)).toBe(7);
  });

  it.each(['nothing', 'complete', 'any'] as const)('in an append (%s), it has happened or has not', (kind) => {
    for (let seed = 0; seed < 40; seed++) {
      const flash = newFlash(4, 512, seed);
      const outbox = open(flash);
      appendAll(outbox, 0, 4);
      flash.cutAfter(0, { kind });
      expect(() => outbox.append(payload(5), 0)).toThrow(PowerCut);
      const handed = handOut(reopen(flash));
      expect(handed).toEqual(range(0, handed.length - 1).map((id) => [id, id]));
      if (kind === 'any') expect([5, 6]).toContain(handed.length);
      else expect(handed.length).toBe(kind === 'complete' ? 6 : 5);
      expect(reopen(flash).append(payload(6), 0)).toBe(handed.length);
    }
  });

  it('opening reads only, and finds the same however often it is done', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 50);
    const operations = flash.programs + flash.erases;
    const statistics = reopen(flash).statistics();
    for (let boots = 0; boots < 3; boots++) expect(reopen(flash).statistics()).toEqual(statistics);
    expect(flash.programs + flash.erases).toBe(operations);
  });
});
