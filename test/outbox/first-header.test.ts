import { programTears } from '../../hal/sim/sim.js';
import { handOut, newFlash, open, payload, reopen } from './bench.js';

describe('a power cut in the very first header', () => {
  it.each(programTears(32))('(%j) leaves a partition that is still taken for blank', (tear) => {
    for (let seed = 0; seed < 4; seed++) {
      const flash = newFlash(4, 512, seed);
      flash.cutAfter(0, tear);
      expect(() => open(flash).append(payload(1), 0)).toThrow('power cut');
      for (let boots = 0; boots < 3; boots++) expect(reopen(flash).statistics().next).toBe(0);
      expect(reopen(flash).append(payload(2), 0)).toBe(0);
      expect(flash.erases).toBe(0);
      for (let boots = 0; boots < 3; boots++) expect(handOut(reopen(flash))).toEqual([[0, 2]]);
    }
  });

  it('may come again and again: the first append that is not cut works', () => {
    const flash = newFlash();
    for (let cuts = 0; cuts < 9; cuts++) {
      const outbox = reopen(flash);
      flash.cutAfter(0, { kind: 'prefix', bytes: 20 });
      expect(() => outbox.append(payload(1), 0)).toThrow('power cut');
    }
    expect(reopen(flash).append(payload(2), 0)).toBe(0);
    expect(handOut(reopen(flash))).toEqual([[0, 2]]);
  });

  it('leaves no cell in doubt, whatever the largest payload of the next session is', () => {
    for (let seed = 0; seed < 200; seed++) {
      const flash = newFlash(4, 512, seed);
      flash.cutAfter(0, { kind: 'nothing', weak: 'sparse' });
      expect(() => open(flash, { payloadBytesMax: 8 }).append(payload(1, 8), 0)).toThrow('power cut');
      expect(reopen(flash, { payloadBytesMax: 255 }).append(payload(2), 0)).toBe(0);
      expect(handOut(reopen(flash))).toEqual([[0, 2]]);
    }
  });
});
