import { World } from '../../sim/world/world.js';
import { Counter, counterConfiguration, EPOCH } from './fixture.js';

const STATUS = 'godwit/field-1/status';

function start() {
  const world = new World({ seed: 1, epochMilliseconds: EPOCH });
  const device = world.device({ configuration: counterConfiguration, drivers: new Counter().drivers });
  device.boot();
  world.run(5000);
  const retained = () => JSON.parse(new TextDecoder().decode(world.broker.retained(STATUS)));
  return { world, device, retained };
}

describe('the status of a device', () => {
  it('is a retained birth with boot, session and books', () => {
    const { retained } = start();
    expect(retained()).toMatchObject({ state: 'online', boot: 1, session: 1, resetReason: 'power-on', unstored: 0 });
    expect(retained().books.balanced).toBe(true);
  });

  it('is its will when it vanishes: QoS 1, retained, with the numbers of the connection that died', () => {
    const { world, device, retained } = start();
    expect(world.broker.connects[0]?.packet.will).toMatchObject({ topic: STATUS, qos: 1, retain: true });
    device.powerDown();
    world.run(200_000);
    expect(retained()).toEqual({ state: 'offline', boot: 1, session: 1 });
  });

  it('counts sessions, so that a will that comes late is known as old', () => {
    const { world, device, retained } = start();
    device.link.cut();
    world.run(30_000);
    expect(retained()).toMatchObject({ state: 'online', boot: 1, session: 2 });
  });

  it('says so when the device was stopped on purpose', () => {
    const { world, device, retained } = start();
    device.agent.stop();
    world.run(1000);
    expect(retained()).toMatchObject({ state: 'offline', boot: 1, session: 1, reason: 'stopped' });
    expect(world.broker.disconnects.length).toBe(1);
  });

  it('tells the free heap, where the hardware knows it', () => {
    const { world, device, retained } = start();
    expect(retained().freeHeapBytes).toBe(150_000);
    device.hardware.freeHeapBytes = 90_000;
    world.run(120_000);
    expect(retained().freeHeapBytes).toBe(90_000);
  });

  it('tells the books now and then', () => {
    const { world, retained } = start();
    world.run(120_000);
    expect(retained().books.sampled).toBeGreaterThan(100);
  });
});
