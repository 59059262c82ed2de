/**
 * The wall clock, set from the network: SNTP, RFC 5905 (client part, as RFC 4330 puts it).
 *
 * It asks when told that the link has come up, again once an hour, and after a failure with a growing pause. An answer
 * counts when it carries back the random number of the question and its server says that its own clock is right; then
 * half of the time the answer took is allowed for. It does not know who uses the time.
 *
 *     byte 0       leap indicator (2 bits), version (3), mode (3)
 *     byte 1       stratum
 *     byte 24..31  originate timestamp: what the question had as its transmit timestamp
 *     byte 32..39  receive timestamp
 *     byte 40..47  transmit timestamp
 */
import UDP from 'embedded:io/socket/udp';
import type { Clock, Random, Timer } from '../contract.js';
import type { Esp32Clock } from './clock.js';
import { messageOf } from './message.js';

const port = 123;
const messageByteCount = 48;
const client = 3;
const server = 4;
const version4 = 4;
const alarm = 3;
const stratumMax = 15;

const answerMillisecondsMax = 5000;
const intervalMilliseconds = 3_600_000;
/** RFC 4330, section 10: never sooner than 15 s. */
const pauseMillisecondsMin = 15_000;
const pauseMillisecondsMax = 960_000;
/** 1900 to 1970 in seconds, and where the 32-bit seconds begin anew in 2036. */
const unixEpochSeconds = 2_208_988_800;
const eraSeconds = 2 ** 32;

export interface NetworkTimeOptions {
  readonly clock: Esp32Clock;
  readonly random: Random;
  readonly server: string;
}

export class NetworkTime {
  readonly #clock: Esp32Clock;
  readonly #random: Random;
  readonly #server: string;
  #question: Question | undefined;
  #timer: Timer | undefined;
  #pauseMilliseconds = pauseMillisecondsMin;

  constructor(options: NetworkTimeOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#server = options.server;
  }

  /** Asks now, unless a question is under way. */
  synchronize(): void {
    if (this.#question !== undefined) return;
    this.#setTimer(() => this.#failed('no answer'), answerMillisecondsMax);
    const question = new Question(this.#clock, this.#random, (wallMilliseconds) => this.#answered(wallMilliseconds));
    this.#question = question;
    System.resolve(this.#server, (_name, address) => question.send(address));
  }

  #answered(wallMilliseconds: number): void {
    this.#clock.setWallMilliseconds(wallMilliseconds);
    trace(`time: ${new Date(wallMilliseconds).toISOString()} from ${this.#server}\n`);
    this.#pauseMilliseconds = pauseMillisecondsMin;
    this.#rest(intervalMilliseconds);
  }

  #failed(reason: string): void {
    trace(`time: ${reason} from ${this.#server}\n`);
    this.#rest(this.#pauseMilliseconds);
    this.#pauseMilliseconds = Math.min(this.#pauseMilliseconds * 2, pauseMillisecondsMax);
  }

  #rest(milliseconds: number): void {
    this.#question?.close();
    this.#question = undefined;
    // Up to an eighth more, so that devices that booted together do not ask together for ever.
    this.#setTimer(() => this.synchronize(), milliseconds + Math.floor((this.#random() * milliseconds) / 8));
  }

  #setTimer(callback: () => void, milliseconds: number): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(callback, milliseconds);
  }
}

/** The typings lack `close`. */
type Socket = UDP & { close(): void };

/** One question to one server. Silent when anything goes wrong: whoever asked waits for a limited time. */
class Question {
  readonly #clock: Clock;
  readonly #nonce: readonly [number, number];
  readonly #onAnswer: (wallMilliseconds: number) => void;
  #socket: Socket | undefined;
  #sentMilliseconds = 0;
  #closed = false;

  constructor(clock: Clock, random: Random, onAnswer: (wallMilliseconds: number) => void) {
    this.#clock = clock;
    this.#nonce = [Math.floor(random() * eraSeconds), Math.floor(random() * eraSeconds)];
    this.#onAnswer = onAnswer;
  }

  send(address: string | undefined): void {
    if (this.#closed || address === undefined) return;
    try {
      this.#socket = new UDP({ onReadable: (packetCount) => this.#receive(packetCount) }) as Socket;
      const message = new DataView(new ArrayBuffer(messageByteCount));
      message.setUint8(0, (version4 << 3) | client);
      message.setUint32(40, this.#nonce[0]);
      message.setUint32(44, this.#nonce[1]);
      this.#sentMilliseconds = this.#clock.milliseconds();
      this.#socket.write(message, address, port);
    } catch (error) {
      trace(`time: ${messageOf(error)}\n`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #receive(packetCount: number): void {
    const now = this.#clock.milliseconds();
    let wallMilliseconds: number | undefined;
    for (let packet = 0; packet < packetCount; packet += 1) {
      const bytes = this.#socket?.read();
      if (bytes !== undefined) wallMilliseconds ??= this.#interpret(new DataView(bytes), now);
    }
    if (wallMilliseconds !== undefined) this.#onAnswer(wallMilliseconds);
  }

  /** The wall time at `now`, or nothing when the message is not an answer to trust. */
  #interpret(message: DataView, now: number): number | undefined {
    if (message.byteLength < messageByteCount) return undefined;
    const first = message.getUint8(0);
    const stratum = message.getUint8(1);
    if ((first & 7) !== server || first >> 6 === alarm || stratum < 1 || stratum > stratumMax) return undefined;
    if (message.getUint32(24) !== this.#nonce[0] || message.getUint32(28) !== this.#nonce[1]) return undefined;
    const transmit = unixMilliseconds(message, 40);
    const served = transmit - unixMilliseconds(message, 32);
    const underWay = now - this.#sentMilliseconds - served;
    return Math.round(transmit + Math.max(0, underWay) / 2);
  }
}

/** Seconds since 1900 and a fraction of 2^32. A second count with its highest bit clear is one after 2036. */
function unixMilliseconds(message: DataView, offset: number): number {
  const seconds = message.getUint32(offset);
  const sinceEpoch = seconds - unixEpochSeconds + (seconds < eraSeconds / 2 ? eraSeconds : 0);
  return sinceEpoch * 1000 + (message.getUint32(offset + 4) * 1000) / eraSeconds;
}
