import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { World } from '../../sim/world/world.js';
import { books, Counter, counterConfiguration, EPOCH, isDense, telemetry, withoutDuplicates } from './fixture.js';

const HOUR = 3_600_000;

function deviceWith(flash: SimFlash, settings: object = {}) {
  const world = new World({ seed: 3, epochMilliseconds: EPOCH });
  const configuration = { ...counterConfiguration, ...settings };
  const device = world.device({ configuration, drivers: new Counter().drivers, flash });
  return { world, device };
}

function encryptedFlash(): SimFlash {
  return new SimFlash({ blocks: 64, encrypted: true, writeAlign: 32, random: seededRandom(7) });
}

describe('a device whose flash is encrypted', () => {
  it('says that it has to be formatted, and erases nothing', () => {
    const flash = encryptedFlash();
    const { device } = deviceWith(flash);
    expect(() => device.boot()).toThrow('no log stands in the encrypted partition; format it to begin one');
    expect(flash.erases).toBe(0);
  });

  it.each(['plain', 'compact'])('is formatted once by its settings, and then loses nothing (%s)', (mode) => {
    const flash = encryptedFlash();
    const { world, device } = deviceWith(flash, { outbox: { mode } });
    device.hardware.keyValue.write('format', 'outbox');
    device.boot();
    expect(device.hardware.keyValue.read('format')).toBeUndefined();
    world.run(5000);
    world.broker.stop();
    for (let part = 0; part < 3; part++) {
      world.run(HOUR / 2);
      device.powerDown();
      device.boot();
    }
    expect(books(device).queued).toBeGreaterThan(5000);
    world.broker.start();
    world.run(HOUR / 2);
    expect(books(device)).toMatchObject({ dropped: 0, balanced: true });
    expect(isDense(withoutDuplicates(telemetry(world)))).toBe(true);
    expect(world.broker.violations).toEqual([]);
  });
});

describe('a device whose settings ask for its log to be formatted', () => {
  it('is asked again at the next boot when the power goes in the middle of it', () => {
    const flash = new SimFlash({ blocks: 64, random: seededRandom(7) });
    flash.write(new Uint8Array(4096).fill(0x55), 63 * 4096);
    const { device } = deviceWith(flash);
    device.hardware.keyValue.write('format', 'outbox');
    let erasesLeft = 20;
    flash.trace = () => {
      if (erasesLeft-- === 0) flash.cutAfter(0, { kind: 'zero' });
    };
    expect(() => device.boot()).toThrow('power cut');
    device.boot();
    expect(device.events).toEqual([expect.stringMatching(/^boot \d, 0 readings queued$/)]);
    expect(device.hardware.keyValue.read('format')).toBeUndefined();
  });

  it('says so when it does not know what is meant', () => {
    const { device } = deviceWith(new SimFlash({ blocks: 64, random: seededRandom(7) }));
    device.hardware.keyValue.write('format', 'all');
    expect(() => device.boot()).toThrow('key "format" is "all", expected "outbox", "events" or "outbox events"');
  });
});
