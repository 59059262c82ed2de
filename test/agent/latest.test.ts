import { seededRandom } from '../../hal/sim/sim.js';
import { Latest } from '../../src/agent/latest.js';
import { textOf } from '../../src/agent/telemetry.js';
import { packReading, unpackReading } from '../../src/reading/reading.js';

const DECIMALS = [0, 1, 2, 3, 6, 9];
const channels = DECIMALS.map((decimals) => ({ name: `c${decimals}`, from: `c${decimals}`, unit: '', decimals }));
const sensor = { name: 'sensor', driver: '', periodMilliseconds: 1000, channels, options: {} };
const table = { sensor: 'sensor', channels };

/** The text of the values as they are read back from flash. */
function storedText(latest: Latest): string {
  const bytes = new Uint8Array(200);
  const reading = { kind: 'values', boot: 1, milliseconds: 5, values: latest.values(0) } as const;
  const byteLength = packReading(bytes, reading, channels);
  const stored = unpackReading(bytes.subarray(0, byteLength), 0, { at: () => table });
  if (stored?.kind !== 'values') throw new Error('the reading is none');
  return textOf(stored.values, channels);
}

describe('the latest values', () => {
  it('read the same from flash, so that a reading that is sent again is the same text', () => {
    const random = seededRandom(1);
    const latest = new Latest([sensor]);
    for (let n = 0; n < 5000; n++) {
      const sample: Record<string, number> = {};
      for (const { from } of channels) if (random() < 0.9) sample[from] = (random() - 0.5) * 10 ** (random() * 20 - 3);
      latest.take(0, sample);
      expect(storedText(latest)).toBe(latest.text(0));
    }
  });

  it('read the same at the limits of what can be stored', () => {
    const latest = new Latest([sensor]);
    const max = 2 ** 51;
    for (const scaled of [max, max - 1, max / 2 + 1, 1, 0.4, 0, -0.4, -1, -max / 2 - 1, 1 - max, -max]) {
      latest.take(0, Object.fromEntries(channels.map(({ from, decimals }) => [from, scaled / 10 ** decimals])));
      expect(storedText(latest)).toBe(latest.text(0));
    }
  });

  it('are rounded to the decimals of their channel, and named by it', () => {
    const latest = new Latest([sensor]);
    latest.take(0, { c0: 21.5, c2: -0.126, c3: 1 });
    expect(latest.text(0)).toBe('"c0":22,"c2":-0.13,"c3":1');
  });

  it('are missing where a sample has no number, or one too large to be stored exactly', () => {
    const latest = new Latest([sensor]);
    expect(latest.take(0, { c0: 1e300, c1: Number.NaN, c2: 'warm', c3: 1e13 } as never)).toBe(false);
    expect(latest.take(0, { c0: 1, c1: Number.POSITIVE_INFINITY })).toBe(true);
    expect(latest.values(0)).toEqual([1, undefined, undefined, undefined, undefined, undefined]);
  });

  it('of all sensors stand behind one another, those without any left out', () => {
    const latest = new Latest([sensor, sensor, sensor]);
    expect(latest.textOfAll()).toBe('');
    latest.take(0, { c0: 1 });
    latest.take(1, { c1: 5 });
    latest.take(2, { c2: 2.5 });
    latest.forget(1);
    expect(latest.textOfAll()).toBe('"c0":1,"c2":2.5');
  });
});
