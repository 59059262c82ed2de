import { type ScheduledCallback, Scheduler, SimClock, seededRandom } from '../../hal/sim/sim.js';

describe('virtual time', () => {
  it('runs callbacks by time, and those of one time in the order they were set', () => {
    const scheduler = new Scheduler();
    const random = seededRandom(1);
    const ran: Array<{ time: number; order: number }> = [];
    const entries: ScheduledCallback[] = [];
    let cleared = 0;
    for (let order = 0; order < 500; order++) {
      const time = Math.floor(random() * 50);
      const entry = scheduler.at(time, () => {
        expect(scheduler.now).toBe(time);
        ran.push({ time, order });
      });
      entries.push(entry);
    }
    for (const entry of entries.filter(() => random() < 0.4)) {
      scheduler.clear(entry);
      scheduler.clear(entry);
      cleared += 1;
    }
    const kept = 500 - cleared;
    expect(scheduler.pending).toBe(kept);
    scheduler.runUntil(50);
    expect(ran).toHaveLength(kept);
    expect(ran).toEqual([...ran].sort((one, other) => one.time - other.time || one.order - other.order));
    expect(scheduler.now).toBe(50);
  });

  it('runs what is due at the end, and nothing that is due later', () => {
    const scheduler = new Scheduler();
    const ran: number[] = [];
    for (const time of [11, 10, 9]) scheduler.at(time, () => ran.push(time));
    scheduler.runFor(10);
    expect(ran).toEqual([9, 10]);
    expect(scheduler.step()).toBe(true);
    expect(scheduler.now).toBe(11);
    expect(scheduler.step()).toBe(false);
  });

  it('lets an error out of the callback, and goes on afterwards', () => {
    const scheduler = new Scheduler();
    let ran = false;
    scheduler.at(1, () => {
      throw new Error('seen');
    });
    scheduler.at(1, () => {
      ran = true;
    });
    expect(() => scheduler.runUntil(2)).toThrow('seen');
    scheduler.runUntil(2);
    expect(ran).toBe(true);
  });

  it('never goes back', () => {
    const scheduler = new Scheduler();
    scheduler.runUntil(5);
    expect(() => scheduler.at(4, () => {})).toThrow(RangeError);
    expect(() => scheduler.at(5.5, () => {})).toThrow(RangeError);
    expect(() => scheduler.runUntil(4)).toThrow(RangeError);
  });

  it('finds an endless loop that stands still in time', () => {
    const scheduler = new Scheduler();
    const again = () => {
      scheduler.at(scheduler.now, again);
    };
    again();
    expect(() => scheduler.runUntil(1)).toThrow('endless loop');
  });
});

describe('the clock of a simulated device', () => {
  it('counts from its boot, and knows the wall time when told', () => {
    const scheduler = new Scheduler();
    scheduler.runUntil(1000);
    const clock = new SimClock(scheduler);
    scheduler.runFor(7);
    expect(clock.milliseconds()).toBe(7);
    expect(clock.wallMilliseconds()).toBeUndefined();
    clock.wallOffsetMilliseconds = 1_700_000_000_000;
    expect(clock.wallMilliseconds()).toBe(1_700_000_000_007);
  });

  it('loses all timers with the power, and takes no new ones', () => {
    const scheduler = new Scheduler();
    const dead = new SimClock(scheduler);
    const alive = new SimClock(scheduler);
    const ran: string[] = [];
    dead.setTimer(() => ran.push('dead'), 5);
    alive.setTimer(() => ran.push('alive'), 5);
    dead.cancelAll();
    dead.setTimer(() => ran.push('undead'), 5);
    scheduler.runFor(10);
    expect(ran).toEqual(['alive']);
  });
});

describe('seeded randomness', () => {
  it('repeats itself for a seed, differs between seeds, and fills its range evenly', () => {
    const sequence = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(sequence(7)).toEqual(sequence(7));
    expect(sequence(7)).not.toEqual(sequence(8));
    const random = seededRandom(1);
    const tenths = new Array(10).fill(0);
    for (let count = 0; count < 10_000; count++) tenths[Math.floor(random() * 10)] += 1;
    for (const share of tenths) expect(Math.abs(share - 1000)).toBeLessThan(150);
  });
});
