/**
 * Stands in for "embedded:storage/key-value": each key a file of that name, so that an editor changes settings. Where there
 * is no file, a device on a desk has settings of its own: a network, this computer's clock, and a broker on this computer.
 */
import { type Folder, openFolder } from './folder.js';

type Format = 'string' | 'buffer';

const configuration = JSON.stringify({
  device: 'desk-1',
  broker: { host: '127.0.0.1' },
  sensors: [
    {
      name: 'air',
      driver: 'sht3x',
      periodMilliseconds: 1000,
      options: { sensor: { io: 'I2C', data: 21, clock: 22 } },
      channels: [
        { name: 'temperature', from: 'thermometer.temperature', unit: 'C' },
        { name: 'humidity', from: 'hygrometer.humidity', unit: '%', decimals: 1 },
      ],
    },
    {
      name: 'battery',
      driver: 'battery',
      periodMilliseconds: 10_000,
      options: { sensor: { io: 'Analog', pin: 34 } },
      channels: [{ name: 'battery', from: 'voltage', unit: 'V', decimals: 3 }],
    },
  ],
});

const defaults: { readonly [key: string]: string } = Object.freeze({
  ssid: 'desk',
  timeServer: '127.0.0.1',
  configuration,
});

/** XS's own. */
const XsString = String as unknown as { fromArrayBuffer(bytes: ArrayBuffer): string };
const XsArrayBuffer = ArrayBuffer as unknown as { fromString(text: string): ArrayBuffer };

class Domain {
  readonly #folder: Folder;
  readonly #format: Format;

  constructor(folder: Folder, format: Format) {
    this.#folder = folder;
    this.#format = format;
  }

  read(key: string): string | ArrayBuffer | undefined {
    const { size } = this.#folder.status(key);
    if (size === undefined) return this.#format === 'string' ? defaults[key] : undefined;
    const file = this.#folder.openFile({ path: key, mode: 'r' });
    const bytes = new Uint8Array(size);
    if (size > 0) file.read(bytes, 0);
    file.close();
    return this.#format === 'string' ? XsString.fromArrayBuffer(bytes.buffer) : bytes.buffer;
  }

  write(key: string, value: string | ArrayBuffer): void {
    const bytes = new Uint8Array(typeof value === 'string' ? XsArrayBuffer.fromString(value) : value);
    const fresh = `${key}.new`;
    const file = this.#folder.openFile({ path: fresh, mode: 'w+' });
    if (bytes.length > 0) file.write(bytes, 0);
    file.close();
    this.#folder.move(fresh, key);
  }

  delete(key: string): void {
    this.#folder.delete(key);
  }

  close(): void {}
}

const KeyValueStorage = Object.freeze({
  open: ({ path, format }: { path: string; format: Format }) => new Domain(openFolder(path), format),
});

export { KeyValueStorage as default };
