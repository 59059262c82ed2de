import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { World } from '../../sim/world/world.js';
import type { Drivers } from '../../src/agent/agent.js';
import { type Element, EPOCH, elementsOn, telemetry, unaccounted, withoutDuplicates } from './fixture.js';

interface Event extends Element {
  readonly alarm?: { readonly channel: string; readonly state: string };
}

const TOPIC = 'godwit/field-1/events';

/** What the sensor measures; an alarm stands above 40. */
class Weather {
  temperature = 20;

  get drivers(): Drivers {
    return {
      weather: () => ({
        configure: () => {},
        close: () => {},
        sample: () => ({ temperature: this.temperature }),
      }),
    };
  }
}

const channel = { name: 'temperature', decimals: 1, alarm: { above: 40, hysteresis: 1 } };
const configuration = {
  device: 'field-1',
  sensors: [{ name: 'air', driver: 'weather', periodMilliseconds: 1000, channels: [channel] }],
};

function flashOf(blocks: number): SimFlash {
  return new SimFlash({ blocks, random: seededRandom(blocks) });
}

interface Setting {
  readonly flash?: SimFlash;
  readonly eventFlash?: SimFlash;
  readonly epochMilliseconds?: number | undefined;
}

function start(seed: number, { epochMilliseconds = EPOCH, ...flashes }: Setting = {}) {
  const world = new World({ seed, epochMilliseconds: Number.isNaN(epochMilliseconds) ? undefined : epochMilliseconds });
  const weather = new Weather();
  const device = world.device({ configuration, drivers: weather.drivers, ...flashes });
  device.boot();
  return { world, weather, device };
}

function events(world: World): Event[] {
  return elementsOn(world, TOPIC);
}

/** One alarm after the other, raised or cleared with each sample. */
function toggle({ world, weather }: ReturnType<typeof start>, count: number): void {
  for (let i = 0; i < count; i++) {
    weather.temperature = weather.temperature > 40 ? 20 : 41.5;
    world.run(1000);
  }
}

describe('an alarm', () => {
  it('tells which channel is beyond its limit, since when, and with which value; and when that is over', () => {
    const { world, weather, device } = start(1);
    world.run(2500);
    weather.temperature = 41.54;
    world.run(2000);
    weather.temperature = 39.5;
    world.run(1000);
    weather.temperature = 39;
    world.run(2000);
    expect(events(world)).toEqual([
      {
        ts: EPOCH + 3000,
        values: { temperature: 41.5 },
        boot: 1,
        seq: 0,
        alarm: { channel: 'temperature', state: 'above' },
        dup: false,
      },
      {
        ts: EPOCH + 6000,
        values: { temperature: 39 },
        boot: 1,
        seq: 1,
        alarm: { channel: 'temperature', state: 'clear' },
        dup: false,
      },
    ]);
    expect(device.events).toContain('alarm: temperature is 41.5, above 40');
    expect(device.events).toContain('alarm cleared: temperature is 39');
    expect(device.agent.snapshot().events).toMatchObject({ sampled: 2, delivered: 2, queued: 0, balanced: true });
    expect(world.broker.violations).toEqual([]);
  });

  it('behind 30,000 queued readings goes out as the next packet', () => {
    const { world, weather, device } = start(2, { flash: flashOf(256) });
    world.run(500);
    world.broker.stop();
    world.run(30_000_000);
    weather.temperature = 41;
    world.run(1000);
    expect(device.agent.snapshot().books.queued).toBeGreaterThan(30_000);
    const before = world.broker.received.length;
    world.broker.start();
    world.run(200_000);
    const [first, second] = world.broker.received.slice(before).filter(({ qos }) => qos === 1);
    expect(first?.topic).toBe(TOPIC);
    expect(second?.topic).toBe('godwit/field-1/telemetry');
    expect(device.agent.snapshot()).toMatchObject({ books: { queued: 0, dropped: 0 }, events: { delivered: 1 } });
    expect(world.broker.violations).toEqual([]);
  });

  it('while a backlog drains waits for what is in flight, and for no more', () => {
    const { world, weather, device } = start(3);
    device.link.latencyMilliseconds = 50;
    world.run(500);
    world.broker.stop();
    world.run(7_000_000);
    world.broker.start();
    while (device.agent.snapshot().books.queued > 5000) world.run(10);
    weather.temperature = 41;
    const isRaised = () => device.events.some((event) => event.startsWith('alarm:'));
    let before = 0;
    let inFlight = 0;
    while (!isRaised()) {
      before = world.broker.received.length;
      inFlight = device.agent.snapshot().connection.inFlight;
      world.run(1);
    }
    expect(device.agent.snapshot().books.queued).toBeGreaterThan(1000);
    expect(inFlight).toBeGreaterThan(0);
    world.run(60_000);
    const index = world.broker.received.slice(before).findIndex(({ topic }) => topic === TOPIC);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(index).toBeLessThanOrEqual(inFlight);
    expect(world.broker.violations).toEqual([]);
  });

  it('is not evicted by telemetry', () => {
    const { world, weather, device } = start(4, { flash: flashOf(8) });
    world.broker.stop();
    world.run(9500);
    weather.temperature = 41;
    world.run(3 * 3_600_000);
    expect(device.agent.snapshot().books.dropped).toBeGreaterThan(0);
    expect(device.agent.snapshot().events).toMatchObject({ queued: 1, dropped: 0 });
    world.broker.start();
    world.run(3_600_000);
    expect(events(world)).toEqual([expect.objectContaining({ ts: EPOCH + 10_000, seq: 0, boot: 1 })]);
    expect(telemetry(world).some(({ gap }) => gap !== undefined)).toBe(true);
    expect(device.agent.snapshot()).toMatchObject({ books: { balanced: true }, events: { queued: 0, balanced: true } });
  });

  it('survives a power cut with its time, and is raised once more if it still stands', () => {
    const { world, weather, device } = start(5);
    world.broker.stop();
    world.run(5500);
    weather.temperature = 41;
    world.run(1000);
    device.powerDown();
    world.run(60_000);
    device.boot();
    world.run(5000);
    expect(device.events).toContain('boot 2, 8 readings and 1 alarms queued');
    world.broker.start();
    world.run(120_000);
    const states = events(world).map(({ ts, boot, seq, alarm }) => ({ ts, boot, seq, state: alarm?.state }));
    expect(states).toEqual([
      { ts: EPOCH + 6000, boot: 1, seq: 0, state: 'above' },
      { ts: EPOCH + 66_500, boot: 2, seq: 1, state: 'above' },
    ]);
    expect(world.broker.violations).toEqual([]);
  });

  it.each([1, 2, 3, 4])('survives power cuts inside the flash operations of its own log (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const running = start(100 + seed);
    const { world, device } = running;
    for (let cut = 0; cut < 20; cut++) {
      if (random() < 0.5) world.broker.dropPubacks(5);
      device.hardware.eventFlash.cutAfter(Math.floor(random() * 30), { kind: 'any' });
      for (let turn = 0; turn < 60 && device.isRunning; turn++) toggle(running, 1);
      device.powerDown();
      device.boot();
    }
    world.run(300_000);
    const once = withoutDuplicates(events(world));
    const stored = device.events.filter((event) => event.startsWith('alarm')).length;
    expect(once.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(once.map((_, i) => i));
    expect(once.length).toBeGreaterThanOrEqual(stored);
    expect(device.agent.snapshot().events).toMatchObject({ next: once.length, queued: 0, dropped: 0, balanced: true });
    expect(device.agent.snapshot().books).toMatchObject({ queued: 0, dropped: 0, balanced: true });
    expect(world.broker.violations).toEqual([]);
  });

  it('that flash does not take is tried again with the next sample', () => {
    const { world, weather, device } = start(6);
    world.run(2500);
    weather.temperature = 41;
    device.hardware.eventFlash.throwAfter(0);
    world.run(4000);
    expect(device.events.filter((event) => event.startsWith('an alarm could not be stored: ')).length).toBe(1);
    expect(events(world)).toEqual([expect.objectContaining({ ts: EPOCH + 4000, seq: 0 })]);
    expect(telemetry(world).length).toBe(8);
  });
});

describe('messages of both logs', () => {
  it.each([7, 8, 9])(
    'in flight when the connection is lost are sent again in the order of the first time (seed %i)',
    (seed) => {
      const running = start(seed);
      const { world, device } = running;
      world.run(3500);
      // The session of the first connection is a clean one, and ends with it.
      device.link.cut();
      world.run(30_000);
      world.broker.dropPubacks(Number.POSITIVE_INFINITY);
      toggle(running, 6);
      const inFlight = device.agent.snapshot().connection.inFlight;
      expect(inFlight).toBeGreaterThanOrEqual(12);
      const before = world.broker.received.filter(({ qos }) => qos === 1).slice(-inFlight);
      device.link.cut();
      world.broker.dropPubacks(0);
      toggle(running, 200);
      const again = world.broker.received
        .filter(({ qos, connection }) => qos === 1 && connection === 3)
        .slice(0, inFlight);
      expect(again.map(({ topic, packetId, payload, dup }) => ({ topic, packetId, payload, dup }))).toEqual(
        before.map(({ topic, packetId, payload }) => ({ topic, packetId, payload, dup: true })),
      );
      expect(new Set(again.map(({ topic }) => topic)).size).toBe(2);
      expect(world.broker.violations).toEqual([]);
    },
  );

  it('keep the order of their log after a power cut, and are repeated with DUP', () => {
    const running = start(10);
    const { world, device } = running;
    world.run(3500);
    world.broker.dropPubacks(Number.POSITIVE_INFINITY);
    toggle(running, 6);
    device.powerDown();
    world.broker.dropPubacks(0);
    device.boot();
    toggle(running, 60);
    for (const elements of [events(world), telemetry(world)]) {
      const repeated = elements.filter(({ boot, dup }) => boot === 1 && dup).map(({ seq }) => seq);
      expect(repeated.length).toBeGreaterThan(0);
      expect(repeated).toEqual([...repeated].sort((a, b) => a - b));
    }
    expect(world.broker.violations).toEqual([]);
  });

  it('that were acknowledged are not repeated after a clean stop', () => {
    const running = start(11);
    toggle(running, 10);
    running.device.agent.stop();
    running.world.run(1000);
    const delivered = events(running.world).length;
    running.weather.temperature = 20;
    running.device.boot();
    running.world.run(5000);
    expect(events(running.world).length).toBe(delivered);
    expect(running.device.agent.snapshot().events).toMatchObject({ delivered, queued: 0 });
  });
});

describe('the log of events', () => {
  it('that overflows evicts the oldest alarms, and tells which numbers those are', () => {
    const running = start(12, { eventFlash: flashOf(3) });
    const { world, device } = running;
    world.broker.stop();
    toggle(running, 1000);
    const { dropped, next } = device.agent.snapshot().events ?? { dropped: 0, next: 0 };
    expect(next).toBe(1000);
    expect(dropped).toBeGreaterThan(100);
    world.broker.start();
    world.run(300_000);
    expect(
      events(world)
        .filter(({ gap }) => gap)
        .map(({ gap }) => gap),
    ).toEqual([{ first: 0, last: dropped - 1, reason: 'evicted' }]);
    expect(unaccounted(events(world), next)).toBe(0);
    expect(device.agent.snapshot()).toMatchObject({
      books: { dropped: 0, queued: 0, balanced: true },
      events: { dropped, queued: 0, balanced: true },
    });
  });

  it('does not wait for a clock that is not set', () => {
    const { world, weather } = start(13, { epochMilliseconds: Number.NaN });
    world.run(2500);
    weather.temperature = 41;
    world.run(2000);
    const [alarm] = events(world);
    expect(alarm).toMatchObject({ ms: 3000, alarm: { state: 'above' } });
    expect(alarm).not.toHaveProperty('ts');
    expect(telemetry(world)).toEqual([]);
  });

  it('has its books in the status message', () => {
    const running = start(14);
    toggle(running, 120);
    const status = JSON.parse(new TextDecoder().decode(running.world.broker.retained('godwit/field-1/status')));
    expect(status.events.balanced).toBe(true);
    expect(status.events.sampled).toBeGreaterThan(50);
  });

  it('is not opened where no channel has an alarm', () => {
    const world = new World({ seed: 15, epochMilliseconds: EPOCH });
    const sensors = [{ ...configuration.sensors[0], channels: [{ name: 'temperature' }] }];
    const device = world.device({ configuration: { device: 'field-1', sensors }, drivers: new Weather().drivers });
    device.boot();
    world.run(120_000);
    expect(device.hardware.eventFlash.reads).toBe(0);
    expect(device.agent.snapshot()).not.toHaveProperty('events');
    const status = JSON.parse(new TextDecoder().decode(world.broker.retained('godwit/field-1/status')));
    expect(status).not.toHaveProperty('events');
  });

  it('is named when its partition holds something else', () => {
    const eventFlash = flashOf(16);
    eventFlash.write(Uint8Array.of(1, 2, 3, 4), 0);
    expect(() => start(16, { eventFlash })).toThrow(/^the log of events: /);
  });
});
