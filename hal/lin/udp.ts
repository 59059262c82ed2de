/**
 * Stands in for "embedded:io/socket/udp", which the agent uses to ask a time server: whatever the address, the answer is the
 * time of this computer, so that a desk without a network knows it too. RFC 5905; hal/esp32/time.ts shows the message.
 */
import Timer from 'timer';

const server4 = (4 << 3) | 4;
const stratum = 1;
const unixEpochSeconds = 2_208_988_800;

export default class UDP {
  readonly #onReadable: (packetCount: number) => void;
  readonly #answers: ArrayBuffer[] = [];
  #closed = false;

  constructor({ onReadable }: { onReadable(packetCount: number): void }) {
    this.#onReadable = onReadable;
  }

  write(question: DataView): void {
    const answer = new DataView(new ArrayBuffer(question.byteLength));
    const now = Date.now();
    answer.setUint8(0, server4);
    answer.setUint8(1, stratum);
    answer.setUint32(24, question.getUint32(40));
    answer.setUint32(28, question.getUint32(44));
    for (const offset of [32, 40]) {
      answer.setUint32(offset, Math.floor(now / 1000) + unixEpochSeconds);
      answer.setUint32(offset + 4, Math.floor(((now % 1000) / 1000) * 2 ** 32));
    }
    this.#answers.push(answer.buffer);
    Timer.set(() => {
      if (!this.#closed) this.#onReadable(this.#answers.length);
    });
  }

  read(): ArrayBuffer | undefined {
    return this.#answers.shift();
  }

  close(): void {
    this.#closed = true;
  }
}
