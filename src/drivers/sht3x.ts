/**
 * Sensirion SHT3x (SHT30, SHT31, SHT35): temperature and relative humidity over I2C, without ever waiting for it.
 *
 * The first `sample()` starts a measurement and returns `undefined`; the next one fetches it. Waiting in between is the
 * caller's schedule, not this driver's. It does not know the time: asked too early, the part does not acknowledge the
 * read, and that is reported like any other silence. After every error the next `sample()` starts anew.
 *
 * Numbers in brackets: Sensirion, "Datasheet SHT3x-DIS", version 5 (May 2018).
 *
 *     command   24 00                                 [table 9] single shot, high repeatability, no clock stretching
 *     answer    T msb, T lsb, crc, RH msb, RH lsb, crc   [4.4]
 */
import type { I2C, I2CConstructor, I2COptions, Sample, Sensor } from '../../hal/contract.js';

export interface SHT3xOptions {
  readonly sensor: Omit<I2COptions, 'address'> & {
    readonly io: I2CConstructor;
    /** 0x44 with the ADDR pin low, 0x45 with it high [table 8]. 0x44 by default. */
    readonly address?: number;
  };
}

/** Fast mode, which pull-ups of 10 kilo-ohm on a short cable still manage; the part itself takes 1 MHz [table 21]. */
const hzDefault = 400_000;
const addressDefault = 0x44;
const answerByteLength = 6;
/** A measurement of high repeatability takes at most 15.5 ms over the whole range of supply voltages [2.2, tMEAS,h]. */
const conversionMillisecondsMax = 16;

export class SHT3x implements Sensor {
  readonly conversionMilliseconds = conversionMillisecondsMax;
  readonly #io: I2C;
  #measuring = false;

  constructor(options: SHT3xOptions) {
    const { io, ...wiring } = options.sensor;
    this.#io = new io({ hz: hzDefault, address: addressDefault, ...wiring });
  }

  /** There is nothing to configure. */
  configure(): void {}

  /** `{ thermometer: { temperature: <degrees Celsius> }, hygrometer: { humidity: <percent> } }`. */
  sample(): Sample | undefined {
    if (this.#measuring) {
      this.#measuring = false;
      return this.fetch();
    }
    this.start();
    this.#measuring = true;
    return undefined;
  }

  close(): void {
    this.#io.close();
  }

  private start(): void {
    try {
      this.#io.write(new Uint8Array([0x24, 0x00]));
    } catch (error) {
      throw new Error(`SHT3x did not acknowledge the command to measure (${messageOf(error)})`);
    }
  }

  private fetch(): Sample {
    const answer = this.answer();
    const temperature = checkedWord(answer, 0, 'temperature');
    const humidity = checkedWord(answer, 3, 'humidity');
    // [4.13] 16 bits span -45 to 130 degrees Celsius and 0 to 100 percent, both ends included.
    return {
      thermometer: { temperature: -45 + (175 * temperature) / 65535 },
      hygrometer: { humidity: (100 * humidity) / 65535 },
    };
  }

  private answer(): Uint8Array {
    let answer: Uint8Array;
    try {
      answer = new Uint8Array(this.#io.read(answerByteLength));
    } catch (error) {
      throw new Error(`SHT3x did not acknowledge the read of its measurement (${messageOf(error)})`);
    }
    if (answer.length < answerByteLength) throw new Error(`SHT3x answered ${answer.length} bytes instead of 6`);
    return answer;
  }
}

/** Two bytes, the most significant first, followed by their checksum. */
function checkedWord(answer: Uint8Array, offset: number, name: string): number {
  const high = answer[offset] as number;
  const low = answer[offset + 1] as number;
  if (answer[offset + 2] !== crc8(crc8(0xff, high), low)) throw new Error(`SHT3x sent ${name} with a wrong checksum`);
  return high * 256 + low;
}

/** [table 20] polynomial 0x31, initially 0xFF, neither reflected nor inverted: BE EF gives 92. */
function crc8(initial: number, byte: number): number {
  let crc = initial ^ byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x31) & 0xff : crc << 1;
  return crc;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
