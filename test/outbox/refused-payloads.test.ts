import { appendAll, handOut, newFlash, open, payload, refusal } from './bench.js';

describe('an append is refused, and nothing is programmed,', () => {
  it.each([0, 41, 255, 256])('with a payload of %d bytes where the largest has 40', (byteLength) => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 2);
    expect(refusal(flash, () => outbox.append(new Uint8Array(byteLength), 0))).toBe('payload');
    expect(outbox.append(payload(3), 0)).toBe(3);
    expect(handOut(outbox)).toHaveLength(4);
  });

  it.each([-1, 15, 1.5, Number.NaN])('with stream %p', (stream) => {
    const flash = newFlash();
    const outbox = open(flash);
    appendAll(outbox, 0, 2);
    const { programs } = flash;
    expect(() => outbox.append(payload(3), stream)).toThrow(RangeError);
    expect(flash.programs).toBe(programs);
    expect(outbox.append(payload(3), 14)).toBe(3);
  });

  it.each([0, 256, 7.5])('and so is a largest payload of %p bytes', (payloadBytesMax) => {
    expect(() => open(newFlash(), { payloadBytesMax })).toThrow(RangeError);
  });
});

describe('the largest payload', () => {
  it('may differ from session to session: what is there stays readable', () => {
    const flash = newFlash(8, 4096);
    const lengths = [255, 8, 40, 200, 9, 255, 1];
    lengths.forEach((payloadBytesMax, i) => {
      flash.powerDown();
      flash.powerUp();
      open(flash, { payloadBytesMax }).append(payload(i, payloadBytesMax).fill(i), 0);
    });
    const outbox = open(flash);
    for (const [sequence, byteLength] of lengths.entries()) {
      const record = outbox.next();
      expect([record?.sequence, record?.payload]).toEqual([sequence, new Uint8Array(byteLength).fill(sequence)]);
    }
  });
});
