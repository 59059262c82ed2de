/** The SHT3x driver against a simulated part. Figures in brackets: Sensirion, "Datasheet SHT3x-DIS", version 5. */
import { SHT3x } from '../../src/drivers/sht3x.js';
import { SimulatedSHT3x } from './simulated-sht3x.js';

function wired(address?: number): { part: SimulatedSHT3x; sensor: SHT3x } {
  const part = new SimulatedSHT3x(0x44);
  const sensor = new SHT3x({ sensor: { io: part.io, data: 21, clock: 22, ...(address !== undefined && { address }) } });
  return { part, sensor };
}

/** One measurement, waited for as long as the driver says. */
function measure({ part, sensor }: ReturnType<typeof wired>): unknown {
  expect(sensor.sample()).toBeUndefined();
  part.nowMilliseconds += sensor.conversionMilliseconds;
  return sensor.sample();
}

describe('SHT3x', () => {
  it('opens the bus with its address and a speed, and hands on the pins', () => {
    const { part } = wired();
    expect(part.opened).toEqual({ data: 21, clock: 22, address: 0x44, hz: 400_000 });
  });

  it('asks for one measurement of high repeatability without clock stretching, then reads six bytes', () => {
    const bench = wired();
    bench.part.temperatureRaw = 0xbeef;
    bench.part.humidityRaw = 0x0000;
    measure(bench);
    // [table 9], [4.4]; the checksum of BE EF is the example of [table 20].
    expect(bench.part.log).toEqual(['write 24 00', 'read be ef 92 00 00 81']);
  });

  it.each([
    [0x0000, -45, 0x0000, 0],
    [0xffff, 130, 0xffff, 100],
    [0x6666, 25, 0x8000, 50.00076],
    [0x6540, 24.2149, 0x3ee3, 24.5655],
  ])(
    'converts %i to %d degrees Celsius and %i to %d percent [4.13]',
    (temperatureRaw, temperature, humidityRaw, humidity) => {
      const bench = wired();
      Object.assign(bench.part, { temperatureRaw, humidityRaw });
      expect(measure(bench)).toEqual({
        thermometer: { temperature: expect.closeTo(temperature, 3) },
        hygrometer: { humidity: expect.closeTo(humidity, 3) },
      });
    },
  );

  it('waits long enough for the slowest part [2.2]', () => {
    expect(wired().sensor.conversionMilliseconds).toBeGreaterThanOrEqual(15.5);
  });

  it('goes on measuring', () => {
    const bench = wired();
    for (const temperatureRaw of [0x6000, 0x6100, 0x6200]) {
      bench.part.temperatureRaw = temperatureRaw;
      expect(measure(bench)).toMatchObject({
        thermometer: { temperature: expect.closeTo(-45 + (175 * temperatureRaw) / 65535, 6) },
      });
    }
  });

  it('says so when it is asked before the measurement is done, and then measures anew', () => {
    const bench = wired();
    expect(bench.sensor.sample()).toBeUndefined();
    bench.part.nowMilliseconds += 15;
    expect(() => bench.sensor.sample()).toThrow('SHT3x did not acknowledge the read of its measurement (read failed)');
    bench.part.nowMilliseconds += 1;
    expect(measure(bench)).toBeDefined();
  });

  it.each([
    [0, 'temperature'],
    [1, 'temperature'],
    [2, 'temperature'],
    [3, 'humidity'],
    [4, 'humidity'],
    [5, 'humidity'],
  ])('refuses a measurement whose byte %i was corrupted, and names %s', (corruptByte, name) => {
    const bench = wired();
    bench.part.corruptByte = corruptByte;
    expect(() => measure(bench)).toThrow(`SHT3x sent ${name} with a wrong checksum`);
    bench.part.corruptByte = undefined;
    expect(measure(bench)).toBeDefined();
  });

  it('says so when the part is absent', () => {
    const { sensor } = wired(0x45);
    expect(() => sensor.sample()).toThrow('SHT3x did not acknowledge the command to measure (write failed)');
  });

  it('says so when the part is unplugged in mid-measurement, and recovers when it is back', () => {
    const bench = wired();
    expect(bench.sensor.sample()).toBeUndefined();
    bench.part.nowMilliseconds += 16;
    bench.part.unplugged = true;
    expect(() => bench.sensor.sample()).toThrow('read of its measurement');
    expect(() => bench.sensor.sample()).toThrow('command to measure');
    bench.part.unplugged = false;
    expect(measure(bench)).toBeDefined();
  });

  it('says so when fewer bytes arrive than were asked for', () => {
    class Truncating {
      write(): void {}
      close(): void {}
      read(): ArrayBuffer {
        return new ArrayBuffer(3);
      }
    }
    const sensor = new SHT3x({ sensor: { io: Truncating, data: 21, clock: 22 } });
    sensor.sample();
    expect(() => sensor.sample()).toThrow('SHT3x answered 3 bytes instead of 6');
  });

  it('releases the bus', () => {
    const { part, sensor } = wired();
    sensor.close();
    expect(part.log).toEqual(['close']);
  });
});
