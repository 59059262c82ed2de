import { World } from '../../sim/world/world.js';
import {
  books,
  Counter,
  counterConfiguration,
  EPOCH,
  isDense,
  telemetry,
  unaccounted,
  withoutDuplicates,
} from './fixture.js';

const DAY = 24 * 3_600_000;

function start(mode: 'compact' | 'thin') {
  const world = new World({ seed: 3, epochMilliseconds: EPOCH });
  const device = world.device({
    configuration: { ...counterConfiguration, outbox: { mode } },
    drivers: new Counter().drivers,
  });
  device.boot();
  world.run(5000);
  return { world, device };
}

describe('an agent in compact mode', () => {
  it('loses nothing in an outage that a plain log does not bear, with power cuts in it', () => {
    const { world, device } = start('compact');
    world.broker.stop();
    for (let part = 0; part < 3; part++) {
      world.run(DAY / 4);
      device.powerDown();
      device.boot();
    }
    expect(books(device)).toMatchObject({ dropped: 0, balanced: true });
    expect(books(device).queued).toBeGreaterThan(64_000);
    world.broker.start();
    world.run(DAY / 8);
    expect(books(device)).toMatchObject({ dropped: 0, balanced: true });
    expect(books(device).queued).toBeLessThan(20);
    expect(isDense(withoutDuplicates(telemetry(world)))).toBe(true);
    expect(world.broker.violations).toEqual([]);
  });
});

describe('an agent that thins', () => {
  it('reaches back over the whole outage, and tells how many readings it left out', () => {
    const { world, device } = start('thin');
    world.broker.stop();
    world.run(DAY);
    expect(books(device).dropped).toBe(0);
    world.broker.start();
    world.run(DAY / 4);
    const elements = withoutDuplicates(telemetry(world));
    expect(unaccounted(telemetry(world), elements.at(-1)?.seq as number)).toBe(0);
    expect(elements.some(({ thinned }) => thinned === 1)).toBe(true);
    expect(books(device).delivered).toBe(elements.length);
    expect(books(device)).toMatchObject({ balanced: true });
  });
});
