import { World } from '../../sim/world/world.js';
import { books, EPOCH, isDense, telemetry } from './fixture.js';

const channels = Array.from({ length: 255 }, (_, i) => ({ name: `c${i}`, decimals: 6 }));

describe('a reading of more values than a record holds', () => {
  it('is stored in parts with the same time; no value is lost, no part is empty', () => {
    const world = new World({ seed: 1, epochMilliseconds: EPOCH });
    const values = Object.fromEntries(channels.map(({ name }, i) => [name, 1_000_000_000.123456 + i]));
    const device = world.device({
      configuration: {
        device: 'field-1',
        sensors: [{ name: 'wide', driver: 'wide', periodMilliseconds: 60_000, channels }],
        publish: { messageBytesMax: 16_384 },
      },
      drivers: { wide: () => ({ configure: () => {}, close: () => {}, sample: () => values }) },
    });
    device.boot();
    world.run(30_000);
    const elements = telemetry(world).filter(({ anchor }) => !anchor);
    expect(isDense(telemetry(world))).toBe(true);
    expect(elements.every((element) => Object.keys(element.values).length > 0)).toBe(true);
    expect(new Set(elements.map(({ ts }) => ts)).size).toBe(1);
    const merged = Object.assign({}, ...elements.map((element) => element.values));
    expect(merged).toEqual(values);
    expect(device.agent.snapshot().unstored).toBe(0);
    expect(books(device)).toMatchObject({ queued: 0, balanced: true });
  });
});
