/**
 * Runs a device on the XS host beside this process, which is its world. In virtual time it plays the other end of the wire (xs/wire.c) with a link
 * of the simulated network. So brokers, conditions and faults are those of the simulator, and a run is the same each time.
 */
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { Stream } from '../hal/contract.js';
import type { Scheduler, SimLink } from '../hal/sim/sim.js';
import { type Outcome, type Run, readReport, type XsEngine } from './run.js';

/** Size of the host's buffers (xs/host.h). */
const BUFFER_BYTES = 5760;
const HEAD_BYTES = 4;

export interface World {
  readonly scheduler: Scheduler;
  readonly link: SimLink;
  /**
   * Called whenever the device is idle: may change the world, and tell the host through `device`. A device without a timer
   * in a world where nothing more will happen is an Error.
   */
  onIdle(device: WiredDevice): void;
  /** Called with what the device has written to a stream. */
  onSent?(bytes: Uint8Array): void;
}

/** One stream of the device. */
interface Carried {
  readonly stream: Stream;
  isOpen: boolean;
  /** Written by the device and not taken by the stream. */
  waiting: Uint8Array[];
  unsentBytes: number;
  space: number;
  /** Bytes that the device's buffer has room for. */
  room: number;
}

/** Runs to the end in virtual time. The device loses power then, whatever the end was. */
export async function runInWorld(engine: XsEngine, run: Run, world: World, reportPath: string): Promise<Outcome> {
  const child = engine.start(run, reportPath);
  const wire = child.stdio[3] as Duplex;
  const device = new WiredDevice(wire, world);
  wire.on('error', () => {});
  wire.on('data', (bytes: Uint8Array) => {
    try {
      device.received(bytes);
    } catch (error) {
      child.kill('SIGKILL');
      child.emit('error', error);
    }
  });
  const outcome = await endOf(child, reportPath);
  world.link.powerDown();
  world.link.powerUp();
  return outcome;
}

/** Runs to the end in real time, with this machine's sockets. */
export function runInRealTime(engine: XsEngine, run: Run, reportPath: string): Promise<Outcome> {
  return endOf(engine.start({ ...run, realTime: true }, reportPath), reportPath);
}

async function endOf(child: ChildProcess, reportPath: string): Promise<Outcome> {
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  const report = readReport(reportPath);
  return report === undefined ? { exitCode, output, errors } : { exitCode, output, errors, report };
}

export class WiredDevice {
  readonly #wire: Duplex;
  readonly #world: World;
  readonly #bootMilliseconds: number;
  readonly #carried = new Map<number, Carried>();
  #unparsed: Uint8Array = new Uint8Array(0);
  #messages: Uint8Array[] = [];
  /** Whether a message is among them that the device has to hear of before its next timer. */
  #isUrgent = false;

  constructor(wire: Duplex, world: World) {
    this.#wire = wire;
    this.#world = world;
    this.#bootMilliseconds = world.scheduler.now;
  }

  /** Time since the device's boot. */
  get milliseconds(): number {
    return this.#world.scheduler.now - this.#bootMilliseconds;
  }

  /** A mark of this name in the report. */
  mark(name: string): void {
    this.#say('M', 0, Buffer.from(name));
  }

  /** The scenario has passed. */
  end(): void {
    this.#say('X', 0, new Uint8Array(0));
  }

  /** What came over the wire, in pieces of any size. */
  received(bytes: Uint8Array): void {
    let rest = this.#unparsed.length === 0 ? bytes : Buffer.concat([this.#unparsed, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const length = (rest[2] as number) | ((rest[3] as number) << 8);
      if (rest.length < HEAD_BYTES + length) break;
      const type = String.fromCharCode(rest[0] as number);
      this.#take(type, rest[1] as number, rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      rest = rest.subarray(HEAD_BYTES + length);
    }
    this.#unparsed = rest;
  }

  #take(type: string, id: number, body: Uint8Array): void {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const carried = this.#carried.get(id);
    if (type === 'I') this.#turn(view.getFloat64(0, true), view.getFloat64(8, true));
    else if (type === 'O') this.#open(id, view.getUint16(0, true), Buffer.from(body.subarray(2)).toString());
    else if (carried === undefined) return;
    else if (type === 'D') {
      this.#world.onSent?.(body);
      carried.waiting.push(Uint8Array.from(body));
      carried.unsentBytes += body.length;
      this.#send(id, carried);
    } else if (type === 'R') {
      carried.room += view.getUint16(0, true);
      this.#receive(id, carried);
    } else if (type === 'C') {
      carried.stream.close();
      this.#carried.delete(id);
    }
  }

  /** Lets the world go on until it has something to say, or the device's timer is due. */
  #turn(now: number, nextTimer: number): void {
    const { scheduler } = this.#world;
    scheduler.runUntil(this.#bootMilliseconds + now);
    this.#world.onIdle(this);
    let isDue = false;
    const due = Number.isFinite(nextTimer)
      ? scheduler.at(this.#bootMilliseconds + nextTimer, () => {
          isDue = true;
        })
      : undefined;
    while (!isDue && !this.#isUrgent)
      if (!scheduler.step()) throw new Error('the device waits for a world in which nothing more will happen');
    if (due !== undefined) scheduler.clear(due);
    const time = float64(this.milliseconds);
    const quietUntil = float64(scheduler.pending === 0 ? Number.POSITIVE_INFINITY : 0);
    this.#wire.write(Buffer.concat([message('T', 0, time), ...this.#messages, message('G', 0, quietUntil)]));
    this.#messages = [];
    this.#isUrgent = false;
  }

  #open(id: number, port: number, host: string): void {
    const stream = new this.#world.link.TCP({
      host,
      port,
      onReadable: () => this.#receive(id, carried),
      onWritable: (byteCount) => {
        if (!carried.isOpen) this.#say('K', id, new Uint8Array(0));
        carried.isOpen = true;
        carried.space = byteCount;
        this.#send(id, carried);
      },
      onError: (reason) => {
        this.#carried.delete(id);
        this.#say('E', id, Buffer.from(reason));
      },
    });
    const carried: Carried = { stream, isOpen: false, waiting: [], unsentBytes: 0, space: 0, room: BUFFER_BYTES };
    this.#carried.set(id, carried);
  }

  #send(id: number, carried: Carried): void {
    while (carried.space > 0 && carried.waiting.length > 0) {
      const bytes = carried.waiting.shift() as Uint8Array;
      const piece = bytes.subarray(0, carried.space);
      if (piece.length < bytes.length) carried.waiting.unshift(bytes.subarray(piece.length));
      carried.space = carried.stream.write(piece);
      // The device waits for space only when it has none.
      this.#isUrgent ||= carried.unsentBytes === BUFFER_BYTES;
      carried.unsentBytes -= piece.length;
      this.#messages.push(message('S', id, uint16(piece.length)));
    }
  }

  #receive(id: number, carried: Carried): void {
    const buffer = new Uint8Array(BUFFER_BYTES);
    while (carried.room > 0) {
      const count = carried.stream.read(buffer.subarray(0, carried.room));
      if (count === undefined) return;
      carried.room -= count;
      this.#say('D', id, buffer.slice(0, count));
    }
  }

  #say(type: string, id: number, body: Uint8Array): void {
    this.#messages.push(message(type, id, body));
    this.#isUrgent = true;
  }
}

function message(type: string, id: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(type.charCodeAt(0), id, body.length & 0xff, body.length >> 8, ...body);
}

function float64(value: number): Uint8Array {
  return new Uint8Array(Float64Array.of(value).buffer);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
