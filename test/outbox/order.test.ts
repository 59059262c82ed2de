import { appendAll, handOut, newFlash, numbersHandedOut, open, payload, range } from './bench.js';

describe('records', () => {
  it('are numbered from 0 without a gap', () => {
    const outbox = open(newFlash());
    expect([1, 2, 3, 4].map((id) => outbox.append(payload(id), 0))).toEqual([0, 1, 2, 3]);
  });

  it('are handed out in the order in which they were appended, each once', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 1, 30);
    expect(handOut(outbox)).toEqual(range(1, 30).map((id) => [id - 1, id]));
    expect(outbox.next()).toBeUndefined();
  });

  it('may be appended while others are handed out', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 1, 2);
    expect(outbox.next()?.sequence).toBe(0);
    appendAll(outbox, 3, 3);
    expect(numbersHandedOut(outbox)).toEqual([1, 2]);
    appendAll(outbox, 4, 4);
    expect(numbersHandedOut(outbox)).toEqual([3]);
  });

  it('keep their stream, 0 to 14, and a payload of any length from 1 to 255', () => {
    const outbox = open(newFlash(16, 4096), { payloadBytesMax: 255 });
    for (let byteLength = 1; byteLength <= 255; byteLength++)
      outbox.append(new Uint8Array(byteLength).fill(byteLength), byteLength % 15);
    for (let byteLength = 1; byteLength <= 255; byteLength++) {
      const record = outbox.next();
      expect([record?.sequence, record?.stream]).toEqual([byteLength - 1, byteLength % 15]);
      expect(record?.payload).toEqual(new Uint8Array(byteLength).fill(byteLength));
    }
  });

  it('are numbered on beyond 256, whose low byte is all that a frame holds', () => {
    const outbox = open(newFlash(8));
    for (let id = 0; id < 1000; id++) {
      expect(outbox.append(payload(id), 0)).toBe(id);
      expect(outbox.next()?.sequence).toBe(id);
      outbox.release(id);
    }
  });

  it('are numbered on after everything was delivered, and after everything was evicted', () => {
    const outbox = open(newFlash());
    appendAll(outbox, 0, 4);
    for (const sequence of numbersHandedOut(outbox)) outbox.release(sequence);
    expect(outbox.append(payload(5), 0)).toBe(5);
    appendAll(outbox, 6, 299);
    expect(outbox.append(payload(300), 0)).toBe(300);
  });
});
