import type { Analog } from '../../hal/contract.js';
import { Battery } from '../../src/drivers/battery.js';

/** A converter whose next reading the test sets. */
class SimulatedAnalog implements Analog {
  static reading: unknown;
  static opened: unknown;
  static closed = false;
  readonly resolution = 12;

  constructor(options: { readonly pin: number }) {
    SimulatedAnalog.opened = options;
    SimulatedAnalog.closed = false;
  }

  read(): number {
    return SimulatedAnalog.reading as number;
  }

  close(): void {
    SimulatedAnalog.closed = true;
  }
}

describe('Battery', () => {
  it('opens the pin it was given', () => {
    new Battery({ sensor: { io: SimulatedAnalog, pin: 34 } });
    expect(SimulatedAnalog.opened).toEqual({ pin: 34 });
  });

  it.each([
    [0, {}, 0],
    [4095, {}, 4.9],
    [3135, { referenceVolts: 2.45, divider: 2 }, 3.7513],
    [4095, { referenceVolts: 1.1, divider: 1 }, 1.1],
    [2048, { referenceVolts: 3.3, divider: 5.7 }, 9.4073],
  ])('turns the reading %i with %j into %d V', (reading, wiring, voltage) => {
    SimulatedAnalog.reading = reading;
    const battery = new Battery({ sensor: { io: SimulatedAnalog, pin: 34, ...wiring } });
    expect(battery.sample()).toEqual({ voltage: expect.closeTo(voltage, 3) });
  });

  it('says so when the converter gives no reading', () => {
    SimulatedAnalog.reading = undefined;
    const battery = new Battery({ sensor: { io: SimulatedAnalog, pin: 4 } });
    expect(() => battery.sample()).toThrow('the analog input of the battery gave no reading');
  });

  it.each([
    [{ divider: 0.5 }, 'divider must be 1 or more, not 0.5'],
    [{ referenceVolts: 0 }, 'referenceVolts must be above 0, not 0'],
    [{ divider: Number.NaN }, 'divider must be 1 or more, not NaN'],
  ])('refuses %j', (wiring, message) => {
    expect(() => new Battery({ sensor: { io: SimulatedAnalog, pin: 34, ...wiring } })).toThrow(message);
  });

  it('releases the pin', () => {
    const battery = new Battery({ sensor: { io: SimulatedAnalog, pin: 34 } });
    battery.close();
    expect(SimulatedAnalog.closed).toBe(true);
  });
});
