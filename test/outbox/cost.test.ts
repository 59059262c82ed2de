import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { type Outbox, openOutbox } from '../../src/outbox/outbox.js';
import { payload } from './bench.js';

/** 1 MiB, records of 24 bytes. All figures are counts: they are the same on every machine. */
const BLOCKS = 256;
const record = payload(7, 24);

function openOnMegabyte(): { flash: SimFlash; outbox: Outbox } {
  const flash = new SimFlash({ blocks: BLOCKS, random: seededRandom(1) });
  return { flash, outbox: openOutbox(flash) };
}

describe('a lap around 1 MiB, each record delivered before the next', () => {
  const { flash, outbox } = openOnMegabyte();
  const deliver = () => {
    outbox.append(record, 0);
    outbox.release(outbox.next()?.sequence as number);
  };
  const begin = { records: 0, programs: 0, programmedBytes: 0 };
  const lap = { records: 0, programs: 0, programmedBytes: 0, erases: BLOCKS };
  beforeAll(() => {
    while (flash.erases < BLOCKS) deliver();
    Object.assign(begin, { programs: flash.programs, programmedBytes: flash.programmedBytes });
    begin.records = outbox.statistics().next;
    while (flash.erases < 2 * BLOCKS) deliver();
    lap.records = outbox.statistics().next - begin.records;
    lap.programs = flash.programs - begin.programs;
    lap.programmedBytes = flash.programmedBytes - begin.programmedBytes;
  });

  it('takes 32,512 records: 127 in each sector', () => {
    expect(lap.records).toBe(BLOCKS * 127);
  });

  it('takes 128 program operations for 127 records, positions included', () => {
    expect(lap.programs).toBe(BLOCKS * 128);
    expect(lap.programs / lap.records).toBeLessThan(1.008);
  });

  it('programs every byte once: 32.25 a record', () => {
    expect(lap.programmedBytes).toBe(BLOCKS * 4096);
    expect(lap.programmedBytes / lap.records).toBeLessThan(32.26);
  });

  it('erases 7,874 sectors for a million records, each block as often as the others', () => {
    expect(Math.round((lap.erases / lap.records) * 1_000_000)).toBe(7874);
    expect(Math.max(...flash.wear) - Math.min(...flash.wear)).toBeLessThanOrEqual(1);
  });

  it('drops nothing', () => {
    expect(outbox.statistics()).toMatchObject({ queued: 0, dropped: 0 });
  });
});

describe('a full megabyte', () => {
  const { flash, outbox } = openOnMegabyte();
  let again: Outbox;
  const boot = { reads: 0, readBytes: 0, changes: 0 };
  beforeAll(() => {
    while (outbox.statistics().dropped === 0) outbox.append(record, 0);
    const before = { reads: flash.reads, readBytes: flash.readBytes, changes: flash.programs + flash.erases };
    flash.powerDown();
    flash.powerUp();
    again = openOutbox(flash);
    boot.reads = flash.reads - before.reads;
    boot.readBytes = flash.readBytes - before.readBytes;
    boot.changes = flash.programs + flash.erases - before.changes;
  });

  it('holds 32,259 records when the oldest are dropped for the first time', () => {
    expect(again.statistics()).toMatchObject({ next: 32_386, queued: 32_259, dropped: 127 });
  });

  it('is opened in 26 reads of 4592 bytes, and no program or erase', () => {
    expect(boot).toEqual({ reads: 26, readBytes: 4592, changes: 0 });
  });

  it('tells of its gap and hands out its oldest record in 10 reads more', () => {
    const before = flash.reads;
    expect(again.next()).toEqual({ sequence: 0, end: 127, reason: 'evicted' });
    expect(again.next()).toMatchObject({ sequence: 127, end: 128 });
    expect(flash.reads - before).toBe(10);
    again.rewind();
  });

  it('is drained with one program of 16 bytes for 16 records, and 7 erases', () => {
    const before = { programs: flash.programs, programmedBytes: flash.programmedBytes, erases: flash.erases };
    for (let item = again.next(); item !== undefined; item = again.next())
      again.release(item.sequence, item.end, item.reason && 'dropped');
    expect(flash.programs - before.programs).toBe(2022);
    expect(flash.programmedBytes - before.programmedBytes).toBe(32_656);
    expect(flash.erases - before.erases).toBe(7);
    expect(again.statistics()).toMatchObject({ queued: 0, delivered: 32_259, dropped: 127 });
  });
});

describe('a young or damaged log', () => {
  it('is opened by reading every header when there are gaps among them', () => {
    const { flash, outbox } = openOnMegabyte();
    for (let i = 0; i < 1000; i++) outbox.append(record, 0);
    const before = flash.reads;
    openOutbox(flash);
    expect(flash.reads - before).toBeLessThan(BLOCKS + 60);
  });
});
