import { integerBelow, seededRandom } from '../../hal/sim/sim.js';
import { type BatchItem, BatchReader, BatchWriter } from '../../src/reading/batch.js';
import { packReading, type Reading } from '../../src/reading/reading.js';

const BYTES_MAX = 213;
const COUNT_MAX = 254;
const channels = ['temperature', 'humidity', 'pressure'].map((name) => ({ name, unit: '', decimals: 2 }));

function packed(reading: Reading, of = channels): Uint8Array {
  const bytes = new Uint8Array(255);
  return bytes.slice(0, packReading(bytes, reading, of));
}

function values(milliseconds: number, ...numbers: (number | undefined)[]): Uint8Array {
  return packed({ kind: 'values', boot: 7, milliseconds, values: numbers });
}

function contentOf(batch: BatchWriter): BatchItem[] {
  const reader = new BatchReader(batch.finish().slice());
  const items: BatchItem[] = [];
  for (let item = reader.next(); item !== undefined; item = reader.next()) items.push(item);
  return items;
}

describe('a batch', () => {
  it('gives back the very bytes of any readings, of any streams', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 300; round++) {
      const batch = new BatchWriter(BYTES_MAX, COUNT_MAX);
      const expected: BatchItem[] = [];
      const walk = [20, 50, 1000];
      for (let milliseconds = 1e6; ; milliseconds += integerBelow(random, 20_000)) {
        const stream = integerBelow(random, 3);
        for (let i = 0; i < 3; i++) walk[i] = (walk[i] as number) + (random() - 0.5) * (round % 10);
        const kind = random();
        const payload =
          kind < 0.05
            ? packed({ kind: 'fault', boot: 7, milliseconds, reason: kind < 0.03 ? 'no answer' : 'bus error' })
            : kind < 0.08
              ? packed({ kind: 'anchor', boot: 7, milliseconds, unixMilliseconds: 1.7e12 })
              : values(milliseconds, ...walk.map((value) => (random() < 0.1 ? undefined : value)));
        if (!batch.add(stream, payload)) break;
        expected.push({ stream, payload });
      }
      expect(contentOf(batch)).toEqual(expected);
      expect(batch.count).toBe(expected.length);
    }
  });

  it('keeps what is no reading as it is', () => {
    const batch = new BatchWriter(BYTES_MAX, COUNT_MAX);
    const payloads = [[255], [0, 0x80], [4], [0, 1, 0x83, 0x80], [3, 3, 3]].map((bytes) => Uint8Array.from(bytes));
    for (const payload of payloads) expect(batch.add(2, payload)).toBe(true);
    expect(contentOf(batch)).toEqual(payloads.map((payload) => ({ stream: 2, payload })));
  });

  it('says which numbers have no reading, and why', () => {
    const batch = new BatchWriter(BYTES_MAX, COUNT_MAX);
    batch.miss(3, 'evicted');
    batch.add(0, values(1000, 1));
    batch.miss(1, 'thinned');
    batch.add(0, values(3000, 2));
    batch.miss(1, 'thinned');
    batch.add(0, values(5000, 3));
    batch.miss(2, 'unreadable');
    batch.add(0, values(9000, 4));
    batch.miss(5, 'thinned');
    const reading = (milliseconds: number, value: number) => ({ stream: 0, payload: values(milliseconds, value) });
    expect(contentOf(batch)).toEqual([
      { count: 3, loss: 'evicted' },
      reading(1000, 1),
      { count: 1, loss: 'thinned' },
      reading(3000, 2),
      { count: 1, loss: 'thinned' },
      reading(5000, 3),
      { count: 2, loss: 'unreadable' },
      reading(9000, 4),
      { count: 5, loss: 'thinned' },
    ]);
    expect(batch.count).toBe(16);
  });

  it('takes one byte for the time and one for a value that has changed little, also when every second reading is missing', () => {
    for (const thinned of [0, 1, 3]) {
      const batch = new BatchWriter(BYTES_MAX, COUNT_MAX);
      let readings = 0;
      for (let i = 0; ; i++) {
        if (!batch.add(0, values(i * 10_000 + (i % 7), 20 + (i % 50) / 100, 50 + (i % 20) / 10, 1000 + (i % 3) / 10)))
          break;
        readings++;
        if (batch.miss(thinned, 'thinned') < thinned) break;
      }
      expect(batch.finish().length).toBeLessThanOrEqual(BYTES_MAX);
      if (thinned < 3) expect(readings).toBeGreaterThanOrEqual(47);
    }
  });

  it('never has more than its bytes, nor stands for more than 254 numbers', () => {
    const batch = new BatchWriter(60, COUNT_MAX);
    expect(batch.add(0, new Uint8Array(60))).toBe(false);
    expect(batch.miss(300, 'thinned')).toBe(254);
    expect(batch.add(0, values(1, 1))).toBe(false);
    expect(batch.finish().length).toBeLessThanOrEqual(60);
  });

  it.each([[[0x40]], [[0x10, 0]], [[0x20, 1, 0, 0]]])('that is none is refused (%p)', (bytes) => {
    expect(() => new BatchReader(Uint8Array.from(bytes)).next()).toThrow(RangeError);
  });
});
