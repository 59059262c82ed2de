import { World } from '../../sim/world/world.js';
import { Counter, counterConfiguration, EPOCH, elementsOn, isDense, telemetry } from './fixture.js';

const UNRESOLVED = 'godwit/field-1/unresolved';

function start(epochMilliseconds?: number) {
  const world = new World({ seed: 1, epochMilliseconds });
  const counter = new Counter();
  const device = world.device({
    configuration: { ...counterConfiguration, publish: { timeWaitSeconds: 60 } },
    drivers: counter.drivers,
  });
  device.boot();
  return { world, device };
}

describe('the time of a reading', () => {
  it('is repaired when the clock is set after it was taken', () => {
    const { world, device } = start();
    world.run(20_500);
    expect(telemetry(world)).toEqual([]);
    device.hardware.clock.wallOffsetMilliseconds = EPOCH;
    world.run(5000);
    const readings = telemetry(world).filter(({ values }) => values.count);
    expect(readings.map(({ ts }) => ts)).toEqual(readings.map((_, i) => EPOCH + i * 1000));
    expect(elementsOn(world, UNRESOLVED)).toEqual([]);
  });

  it('is not guessed: without a clock, readings go to a topic of their own, after a wait', () => {
    const { world } = start();
    world.run(59_500);
    expect(elementsOn(world, UNRESOLVED)).toEqual([]);
    world.run(10_000);
    const elements = elementsOn(world, UNRESOLVED);
    expect(elements.length).toBe(70);
    expect(elements.every(({ ts }) => ts === undefined)).toBe(true);
    expect(elements.map(({ ms }) => ms)).toEqual(elements.map((_, i) => i * 1000));
    expect(telemetry(world)).toEqual([]);
  });

  it('does not follow a clock that leaps to 2057 and back: nothing is reordered, nothing lost', () => {
    const { world, device } = start(EPOCH);
    world.run(5500);
    device.hardware.clock.wallOffsetMilliseconds = Date.UTC(2057, 0, 1);
    world.run(5000);
    device.hardware.clock.wallOffsetMilliseconds = EPOCH - 86_400_000;
    world.run(5000);
    const elements = telemetry(world);
    expect(isDense(elements)).toBe(true);
    expect(elements.length).toBe(17);
    expect(elements.slice(1).map(({ ts }) => ts)).toEqual(elements.slice(1).map((_, i) => EPOCH + i * 1000));
  });

  it('does not believe a clock before 2024', () => {
    const { world } = start(Date.UTC(1970, 0, 2));
    world.run(70_000);
    expect(telemetry(world)).toEqual([]);
    expect(elementsOn(world, UNRESOLVED).length).toBe(71);
  });

  it('of an earlier boot is known after its anchor has left the log', () => {
    const { world, device } = start(EPOCH);
    world.run(30_000);
    world.broker.stop();
    world.run(100_000);
    device.powerDown();
    world.run(50_000);
    world.broker.start();
    device.boot();
    world.run(60_000);
    const first = telemetry(world).filter(({ boot }) => boot === 1);
    expect(first.length).toBeGreaterThan(125);
    expect(
      first.every(({ ts, values }) => values.count === undefined || ts === EPOCH + (values.count - 1) * 1000),
    ).toBe(true);
    const second = telemetry(world).filter(({ boot }) => boot === 2);
    expect(Math.min(...second.map(({ ts }) => ts ?? 0))).toBe(EPOCH + 180_000);
  });
});
