import { seededRandom } from '../../hal/sim/random.js';
import { Explorer, replay } from '../../sim/crash/explorer.js';
import { formatScript, parseScript, randomContinuation, randomScript } from '../../sim/crash/script.js';
import type { OpenOutbox } from '../../sim/crash/session.js';
import { shrink } from '../../sim/crash/shrink.js';
import { openOutbox } from '../../src/outbox/outbox.js';

describe('a script of the explorer', () => {
  it('is one line of text, which says all of it', () => {
    for (let seed = 0; seed < 50; seed++) {
      const script = randomScript(seed, 60, { sectors: 4, blockLength: 512, unitLength: 0 });
      const steps = [...script.steps, ...randomContinuation(seededRandom(seed))];
      expect(parseScript(formatScript({ ...script, steps }))).toEqual({ ...script, steps });
    }
  });

  it('names the power cuts', () => {
    const text = '3x1024 seed:7 append*12 cut:1:complete-sparse:99 append boot:20 cut:0:prefix-5:3 flush restart';
    expect(formatScript(parseScript(text))).toBe(text);
    expect(parseScript(text).steps[12]).toEqual({
      kind: 'cut',
      after: 1,
      tear: { kind: 'complete', weak: 'sparse' },
      seed: 99,
    });
  });

  it('names the units of encrypted flash', () => {
    const text = '4x512/32 seed:7 append*12 restart';
    expect(formatScript(parseScript(text))).toBe(text);
    expect(parseScript(text).unitLength).toBe(32);
  });

  it.each(['', '4x512', '4x512 seed:x', '4x512 seed:1 apend', '4x512 seed:1 take:many'])('cannot be %p', (text) => {
    expect(() => parseScript(text)).toThrow();
  });
});

describe('a violation', () => {
  /** An outbox that loses its position in every power cut. */
  const forgetful: OpenOutbox = (flash, options) => openOutbox(flash, { ...options, acknowledgementsUnsavedMax: 64 });
  const script = randomScript(5, 100, { sectors: 4, blockLength: 512, unitLength: 0 });
  const found = new Explorer(script, { open: forgetful, tears: ['every'] }).explore();

  it('is a script that shows it when it is played', () => {
    expect(found?.message).toMatch(/records that had been released in order came again/);
    expect(found && replay(found.script, forgetful)).toBe(found?.message);
    expect(found && replay(found.script, openOutbox)).toBeUndefined();
  });

  it('becomes a short script, which still shows one', () => {
    const short = found && shrink(found, forgetful);
    expect(short?.script.steps.length).toBeLessThan(25);
    expect(short && replay(short.script, forgetful)).toBe(short?.message);
  });

  it('is found again from the same script', () => {
    expect(new Explorer(script, { open: forgetful, tears: ['every'] }).explore()).toEqual(found);
  });
});
