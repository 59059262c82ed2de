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

  it('is waited for with the values of its moment, also when the device was online before its first sample', () => {
    const world = new World({ seed: 1 });
    let asked = 0;
    const slow = {
      configure: () => {},
      close: () => {},
      conversionMilliseconds: 3000,
      sample: () => (asked++ % 2 === 0 ? undefined : { count: asked / 2 }),
    };
    const [sensor] = counterConfiguration.sensors;
    const device = world.device({
      configuration: { ...counterConfiguration, sensors: [{ ...sensor, periodMilliseconds: 5000 }] },
      drivers: { counter: () => slow },
    });
    device.boot();
    world.run(30_000);
    device.hardware.clock.wallOffsetMilliseconds = EPOCH;
    world.run(30_000);
    const readings = telemetry(world).filter(({ values }) => values.count);
    expect(readings.map(({ values }) => values.count).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readings.map(({ ts }) => ts).slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5].map((n) => EPOCH + n * 5000 + 3000));
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

  it('is learnt between samples: a slow sensor need not wait for its next one', () => {
    const world = new World({ seed: 1 });
    const [sensor] = counterConfiguration.sensors;
    const device = world.device({
      configuration: { ...counterConfiguration, sensors: [{ ...sensor, periodMilliseconds: 600_000 }] },
      drivers: new Counter().drivers,
    });
    device.boot();
    world.run(3000);
    device.hardware.clock.wallOffsetMilliseconds = EPOCH;
    world.run(20_000);
    expect(telemetry(world).find(({ values }) => values.count === 1)?.ts).toBe(EPOCH);
  });

  it('stays unknown when a reading that went out without it is repeated', () => {
    const { world, device } = start();
    world.run(60_500);
    world.broker.dropPubacks(1000);
    world.run(2000);
    const sent = elementsOn(world, UNRESOLVED);
    device.hardware.clock.wallOffsetMilliseconds = EPOCH;
    world.broker.dropPubacks(0);
    device.link.cut();
    world.run(60_000);
    const repeated = new Set(sent.map(({ seq }) => seq));
    expect(repeated.size).toBeGreaterThan(60);
    expect(telemetry(world).some(({ seq }) => repeated.has(seq))).toBe(false);
    expect(elementsOn(world, UNRESOLVED).filter(({ dup }) => dup).length).toBeGreaterThan(0);
    expect(telemetry(world).length).toBeGreaterThan(40);
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

describe('the time of readings from many boots', () => {
  it('is known for each, however many there were without a broker', () => {
    const world = new World({ seed: 1, epochMilliseconds: EPOCH });
    const device = world.device({ configuration: counterConfiguration, drivers: new Counter().drivers });
    world.broker.stop();
    for (let boot = 1; boot <= 50; boot++) {
      device.boot();
      world.run(3000);
    }
    world.broker.start();
    world.run(120_000);
    const readings = telemetry(world).filter(({ values }) => values.count !== undefined);
    expect(new Set(readings.map(({ boot }) => boot)).size).toBe(50);
    for (const { boot, ts = 0 } of readings) {
      expect(ts).toBeGreaterThanOrEqual(EPOCH + (boot - 1) * 3000);
      if (boot < 50) expect(ts).toBeLessThanOrEqual(EPOCH + boot * 3000);
    }
    expect(elementsOn(world, UNRESOLVED)).toEqual([]);
  });
});

describe('a device that lost its key-value storage', () => {
  it('does not take the queued readings of earlier boots for its own', () => {
    const world = new World({ seed: 1, epochMilliseconds: EPOCH });
    const counter = new Counter();
    const device = world.device({ configuration: counterConfiguration, drivers: counter.drivers });
    world.broker.stop();
    device.boot();
    world.run(10_000);
    device.boot();
    world.run(10_000);
    device.powerDown();
    device.hardware.keyValue.powered = true;
    for (const key of ['boot', 'anchors', 'channels.0']) device.hardware.keyValue.delete(key);
    device.boot();
    world.broker.start();
    world.run(30_000);
    const elements = telemetry(world);
    expect(elements.some(({ boot }) => boot === 3)).toBe(true);
    for (const { boot, ts } of elements)
      expect(Math.floor(((ts ?? 0) - EPOCH) / 10_000)).toBeGreaterThanOrEqual(boot === 3 ? 2 : boot - 1);
  });
});
