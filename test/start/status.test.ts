import { stripVTControlCharacters } from 'node:util';
import {
  bookText,
  type DeviceStatus,
  engineTexts,
  type Status,
  statusBlock,
  statusLines,
  totalOf,
} from '../../sim/start/status.js';
import type { Books } from '../../src/agent/books.js';

const books: Books = { sampled: 3451, delivered: 3449, queued: 2, dropped: 0, void: 1, next: 3452, balanced: true };
const device: DeviceStatus = {
  name: 'device-1',
  online: true,
  connection: 'online, session 4',
  values: ['pressure 1016.6', 'temperature 4.0 °C', 'wind 3.8'],
  faults: [],
  sampledPerSecond: 1,
  deliveredPerSecond: 0.96,
  books,
  engine: [],
};
const screen = { columns: 120, rows: 40, colours: false };

function statusOf(count: number, change: Partial<DeviceStatus> = {}): Status {
  const devices = Array.from({ length: count }, (_, index) => ({ ...device, name: `device-${index + 1}`, ...change }));
  return { broker: 'mqtt://127.0.0.1:1883', elapsedSeconds: 3672.4, devices };
}

describe('the status block', () => {
  it('shows connection, values, rates, outbox depth and books', () => {
    expect(statusBlock(statusOf(1), screen)).toEqual([
      'godwit   mqtt://127.0.0.1:1883, 01:01:12',
      'device-1 online, session 4',
      '  values   pressure 1016.6  temperature 4.0 °C  wind 3.8',
      '  readings 1.0/s sampled, 1.0/s delivered, 2 in the outbox',
      '  books    sampled 3451 = delivered 3449 + queued 2 + dropped 0, next 3452 = sampled 3451 + void 1',
    ]);
  });

  it('shows what is wrong before the values', () => {
    const [, , line] = statusBlock(statusOf(1, { faults: ['outside: bad checksum'] }), screen);
    expect(line).toBe('  values   outside: bad checksum pressure 1016.6  temperature 4.0 °C  wind 3.8');
  });

  it('shows what the device needs of its engine, where that is known', () => {
    const figures = { heapBytes: 28_000, heapBytesMax: 65_536, stackPeakSlots: 379, stackSlots: 512, faults: 0 };
    const engine = engineTexts({ ...figures, byteCodesPerReading: 16_430 });
    expect(statusBlock(statusOf(1, { engine }), screen).at(-1)).toBe(
      '  engine   heap 27.3 of 64.0 KiB, stack 379 of 512 slots at most, 16430 byte codes a reading',
    );
    expect(statusLines(statusOf(1, { engine }))[0]).toMatch(/3.8; heap 27.3 of .* 16430 byte codes a reading$/);
    expect(engineTexts({ ...figures, faults: 2 }).at(-1)).toBe('faults 2');
  });

  it('adds a total when there are several devices', () => {
    const lines = statusBlock(statusOf(3), screen);
    expect(lines).toHaveLength(1 + 3 * 4 + 1);
    expect(lines.at(-1)).toBe('total    3 of 3 online 3.0/s sampled, 2.9/s delivered, 6 in the outbox');
  });

  it('has a line for each device where there is no room for more', () => {
    const lines = statusBlock(statusOf(8), { ...screen, rows: 24 });
    expect(lines).toHaveLength(1 + 8 + 1);
    expect(lines[8]).toBe('device-8 online, session 4 1.0/s sampled, 1.0/s delivered, 2 in the outbox');
  });

  it('says how many more there are than it shows', () => {
    const lines = statusBlock(statusOf(20), screen);
    expect(lines).toHaveLength(1 + 8 + 1 + 1);
    expect(lines[9]).toBe('... and 12 more');
    expect(lines[10]).toContain('20 of 20 online');
  });

  it('says loudly when books do not balance', () => {
    const wrong = { books: { ...books, balanced: false } };
    expect(statusBlock(statusOf(1, wrong), screen).at(-1)).toMatch(/DOES NOT BALANCE$/);
    expect(statusBlock(statusOf(20, wrong), screen).at(-1)).toMatch(/DOES NOT BALANCE$/);
  });

  const awkward = {
    connection: 'connecting to a-very-long-host-name.of-a-broker.example:1883: connection refused, next try in 3 s',
    values: Array.from({ length: 40 }, (_, index) => `a_channel_with_a_long_name_${index} 0.123456`),
  };

  it.each([200, 80, 40, 20])('fits into %d columns', (columns) => {
    for (const count of [1, 3, 20]) {
      for (const line of statusBlock(statusOf(count, awkward), { ...screen, columns })) {
        expect([...line].length).toBeLessThanOrEqual(columns - 1);
      }
    }
  });

  it.each([40, 24, 10, 3, 1])('fits into %d rows', (rows) => {
    for (const count of [1, 3, 8, 20]) {
      const lines = statusBlock(statusOf(count, awkward), { ...screen, columns: 30, rows });
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    }
  });

  it('keeps the books whole in 60 columns', () => {
    const text = statusBlock(statusOf(1), { ...screen, columns: 60 })
      .join(' ')
      .replace(/\s+/g, ' ');
    expect(text).toContain(bookText(books));
  });

  it('differs by its colours only where there are colours', () => {
    const coloured = statusBlock(statusOf(3, { online: false }), { ...screen, colours: true });
    expect(coloured.join()).toContain('\u001b[');
    expect(coloured.map(stripVTControlCharacters)).toEqual(statusBlock(statusOf(3, { online: false }), screen));
  });
});

describe('the status without a terminal', () => {
  it('is one line a device', () => {
    expect(statusLines(statusOf(1))).toEqual([
      '01:01:12 device-1: online, session 4; 1.0/s sampled, 1.0/s delivered, 2 in the outbox; ' +
        'sampled 3451 = delivered 3449 + queued 2 + dropped 0, next 3452 = sampled 3451 + void 1; ' +
        'pressure 1016.6, temperature 4.0 °C, wind 3.8',
    ]);
  });

  it('names a few values, and how many more there are', () => {
    const values = Array.from({ length: 9 }, (_, index) => `v${index} 1`);
    expect(statusLines(statusOf(1, { values, faults: ['outside: bad checksum'] }))[0]).toMatch(
      /; v0 1, v1 1, v2 1, v3 1, v4 1, v5 1, 3 more; outside: bad checksum$/,
    );
  });

  it('ends with the total', () => {
    expect(statusLines(statusOf(20))).toHaveLength(9);
    expect(statusLines(statusOf(20)).at(-1)).toContain('total: 20 of 20 online');
  });
});

describe('the books of all devices', () => {
  it('are the sums, and balance if each device does', () => {
    expect(totalOf([books, books])).toEqual({
      sampled: 6902,
      delivered: 6898,
      queued: 4,
      dropped: 0,
      void: 2,
      next: 6904,
      balanced: true,
    });
    expect(totalOf([books, { ...books, balanced: false }, books]).balanced).toBe(false);
  });
});
