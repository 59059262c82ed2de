import { World } from '../../sim/world/world.js';
import { Counter, counterConfiguration, EPOCH } from './fixture.js';

function start() {
  const world = new World({ seed: 1, epochMilliseconds: EPOCH });
  const device = world.device({ configuration: counterConfiguration, drivers: new Counter().drivers });
  return { world, device };
}

describe('a firmware on trial', () => {
  it('is marked valid once, when the broker has acknowledged a reading', () => {
    const { world, device } = start();
    device.boot();
    world.run(60_000);
    expect(device.agent.snapshot().books.delivered).toBeGreaterThan(10);
    expect(device.hardware.validMarks).toBe(1);
  });

  it('is not marked valid for a connection over which nothing is acknowledged', () => {
    const { world, device } = start();
    world.broker.dropPubacks(Number.POSITIVE_INFINITY);
    device.boot();
    world.run(15_000);
    expect(world.broker.connects.length).toBe(1);
    expect(world.broker.received.length).toBeGreaterThan(0);
    expect(device.hardware.validMarks).toBe(0);
  });

  it('is not marked valid while the broker cannot be reached', () => {
    const { world, device } = start();
    world.broker.stop();
    device.boot();
    world.run(60_000);
    expect(device.hardware.validMarks).toBe(0);
  });
});
