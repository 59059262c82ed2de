/**
 * The program on an ESP32: hardware, configuration from key-value storage, agent.
 *
 * The only file of src/ that names a concrete hardware layer, and the only module that is not preloaded. Nothing secret is
 * in the firmware: Wi-Fi and configuration are written to the board's NVS partition (docs/esp32.md).
 */

import type { Sensor } from '../hal/contract.js';
import { esp32Hal, esp32Io, esp32Sensor } from '../hal/esp32/hal.js';
import { Agent, type Drivers } from './agent/agent.js';
import { restsAfterBrownOut } from './agent/brown-out.js';
import { type Configuration, parseConfiguration } from './agent/configuration.js';

const hal = esp32Hal();

if (!restsAfterBrownOut(hal.system, hal.clock)) begin();

function begin(): void {
  try {
    const text = hal.keyValue.read('configuration');
    if (text === undefined)
      throw new Error('key "configuration" is missing in namespace "godwit" of the nvs partition');
    const configuration = parseConfiguration(JSON.parse(text), hal.system.hardwareId);
    new Agent({ hal, configuration, drivers: driversOf(configuration), onEvent: say }).start();
  } catch (error) {
    // Without a configuration there is nothing to do; restarting at once would only wear the flash.
    say(error instanceof Error ? error.message : String(error));
  }
}

function say(event: string): void {
  trace(`godwit: ${event}\n`);
}

/** The drivers that the configuration names. `options.sensor.io` is the name of an io class there. */
function driversOf({ sensors }: Configuration): Drivers {
  const drivers: { [name: string]: (options: object) => Sensor } = {};
  for (const { driver } of sensors) {
    const SensorClass = esp32Sensor(driver);
    if (SensorClass === undefined) continue;
    drivers[driver] = (options) => {
      const { sensor = {}, configure = {} } = options as { sensor?: { io?: string }; configure?: object };
      const io = esp32Io[sensor.io ?? ''];
      if (io === undefined) throw new Error(`io is "${sensor.io}", expected one of ${Object.keys(esp32Io).join(', ')}`);
      const made = new SensorClass({ sensor: { ...sensor, io } });
      made.configure(configure);
      return made;
    };
  }
  return drivers;
}
