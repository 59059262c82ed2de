/**
 * An ESP32's hardware for the agent, and the sensor drivers that its configuration can name.
 *
 * Everything begins in `esp32Hal()`: modules are preloaded into flash when the firmware is built, so none of them calls
 * the hardware, or keeps anything, at its top level.
 *
 * Settings it reads from the key-value storage: `ssid` and `password` of the Wi-Fi network, `timeServer` (absent:
 * pool.ntp.org), and `certificate` (binary; tls.ts).
 */
import Analog from 'embedded:io/analog';
import Digital from 'embedded:io/digital';
import I2C from 'embedded:io/i2c';
import SMBus from 'embedded:io/smbus';
import SPI from 'embedded:io/spi';
import Modules from 'modules';
import { Battery } from '../../src/drivers/battery.js';
import { SHT3x } from '../../src/drivers/sht3x.js';
import type { Flash, Hal, SensorConstructor } from '../contract.js';
import { Esp32Clock } from './clock.js';
import { openPartition } from './flash.js';
import { NvsKeyValue } from './key-value.js';
import { crc32cOver, loadNatives, writeTextOver } from './natives.js';
import { WiFiNetwork } from './network.js';
import { TcpStream } from './stream.js';
import { esp32System } from './system.js';
import { NetworkTime } from './time.js';
import { TlsStream } from './tls.js';

const timeServerDefault = 'pool.ntp.org';

/** To be called once, when the program begins. Leaves the radio off until the hardware id or the network is asked for. */
export function esp32Hal(): Hal {
  const clock = new Esp32Clock();
  // On an ESP32, XS takes this from the hardware's generator.
  const random = () => Math.random();
  const keyValue = new NvsKeyValue();
  const time = new NetworkTime({ clock, random, server: keyValue.read('timeServer') ?? timeServerDefault });
  const network = new WiFiNetwork({
    clock,
    random,
    ssid: keyValue.read('ssid'),
    password: keyValue.read('password'),
    onConnected: () => time.synchronize(),
  });
  const natives = loadNatives();
  const crc32c = crc32cOver(natives);
  const writeText = writeTextOver(natives);
  let eventFlash: Flash | undefined;
  return {
    clock,
    random,
    flash: openPartition('outbox', natives),
    get eventFlash() {
      eventFlash ??= openPartition('events', natives);
      return eventFlash;
    },
    keyValue,
    TCP: TcpStream,
    TLS: TlsStream,
    network,
    system: esp32System(() => network.mac, natives),
    ...(crc32c && { crc32c }),
    ...(writeText && { writeText }),
  };
}

/** What a configuration's `sensor.io` can name. Drivers take it as a constructor. */
export const esp32Io: { readonly [name: string]: unknown } = Object.freeze({ Analog, Digital, I2C, SMBus, SPI });

/**
 * The driver of a configuration's name: one of this project's, or, by its module's name, any ECMA-419 driver of the SDK
 * that the manifest includes, such as "embedded:sensor/Barometer-Temperature/BMP280". `undefined` when there is none.
 */
export function esp32Sensor(name: string): SensorConstructor | undefined {
  if (name === 'sht3x') return SHT3x as SensorConstructor;
  if (name === 'battery') return Battery as SensorConstructor;
  if (!name.startsWith('embedded:sensor/') || !Modules.has(name)) return undefined;
  return Modules.importNow(name) as SensorConstructor;
}
