import { eraseTears, PowerCut } from '../../hal/sim/sim.js';
import { formatOutbox, OutboxError } from '../../src/outbox/outbox.js';
import { appendAll, handOut, newFlash, open, payload, refusal, reopen } from './bench.js';

describe('formatting', () => {
  it('makes an empty log of whatever was there, with numbers from 0', () => {
    const flash = newFlash();
    appendAll(open(flash), 0, 99);
    formatOutbox(flash);
    const outbox = reopen(flash);
    expect(outbox.statistics()).toMatchObject({ next: 0, oldest: 0, queued: 0, delivered: 0, dropped: 0, void: 0 });
    expect(outbox.append(payload(1), 0)).toBe(0);
    expect(handOut(reopen(flash))).toEqual([[0, 1]]);
  });

  it('that was cut leaves a log with its oldest records dropped, or a partition that is refused; done again, it is done', () => {
    for (const tear of eraseTears()) {
      for (let block = 0; block < 4; block++) {
        const flash = newFlash(4, 512, block + 1);
        appendAll(open(flash), 0, 99);
        flash.cutAfter(block, tear);
        expect(() => formatOutbox(flash)).toThrow(PowerCut);
        flash.powerUp();
        try {
          for (const [sequence, id] of handOut(open(flash))) expect(id).toBe(sequence);
        } catch (error) {
          expect(error).toBeInstanceOf(OutboxError);
        }
        formatOutbox(flash);
        expect(refusal(flash, () => open(flash))).toBeUndefined();
        expect(open(flash).append(payload(7), 0)).toBe(0);
        expect(handOut(reopen(flash))).toEqual([[0, 7]]);
      }
    }
  });
});
