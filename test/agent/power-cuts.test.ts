import { integerBelow, seededRandom } from '../../hal/sim/sim.js';
import { World } from '../../sim/world/world.js';
import { books, Counter, counterConfiguration, EPOCH, isDense, telemetry, withoutDuplicates } from './fixture.js';

const ACKNOWLEDGEMENTS_UNSAVED_MAX = 16;
const READINGS_PER_MESSAGE_MAX = 8;
const CUTS = 25;

/** A field life: power cuts inside flash operations, and, if wanted, lost acknowledgements, cut links, broker restarts. */
function live(seed: number, hasNetworkFaults: boolean) {
  const random = seededRandom(seed);
  const world = new World({ seed, epochMilliseconds: EPOCH });
  const counter = new Counter();
  const device = world.device({ configuration: counterConfiguration, drivers: counter.drivers });
  const duplicateCount = () => telemetry(world).length - withoutDuplicates(telemetry(world)).length;
  const duplicates: number[] = [];
  for (let cut = 0; cut < CUTS; cut++) {
    const before = duplicateCount();
    if (hasNetworkFaults && random() < 0.3) world.broker.dropPubacks(integerBelow(random, 8));
    device.boot();
    device.hardware.flash.cutAfter(integerBelow(random, 120), { kind: 'any' });
    for (let turn = 0; turn < 200 && device.isRunning; turn++) {
      world.run(1000);
      if (hasNetworkFaults && random() < 0.01) device.link.cut();
      if (hasNetworkFaults && random() < 0.005) world.broker.restart({ loseSessions: random() < 0.5 });
    }
    device.powerDown();
    world.run(1000 + integerBelow(random, 10_000));
    duplicates.push(duplicateCount() - before);
  }
  device.boot();
  world.run(600_000);
  return { world, counter, device, duplicates };
}

describe.each([1, 2, 3, 4, 5, 6])('a device whose power is cut inside flash operations (seed %i)', (seed) => {
  const { world, counter, device } = live(seed, true);
  const once = withoutDuplicates(telemetry(world));

  it('delivers every reading that was stored: no number is missing', () => {
    expect(isDense(once)).toBe(true);
    expect(once.length).toBe(books(device).next);
  });

  it('delivers no reading under two numbers, and at most the one being stored is lost at each cut', () => {
    const counts = once.flatMap(({ values }) => values.count ?? []);
    expect(new Set(counts).size).toBe(counts.length);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counter.count - counts.length).toBeLessThanOrEqual(CUTS + 1);
  });

  it('gives a reading the same time at every delivery', () => {
    const times = new Map<number, number | undefined>();
    for (const { seq, ts } of telemetry(world)) {
      if (times.has(seq)) expect(ts).toBe(times.get(seq));
      times.set(seq, ts);
    }
  });

  it('keeps balanced books and the rules of MQTT', () => {
    expect(books(device)).toMatchObject({ queued: 0, dropped: 0, balanced: true });
    expect(world.broker.violations).toEqual([]);
  });
});

describe.each([7, 8, 9])('a device with a good network whose power is cut (seed %i)', (seed) => {
  it('repeats no more readings than were unsaved and in flight', () => {
    const { duplicates } = live(seed, false);
    expect(Math.max(...duplicates)).toBeLessThanOrEqual(ACKNOWLEDGEMENTS_UNSAVED_MAX + READINGS_PER_MESSAGE_MAX);
  });
});
