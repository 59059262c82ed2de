import { World } from '../../sim/world/world.js';
import { books, Counter, counterConfiguration, EPOCH } from './fixture.js';

const STATUS = 'godwit/field-1/status';
const DAY = 86_400_000;

function start(configuration: object = counterConfiguration) {
  const world = new World({ seed: 1, epochMilliseconds: EPOCH });
  const device = world.device({ configuration: { ...configuration }, drivers: new Counter().drivers });
  device.boot();
  const wear = () => JSON.parse(new TextDecoder().decode(world.broker.retained(STATUS))).wear;
  return { world, device, wear };
}

describe('an agent and the wear of its flash', () => {
  it('erases the next block between readings when all is delivered', () => {
    const { world, device } = start();
    const { flash } = device.hardware;
    const moments: number[] = [];
    flash.trace = ({ kind }) => {
      if (kind === 'erase') moments.push(world.scheduler.now);
    };
    world.run(9000);
    expect(moments).toEqual([0]);
    world.run(900_000);
    expect(books(device).queued).toBeLessThan(2);
    expect(moments.length).toBeGreaterThan(2);
    expect(moments.every((moment) => moment % 10_000 === 0)).toBe(true);
  });

  it('does so when a reading falls due at every heartbeat', () => {
    const [sensor] = counterConfiguration.sensors;
    const { world, device } = start({ ...counterConfiguration, sensors: [{ ...sensor, periodMilliseconds: 10_000 }] });
    world.run(40_000);
    expect(device.hardware.flash.erases).toBe(1);
  });

  it('erases it while the network is away, too', () => {
    const { world, device } = start();
    device.link.setConnected(false);
    world.run(60_000);
    expect(device.hardware.flash.erases).toBe(1);
  });

  it('tells the cycles of a block, and after a day a forecast', () => {
    const [sensor] = counterConfiguration.sensors;
    const { world, wear } = start({ ...counterConfiguration, sensors: [{ ...sensor, periodMilliseconds: 60_000 }] });
    world.run(DAY / 2);
    expect(wear()).toEqual({ cycles: expect.any(Number) });
    world.run(DAY);
    expect(wear().cycles).toBeGreaterThan(0);
    expect(wear().years).toBe(1000);
  });
});
