import { HostSensor, probeHostChannels } from '../../sim/input/host.js';

describe('this computer', () => {
  it('has a load and a memory in use, in percent', async () => {
    const channels = await probeHostChannels();
    expect(channels).toContainEqual({ name: 'load', unit: '%', decimals: 1 });
    expect(channels).toContainEqual({ name: 'memory', unit: '%', decimals: 1 });
  });
});

describe('the host sensor', () => {
  it('gives nothing while it asks, then the answer once, then asks again', async () => {
    const answers = [Promise.resolve({ load: 1 }), Promise.resolve({ load: 2 })];
    const sensor = new HostSensor({ read: () => answers.shift() ?? Promise.reject(new Error('asked too often')) });
    expect(sensor.sample()).toBeUndefined();
    expect(sensor.sample()).toBeUndefined();
    await settled();
    expect(sensor.sample()).toEqual({ load: 1 });
    expect(sensor.sample()).toBeUndefined();
    await settled();
    expect(sensor.sample()).toEqual({ load: 2 });
  });

  it('throws what went wrong', async () => {
    const sensor = new HostSensor({ read: () => Promise.reject(new Error('no /proc')) });
    sensor.sample();
    await settled();
    expect(() => sensor.sample()).toThrow('this computer cannot be asked: no /proc');
  });
});

/** All that was waiting for promises already settled has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
