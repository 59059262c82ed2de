/**
 * Stands in for "embedded:io/i2c": a bus with one part, an SHT3x at 0x44, in the air of a mild day that repeats every hour.
 * Like the part it does not acknowledge a read before it has measured. At other addresses nobody answers.
 *
 * What stands behind the commands and answers: src/drivers/sht3x.ts.
 */
const sht3x = 0x44;
const measureHighByte = 0x24;
const conversionMilliseconds = 12;
const hourMilliseconds = 3_600_000;

export default class I2C {
  readonly #address: number;
  #readyMilliseconds: number | undefined;

  constructor({ address }: { address: number }) {
    this.#address = address;
  }

  write(buffer: Uint8Array): void {
    if (this.#address !== sht3x || buffer[0] !== measureHighByte) throw new Error('write failed');
    this.#readyMilliseconds = Date.now() + conversionMilliseconds;
  }

  read(byteLength: number): ArrayBuffer {
    const ready = this.#readyMilliseconds;
    this.#readyMilliseconds = undefined;
    if (ready === undefined || Date.now() < ready) throw new Error('read failed');
    const warmth = Math.sin((2 * Math.PI * (ready % hourMilliseconds)) / hourMilliseconds);
    const temperature = 15 + 6 * warmth + 0.1 * Math.random();
    const humidity = 65 - 20 * warmth + 0.5 * Math.random();
    const answer = new Uint8Array(6);
    putWord(answer, 0, ((temperature + 45) * 65535) / 175);
    putWord(answer, 3, (humidity * 65535) / 100);
    return answer.buffer.slice(0, byteLength);
  }

  close(): void {}
}

/** Two bytes, the most significant first, and their checksum. */
function putWord(answer: Uint8Array, offset: number, value: number): void {
  const word = Math.round(value);
  answer[offset] = word >> 8;
  answer[offset + 1] = word & 0xff;
  let crc = 0xff;
  for (const byte of [word >> 8, word & 0xff]) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x31) & 0xff : crc << 1;
  }
  answer[offset + 2] = crc;
}
