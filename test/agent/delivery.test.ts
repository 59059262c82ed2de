import type { Sensor } from '../../hal/contract.js';
import { World } from '../../sim/world/world.js';
import { decodeText } from '../../src/mqtt/utf8.js';
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

function start(seed: number) {
  const world = new World({ seed, epochMilliseconds: EPOCH });
  const counter = new Counter();
  const device = world.device({ configuration: counterConfiguration, drivers: counter.drivers });
  device.boot();
  return { world, counter, device };
}

describe('an agent', () => {
  it('delivers each reading once, in order, with its time and number', () => {
    const { world, device } = start(1);
    world.run(10_500);
    const elements = telemetry(world);
    expect(isDense(elements)).toBe(true);
    expect(elements[0]).toMatchObject({ anchor: true, values: {}, boot: 1, seq: 0 });
    const readings = elements.slice(1);
    expect(readings.map(({ values }) => values.count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(readings.map(({ ts }) => (ts ?? 0) - EPOCH)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => s * 1000),
    );
    expect(books(device)).toEqual({
      sampled: 12,
      delivered: 12,
      queued: 0,
      dropped: 0,
      void: 0,
      next: 12,
      balanced: true,
    });
    expect(world.broker.violations).toEqual([]);
  });

  it('[MQTT-4.4.0-1] leaves no session behind at a boot whose packet identifiers it would have to know', () => {
    const { world, device } = start(1);
    world.run(5000);
    device.link.stalled = true;
    world.run(5000);
    device.powerDown();
    device.link.stalled = false;
    device.boot();
    world.run(10_000);
    device.link.cut();
    world.run(30_000);
    expect(world.broker.connects.map(({ packet }) => packet.clean)).toEqual([true, true, false]);
    const elements = telemetry(world);
    expect(isDense(withoutDuplicates(elements))).toBe(true);
    expect(elements.some(({ boot, dup }) => boot === 1 && dup)).toBe(true);
    expect(world.broker.violations).toEqual([]);
  });

  it('fills a message of several readings up to messageBytesMax, and no further', () => {
    const messageBytesMax = 296; // of four readings, exactly
    const world = new World({ seed: 3, epochMilliseconds: EPOCH });
    const device = world.device({
      configuration: { ...counterConfiguration, publish: { messageBytesMax } },
      drivers: new Counter().drivers,
    });
    world.broker.stop();
    device.boot();
    world.run(2_000_000);
    world.broker.start();
    world.run(200_000);
    const texts = world.broker.received
      .filter(({ topic }) => topic === 'godwit/field-1/telemetry')
      .map(({ payload }) => new TextDecoder().decode(payload));
    const full = texts.filter((text) => text.startsWith('['));
    expect(full.length).toBeGreaterThan(400);
    expect(Math.max(...full.map(({ length }) => length))).toBe(messageBytesMax);
    full.slice(0, -2).forEach((text, i) => {
      const [next = ''] = full[i + 1]?.slice(1).split(',{"ts"') ?? [];
      expect(text.length).toBeLessThanOrEqual(messageBytesMax);
      expect(text.length + 1 + next.length).toBeGreaterThan(messageBytesMax);
    });
    expect(world.broker.violations).toEqual([]);
  });

  it('keeps readings while the broker is away, and delivers them in order afterwards', () => {
    const { world, device } = start(2);
    world.run(5000);
    world.broker.stop();
    world.run(3_600_000);
    expect(books(device).queued).toBeGreaterThan(3590);
    world.broker.start();
    world.run(300_000);
    const elements = withoutDuplicates(telemetry(world));
    expect(isDense(elements)).toBe(true);
    expect(elements.length).toBe(books(device).next);
    expect(books(device)).toMatchObject({ queued: 0, dropped: 0, balanced: true });
    expect(world.broker.violations).toEqual([]);
  });

  it('sends several waiting readings in one message', () => {
    const { world } = start(3);
    world.run(500);
    world.broker.stop();
    world.run(600_000);
    world.broker.start();
    world.run(130_000);
    const messages = world.broker.received.filter(({ topic }) => topic === 'godwit/field-1/telemetry');
    expect(messages.length).toBeLessThan(telemetry(world).length / 3);
    expect(Math.max(...messages.map(({ payload }) => payload.length))).toBeLessThanOrEqual(1024);
  });

  it('sends readings of one moment in one message, and the state with all of their values', () => {
    const world = new World({ seed: 5, epochMilliseconds: EPOCH });
    const counters = [new Counter(), new Counter(), new Counter()];
    const sensors = counters.map((_, i) => ({
      name: `counter${i}`,
      driver: `counter${i}`,
      periodMilliseconds: 10_000,
      channels: [{ name: `count${i}`, from: 'count', decimals: 0 }],
    }));
    const drivers = Object.fromEntries(
      counters.map(({ drivers }, i) => [`counter${i}`, drivers.counter as () => Sensor]),
    );
    world.device({ configuration: { ...counterConfiguration, sensors }, drivers }).boot();
    world.run(35_000);
    const contents = (topic: string) =>
      world.broker.received
        .filter((message) => message.topic === `godwit/field-1/${topic}`)
        .map(({ payload }) => JSON.parse(Buffer.from(payload).toString()));
    expect(contents('telemetry').slice(-3)).toEqual(
      [2, 3, 4].map((count) => [0, 1, 2].map((i) => expect.objectContaining({ values: { [`count${i}`]: count } }))),
    );
    expect(contents('state')).toEqual(
      [2, 3, 4].map((count) => ({ count0: count, count1: count, count2: count, ts: EPOCH + (count - 1) * 10_000 })),
    );
  });

  it('repeats lost acknowledgements after a reconnect: the same messages, marked as duplicates', () => {
    const { world, device } = start(4);
    world.run(5000);
    world.broker.dropPubacks(10);
    world.run(300_000);
    const all = telemetry(world);
    const once = withoutDuplicates(all);
    expect(all.length).toBeGreaterThan(once.length);
    expect(isDense(once)).toBe(true);
    expect(books(device)).toMatchObject({ queued: 0, balanced: true });
    for (const { dup, seq } of all.slice(all.findIndex((e, i) => all.findIndex((o) => o.seq === e.seq) < i)))
      if (dup) expect(all.some((other) => other.seq === seq && !other.dup)).toBe(true);
    const messages = world.broker.received.map(({ payload, dup }) => ({ text: decodeText(payload), dup }));
    for (const { text, dup } of messages)
      if (dup) expect(messages.some((other) => other.text === text && !other.dup)).toBe(true);
    expect(world.broker.violations).toEqual([]);
  });

  it('sends unsettled readings again when the broker has lost the session', () => {
    const { world, device } = start(5);
    world.run(5000);
    world.broker.dropPubacks(20);
    world.run(3000);
    world.broker.restart({ loseSessions: true });
    world.run(120_000);
    expect(isDense(withoutDuplicates(telemetry(world)))).toBe(true);
    expect(books(device)).toMatchObject({ queued: 0, dropped: 0, balanced: true });
  });

  it('counts what a full partition evicts, tells which numbers that are, and keeps the books', () => {
    const { world, device } = start(6);
    world.broker.stop();
    world.run(24 * 3_600_000);
    const { dropped, queued, next, balanced } = books(device);
    expect(dropped).toBeGreaterThan(0);
    expect(balanced).toBe(true);
    world.broker.start();
    world.run(3_600_000);
    const elements = withoutDuplicates(telemetry(world));
    expect(books(device)).toMatchObject({ queued: 0, balanced: true });
    expect(elements.length).toBeGreaterThanOrEqual(queued);
    expect(books(device).dropped + elements.length).toBe(books(device).next);
    expect(telemetry(world).find(({ gap }) => gap)?.gap).toMatchObject({ reason: 'evicted' });
    expect(unaccounted(telemetry(world), books(device).next)).toBe(0);
    expect(next).toBe(24 * 3600 + 2);
  });

  it('reports a sensor that fails as a fault, and its values after that', () => {
    const { world, counter } = start(7);
    world.run(2500);
    counter.error = 'bus error: no acknowledgement';
    world.run(1000);
    counter.error = undefined;
    world.run(10_000);
    const elements = telemetry(world);
    expect(elements.filter(({ fault }) => fault).map(({ fault, values }) => ({ fault, values }))).toEqual([
      { fault: { sensor: 'counter', reason: 'bus error: no acknowledgement' }, values: {} },
    ]);
    expect(elements.filter(({ values }) => values.count).length).toBeGreaterThan(8);
  });

  it('tells a fault as flash has it, ASCII and cut to its length, on the connection that is there', () => {
    const { world, counter } = start(7);
    world.run(2500);
    counter.error = 'Fühler 3 antwortet nicht: der Bus ist seit mehr als 200 ms belegt';
    world.run(1000);
    counter.error = undefined;
    world.run(10_000);
    expect(telemetry(world).flatMap(({ fault }) => (fault ? [fault.reason] : []))).toEqual([
      'F?hler 3 antwortet nicht: der Bus ist se',
    ]);
    expect(world.broker.connects.length).toBe(1);
  });
});
