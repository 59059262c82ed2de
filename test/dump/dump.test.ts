import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { dumpOutbox } from '../../sim/dump/command.js';
import { Dump } from '../../sim/dump/dump.js';
import { formatOutbox, openOutbox } from '../../src/outbox/outbox.js';
import { packReading } from '../../src/reading/reading.js';

const channels = [{ name: 'temperature', unit: '°C', decimals: 1 }];

/** 300 readings, of which the first 100 were delivered. */
function image(): Uint8Array {
  const flash = new SimFlash({ blocks: 4, random: seededRandom(1) });
  const outbox = openOutbox(flash);
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 300; i++) {
    const reading = { kind: 'values', boot: 2, milliseconds: i * 1000, values: [20 + i / 10] } as const;
    outbox.append(bytes.slice(0, packReading(bytes, reading, channels)), 0);
  }
  for (let i = 0; i < 100; i++) outbox.release(outbox.next()?.sequence ?? -1);
  outbox.flush();
  return flash.image();
}

function sequences(dump: Dump, options?: { all: boolean }): number[] {
  return [...dump.records(options)].map(({ sequence }) => sequence);
}

const from = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

describe('a flash dump', () => {
  it('gives what is queued, and with all what was delivered and is still in flash', () => {
    const dump = new Dump(image());
    expect(sequences(dump)).toEqual(from(100, 300));
    expect(sequences(dump, { all: true })).toEqual(from(0, 300));
    expect(dump.summary()).toMatchObject({
      next: 300,
      oldest: 100,
      delivered: 100,
      queued: 200,
      dropped: 0,
      unreadable: 0,
    });
  });

  it.each([16, 32])('of an encrypted partition, decrypted, is read the same way: units of %i bytes', (writeAlign) => {
    const flash = new SimFlash({ blocks: 8, encrypted: true, writeAlign, random: seededRandom(1) });
    formatOutbox(flash);
    const outbox = openOutbox(flash);
    for (let i = 0; i < 300; i++) outbox.append(Uint8Array.of(i, i >> 8, 3), 0);
    for (let i = 0; i < 100; i++) outbox.release(i);
    outbox.flush();
    const dump = new Dump(flash.image());
    expect(sequences(dump)).toEqual(from(100, 300));
    expect(dump.summary()).toMatchObject({ next: 300, delivered: 100, queued: 200, unreadable: 0, damage: [] });

    const damaged = flash.image();
    damaged.fill(0x12, 2 * 4096 - 4 * writeAlign, 2 * 4096 - 2 * writeAlign);
    const other = new Dump(damaged);
    const readable = sequences(other);
    expect(readable.length + other.summary().unreadable).toBe(200);
    expect(other.summary().damage).toHaveLength(1);
  });

  it('that is damaged gives what can be read, and says how much cannot', () => {
    const damaged = image();
    damaged.fill(0, 4096 - 160, 4096 - 80);
    const dump = new Dump(damaged);
    const readable = sequences(dump);
    expect(dump.summary().unreadable).toBeGreaterThan(0);
    expect(readable.length + dump.summary().unreadable).toBe(200);
  });

  it('says where it is damaged, and which numbers that cost', () => {
    const damaged = image();
    damaged.fill(0x12, 4096 - 160, 4096 - 80);
    damaged[4096 + 5] = 9;
    const dump = new Dump(damaged);
    const readable = sequences(dump);
    const { gaps, damage, unreadable } = dump.summary();
    expect(damage).toEqual([
      { block: 0, offset: 4096 - 160, bytes: 80, kind: 'frames' },
      { block: 1, offset: 0, bytes: 32, kind: 'header' },
    ]);
    expect(gaps.length).toBe(1);
    const { first = 0, last = 0, reason, from: begin, to } = gaps[0] ?? {};
    expect(reason).toBe('unreadable');
    expect(last - first + 1).toBe(unreadable);
    expect(begin).toEqual({ block: 0, offset: 4096 - 160 });
    expect(to).toEqual({ block: 0, offset: 4096 - 80 });
    expect(readable).toEqual([...from(100, first), ...from(last + 1, 300)]);
  });

  it('that was overrun tells which numbers are gone', () => {
    const flash = new SimFlash({ blocks: 3, random: seededRandom(1) });
    const outbox = openOutbox(flash);
    while (outbox.statistics().dropped === 0) outbox.append(new Uint8Array(50), 0);
    const { dropped } = outbox.statistics();
    const dump = new Dump(flash.image());
    expect(sequences(dump)[0]).toBe(dropped);
    expect(dump.summary().gaps).toEqual([{ first: 0, last: dropped - 1, reason: 'evicted' }]);
  });

  it('counts the starts that wrote to it, and the erases', () => {
    const flash = new SimFlash({ blocks: 3, random: seededRandom(1) });
    for (let starts = 0; starts < 4; starts++) {
      const outbox = openOutbox(flash);
      for (let i = 0; i < 20; i++) outbox.append(new Uint8Array(50), 0);
    }
    const { starts, cycles, cyclesMax } = new Dump(flash.image()).summary();
    // The first one had no record to copy.
    expect(starts).toBe(3);
    // The log began in a block that was blank: its first use counts as an erase.
    expect(cyclesMax).toBe(Math.max(...flash.wear));
    expect(cycles).toBeCloseTo((flash.erases + 1) / 3, 2);
  });

  it.each([
    ['a dump of a partial block', new Uint8Array(5000), 'a dump has a multiple of 4096 bytes, this one has 5000'],
    ['an erased partition', new Uint8Array(16_384).fill(0xff), 'holds no log'],
    ['a part of a partition', image().slice(0, 12_288), 'the log was written on 4 blocks of 4096 bytes'],
  ])('that is %s gives an error that says so', (_, bytes, message) => {
    expect(() => new Dump(bytes)).toThrow(message);
  });
});

describe('godwit outbox', () => {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-dump-'));
  const file = join(folder, 'dump.bin');
  const configuration = join(folder, 'configuration.json');
  writeFileSync(file, image());
  writeFileSync(
    configuration,
    JSON.stringify({
      broker: { host: 'b' },
      sensors: [{ name: 'air', driver: 'd', channels: [{ name: 't', decimals: 1 }] }],
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  function output(...parameters: string[]): string {
    const stream = new PassThrough();
    dumpOutbox(parameters, stream);
    return String(stream.read());
  }

  it('sums up', () => {
    expect(output(file)).toContain('books   next 300 = delivered 100 + queued 200 + dropped 0\n');
  });

  it('says in words what is damaged', () => {
    const damaged = image();
    damaged.fill(0x12, 4096 - 160, 4096 - 80);
    const path = join(folder, 'damaged.bin');
    writeFileSync(path, damaged);
    const text = output(path);
    expect(text).toMatch(
      /\ngap {5}numbers \d+ to \d+: unreadable, between block 0 offset 3936 and block 0 offset 4016\n/,
    );
    expect(text).toContain('\ndamage  block 0 offset 3936: 80 bytes hold no record\n');
  });

  it('forecasts wear from the times in the log', () => {
    const flash = new SimFlash({ blocks: 4, random: seededRandom(1) });
    const outbox = openOutbox(flash);
    const bytes = new Uint8Array(64);
    const append = (milliseconds: number) => {
      const reading = { kind: 'values', boot: 2, milliseconds, values: [20] } as const;
      outbox.append(bytes.slice(0, packReading(bytes, reading, channels)), 0);
    };
    for (let minute = 0; minute < 300; minute++) append(minute * 60_000);
    const path = join(folder, 'wear.bin');
    writeFileSync(path, flash.image());
    expect(output(path)).toContain('\nwear    0.5 erases a block, 1 at most\n');
    append(2 * 86_400_000);
    writeFileSync(path, flash.image());
    // Two sectors in two days, of 4 x 99,999.5 that are left.
    expect(output(path)).toContain('1 at most; at this rate it lasts 1000 years or more\n');
    expect(JSON.parse(output(path, '--json')).summary.years).toBe(1000);
  });

  it('prints the queued readings as CSV, named by the configuration', () => {
    const lines = output(file, '--csv', '--config', configuration).trim().split('\n');
    expect(lines.length).toBe(201);
    expect(lines[1]).toBe('100,2,100000,,air,t,30,false,');
  });

  it('prints records as they are stored when nobody knows their channels', () => {
    expect(output(file, '--csv').split('\n')[1]).toMatch(/^100,,,,stream 0,raw,[0-9a-f]+,false,$/);
  });

  it('shows alarms, in a dump of the log of events', () => {
    const flash = new SimFlash({ blocks: 16, random: seededRandom(1) });
    const bytes = new Uint8Array(64);
    const alarm = { kind: 'alarm', boot: 2, milliseconds: 5000, channel: 0, state: 'above', value: 41.2 } as const;
    openOutbox(flash).append(bytes.slice(0, packReading(bytes, alarm, channels)), 0);
    const events = join(folder, 'events.bin');
    writeFileSync(events, flash.image());
    const lines = output(events, '--csv', '--config', configuration).trim().split('\n');
    expect(lines).toEqual([
      'sequence,boot,milliseconds,time,sensor,channel,value,delivered,alarm',
      '0,2,5000,,air,t,41.2,false,above',
    ]);
    expect(JSON.parse(output(events, '--json', '--config', configuration)).readings).toEqual([
      expect.objectContaining({ channel: 't', value: 41.2, alarm: 'above' }),
    ]);
  });

  it('prints JSON', () => {
    const { summary, readings } = JSON.parse(output(file, '--json', '--all', '--config', configuration));
    expect(summary.next).toBe(300);
    expect(readings.length).toBe(300);
  });

  it.each([
    [[], 'outbox needs the file to read'],
    [['a', 'b'], 'unexpected "b"'],
    [[file, '--csv', '--json'], '--csv and --json exclude each other'],
    [[join(folder, 'none')], 'there is no such file'],
  ])('%j is refused with a sentence', (parameters, message) => {
    expect(() => dumpOutbox(parameters, new PassThrough())).toThrow(message);
  });
});
