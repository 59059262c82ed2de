import * as fc from 'fast-check';
import type { SensorTable } from '../../src/reading/channel.js';
import { packReading, type Reading, readingBytesMax, unpackReading } from '../../src/reading/reading.js';

const channels = [
  { name: 'temperature', unit: '°C', decimals: 2 },
  { name: 'humidity', unit: '%', decimals: 1 },
  { name: 'count', unit: '', decimals: 0 },
];

function pack(reading: Reading, table = channels): Uint8Array {
  const bytes = new Uint8Array(readingBytesMax(table.length));
  return bytes.slice(0, packReading(bytes, reading, table));
}

/** What is made of bytes, without the table. */
function unpack(bytes: Uint8Array, channels: SensorTable['channels'] | undefined): Reading | undefined {
  const at = () => channels && { sensor: 'sensor', channels };
  const reading: (Reading & { table?: SensorTable | undefined }) | undefined = unpackReading(bytes, 0, { at });
  if (reading !== undefined) delete reading.table;
  return reading;
}

function roundTrip(reading: Reading, table = channels): Reading | undefined {
  return unpack(pack(reading, table), table);
}

describe('a stored reading', () => {
  it('has the bytes of FORMAT.md', () => {
    expect([...pack({ kind: 'values', boot: 12, milliseconds: 300, values: [21.4, undefined, -3] })]).toEqual([
      12 * 4, // head
      0xac,
      0x02, // 300
      0b101, // channels 0 and 2
      0xb8,
      0x21, // 2 * 2140
      5, // -3
    ]);
    expect([...pack({ kind: 'fault', boot: 1, milliseconds: 0, reason: 'no ä' })]).toEqual([
      5, 0, 0x6e, 0x6f, 0x20, 0x3f,
    ]);
    expect([...pack({ kind: 'anchor', boot: 1, milliseconds: 1, unixMilliseconds: 128 })]).toEqual([6, 1, 0x80, 0x01]);
    const alarm = { kind: 'alarm', boot: 1, milliseconds: 1, channel: 1, state: 'below', value: -3.14 } as const;
    expect([...pack(alarm)]).toEqual([7, 1, 1 * 4 + 2, 61]);
  });

  it('of three channels takes 12 bytes in its first month', () => {
    expect(pack({ kind: 'values', boot: 12, milliseconds: 2 ** 31, values: [21.47, 40.1, 7] }).length).toBe(12);
  });

  it('keeps values to the decimals of their channel, and says which are missing', () => {
    expect(roundTrip({ kind: 'values', boot: 1, milliseconds: 5, values: [-0.006, 99.96, undefined] })).toEqual({
      kind: 'values',
      boot: 1,
      milliseconds: 5,
      values: [-0.01, 100, undefined],
    });
  });

  it('keeps a value that cannot be told exactly as missing', () => {
    const values = [1e300, Number.NaN, Number.POSITIVE_INFINITY];
    expect(roundTrip({ kind: 'values', boot: 1, milliseconds: 0, values })).toMatchObject({
      values: [undefined, undefined, undefined],
    });
  });

  it('comes back as it was, whatever it was', () => {
    const value = fc.option(fc.integer({ min: -1e12, max: 1e12 }), { nil: undefined });
    const reading = fc.record({
      boot: fc.integer({ min: 1, max: 2 ** 40 }),
      milliseconds: fc.integer({ min: 0, max: 2 ** 45 }),
      scaled: fc.array(value, { minLength: 20, maxLength: 20 }),
    });
    const table = Array.from({ length: 20 }, (_, i) => ({ name: `c${i}`, unit: '', decimals: i % 4 }));
    fc.assert(
      fc.property(reading, ({ boot, milliseconds, scaled }) => {
        const values = scaled.map((v, i) => (v === undefined ? undefined : v / 10 ** (i % 4)));
        expect(roundTrip({ kind: 'values', boot, milliseconds, values }, table)).toEqual({
          kind: 'values',
          boot,
          milliseconds,
          values,
        });
      }),
    );
  });

  it('that is an alarm comes back with its value to the decimals of its channel', () => {
    const alarm = { kind: 'alarm', boot: 1, milliseconds: 5, channel: 0, state: 'above' } as const;
    for (const state of ['clear', 'above', 'below'] as const)
      expect(roundTrip({ ...alarm, state, value: 41.237 })).toEqual({ ...alarm, state, value: 41.24 });
  });

  it('that is an alarm of a channel that its table does not have is none', () => {
    const bytes = pack({ kind: 'alarm', boot: 1, milliseconds: 5, channel: 2, state: 'above', value: 1 });
    expect(unpack(bytes, channels.slice(0, 2))).toBeUndefined();
    expect(unpack(bytes, undefined)).toBeUndefined();
  });

  it('cannot be told without the channel table of its boot', () => {
    const bytes = pack({ kind: 'values', boot: 3, milliseconds: 5, values: [1, 2, 3] });
    expect(unpack(bytes, undefined)).toBeUndefined();
  });
});
