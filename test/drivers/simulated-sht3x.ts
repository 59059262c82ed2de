/**
 * An SHT3x as its bus sees it: it decodes what is written byte by byte, measures for a while in virtual time, and does
 * not acknowledge what the datasheet says it does not. Nothing here is shared with the driver, the checksum least of all.
 */
import type { I2C, I2COptions } from '../../hal/contract.js';

export class SimulatedSHT3x {
  readonly address: number;
  /** Virtual time; the test turns it. */
  nowMilliseconds = 0;
  /** [2.2] the slowest part there is. */
  measuringMilliseconds = 15.5;
  temperatureRaw = 0;
  humidityRaw = 0;
  /** Faults. */
  unplugged = false;
  corruptByte: number | undefined;
  /** What came over the bus, in order. */
  readonly log: string[] = [];
  opened: I2COptions | undefined;
  #readyAt: number | undefined;

  constructor(address: number) {
    this.address = address;
  }

  /** The constructor of a bus with only this part on it. */
  get io(): new (
    options: I2COptions,
  ) => I2C {
    const part = this;
    return class {
      readonly #address: number;

      constructor(options: I2COptions) {
        part.opened = options;
        this.#address = options.address;
      }

      write(buffer: Uint8Array): void {
        part.#acknowledgeAddress(this.#address, 'write failed');
        part.log.push(`write ${hexadecimal(buffer)}`);
        part.#command(buffer);
      }

      read(byteLength: number): ArrayBuffer {
        part.#acknowledgeAddress(this.#address, 'read failed');
        const answer = part.#measurement().slice(0, byteLength);
        part.log.push(`read ${hexadecimal(answer)}`);
        return Uint8Array.from(answer).buffer;
      }

      close(): void {
        part.log.push('close');
      }
    };
  }

  #acknowledgeAddress(address: number, failure: string): void {
    if (this.unplugged || address !== this.address) throw new Error(failure);
  }

  #command(bytes: Uint8Array): void {
    if (this.#measuring()) throw new Error('write failed');
    const command = [...bytes].reduce((value, byte) => value * 256 + byte, 0);
    if (bytes.length !== 2 || command !== 0x2400) throw new Error('write failed');
    this.#readyAt = this.nowMilliseconds + this.measuringMilliseconds;
  }

  #measuring(): boolean {
    return this.#readyAt !== undefined && this.nowMilliseconds < this.#readyAt;
  }

  /** Handed out once; a read header without data, or during the measurement, is not acknowledged [4.4]. */
  #measurement(): number[] {
    if (this.#readyAt === undefined || this.#measuring()) throw new Error('read failed');
    this.#readyAt = undefined;
    const answer = [...checked(this.temperatureRaw), ...checked(this.humidityRaw)];
    if (this.corruptByte !== undefined) answer[this.corruptByte] = (answer[this.corruptByte] as number) ^ 0x10;
    return answer;
  }
}

function checked(word: number): number[] {
  return [word >> 8, word & 0xff, crc(word)];
}

/** The long division of the message, bits in a row, by x^8 + x^5 + x^4 + 1. */
function crc(word: number): number {
  // The initial value 0xFF covers the first byte.
  let remainder = (word << 8) ^ 0xff0000;
  for (let bit = 23; bit >= 8; bit -= 1) if (remainder & (1 << bit)) remainder ^= 0x131 << (bit - 8);
  return remainder & 0xff;
}

function hexadecimal(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
