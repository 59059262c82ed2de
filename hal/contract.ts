/**
 * The hardware, as interfaces in ECMA-419 shapes.
 *
 * Everything in `src/` reaches the outside world through these and through nothing else. Each interface is an obligation
 * on both sides: what an implementation promises, and what a caller must not do. `hal/host`, `hal/sim`, `hal/xs` and
 * `hal/esp32` implement them; `test/hal/contract.test.ts` holds each to the same words.
 *
 * Two rules hold everywhere:
 *   - no call blocks, except flash (a program takes about a millisecond, a block erase 45 to 400 ms) and I2C (its own
 *     transfer time);
 *   - a callback is never called from inside the call that asked for it, so the caller's state is settled when it runs.
 *
 * This file imports nothing.
 */

/** Handle of a pending timer. Opaque; valid until it fired or was cleared, and harmless to clear after that. */
export type Timer = object | number;

/** Time since boot, wall time, and timers. */
export interface Clock {
  /** Whole milliseconds since boot. Never goes back and never wraps, whatever the platform's own counter does. */
  milliseconds(): number;

  /**
   * Whole milliseconds since 1970-01-01T00:00Z, or `undefined` while no trustworthy source has set the clock. It may
   * leap in either direction at any time; callers must not measure durations with it.
   */
  wallMilliseconds(): number | undefined;

  /**
   * Calls `callback` once, `delayMilliseconds` (>= 0, whole) or a little more from now; 0 means "in the next turn".
   * Callbacks due at the same moment run in the order they were set.
   */
  setTimer(callback: () => void, delayMilliseconds: number): Timer;

  /** A cleared timer never fires. Clearing one that has fired, or was cleared, does nothing. */
  clearTimer(timer: Timer): void;
}

/** A uniformly distributed fraction, 0 <= x < 1. Seeded per device, so that a fleet does not move in lockstep. */
export type Random = () => number;

/** What `Flash.status()` tells. Constant for the life of the object. */
export interface FlashStatus {
  /** Size of the partition in bytes: `blocks * blockLength`. */
  readonly size: number;
  /** Bytes in an erase block; 4096 on every NOR part this project knows. */
  readonly blockLength: number;
  readonly blocks: number;
  /** Bytes a write must be aligned to and a multiple of. 1 on plain flash (also when absent), 16 or 32 when encrypted. */
  readonly writeAlign?: number;
  /**
   * What an erased byte reads as. 0xFF on plain flash (also when absent). `undefined` given explicitly means that erased
   * flash reads as noise, as it does through an encrypted partition.
   */
  readonly eraseValue?: number | undefined;
}

/**
 * One partition of raw NOR flash (ECMA-419 `embedded:storage/flash`). Offsets count bytes from its start.
 *
 * Obligations of the implementation: a write only clears bits (1 -> 0), and writing 0 over 0 is free of effect; a call
 * that returns has taken effect and survives power loss; a call that is out of range or misaligned throws a RangeError
 * and changes nothing; a hardware failure throws an Error and may have changed any part of the range it named.
 *
 * Obligations of the caller: to expect, after a power loss, anything at all in the range of the call that was cut, and to
 * expect it to read differently after the next power-up.
 */
export interface Flash {
  /** Fills `buffer` from `offset`. */
  read(buffer: Uint8Array, offset: number): void;
  /** Programs `buffer` at `offset`. */
  write(buffer: Uint8Array, offset: number): void;
  /** Erases the blocks `start` (inclusive) to `end` (exclusive, `start + 1` by default), by block number. */
  eraseBlock(start: number, end?: number): void;
  status(): FlashStatus;
  close(): void;
}

/**
 * A handful of small settings that survive power loss (ECMA-419 `embedded:storage/key-value`, string format).
 * A key has 1 to 15 characters (the rule of ESP-IDF's NVS), a value at most 1000 bytes.
 * `write` and `delete` are atomic and durable when they return; they throw an Error when the store is full or broken.
 */
export interface KeyValue {
  read(key: string): string | undefined;
  write(key: string, value: string): void;
  delete(key: string): void;
}

/** Verification of the peer. TLS is verified always: there is no option to turn it off. */
export interface StreamSecurity {
  /** The trust anchor, DER encoded. Absent: the platform's own store, where it has one. */
  readonly certificate?: Uint8Array;
  /** Name expected in the peer's certificate; the host by default. */
  readonly serverName?: string;
}

/** What a stream is told. It keeps this object, and calls the three functions as its methods. */
export interface StreamOptions {
  /** Host name or IP address; resolving the name is the implementation's work. */
  readonly host: string;
  readonly port: number;
  /** Read by the TLS constructor only. */
  readonly secure?: StreamSecurity | undefined;
  /** `byteCount` bytes, at least 1, can be read now. Called again only when more have arrived. */
  onReadable(byteCount: number): void;
  /**
   * `byteCount` bytes, at least 1, can be written now. The first call says that the stream is connected (and, for TLS,
   * that the peer is verified). After a write that took all the space, called again when there is space.
   */
  onWritable(byteCount: number): void;
  /**
   * The stream is gone and its resources are released: refused, unresolvable, reset, closed by the peer or failed
   * verification. Called once at most, after all bytes that arrived were announced, and never after `close()`.
   * `reason` is for a person to read.
   */
  onError(reason: string): void;
}

/**
 * A connected byte stream (ECMA-419 TCP socket). "Would block" and "gone" are never the same value: the first is
 * `undefined` or 0, the second throws.
 */
export interface Stream {
  /**
   * Copies what has arrived into `buffer`, as much as fits, and returns the byte count; `undefined` when nothing is
   * there now. Throws an Error when the stream is gone or closed.
   */
  read(buffer: Uint8Array): number | undefined;
  /**
   * Takes all of `buffer` (copied before it returns) and returns the bytes that can still be written now, 0 when full.
   * Throws a RangeError, and takes nothing, when `buffer` is larger than the space last announced; throws an Error when
   * the stream is not yet connected, gone or closed.
   */
  write(buffer: Uint8Array): number;
  /** Sends what was taken, where the platform can, and releases the stream. No callback comes afterwards. Idempotent. */
  close(): void;
}

/** Constructing begins to connect; the outcome comes by callback. The constructor itself throws only on wrong options. */
export type StreamConstructor = new (options: StreamOptions) => Stream;

/** The link below TCP. On a host it is always up. */
export interface Network {
  /** Whether an address is held, so that connecting makes sense. */
  readonly connected: boolean;
  /**
   * Calls `onChanged` each time `connected` has changed. One watcher; a later call replaces it. A link that takes power
   * comes up only when it is watched.
   */
  watch(onChanged: () => void): void;
}

/** The machine itself. */
export interface System {
  /** Unchanging and unique to the hardware (on ESP32 the MAC address), usable as a topic level. */
  readonly hardwareId: string;
  /** Why this boot happened, in the platform's words: "power-on", "brown-out", "watchdog", "deep sleep", ... */
  readonly resetReason: string;
  /** Bytes of heap that nobody holds. Absent where that says nothing. */
  freeHeap?(): number;
  /**
   * The program works: an update that was on trial stays, which otherwise the next boot undoes. Without an update on trial
   * it does nothing. Absent where there are no updates.
   */
  markValid?(): void;
  /**
   * Sleeps as deeply as the machine can: RAM, timers and streams are lost. After `milliseconds` (whole, >= 0) it boots, with
   * the reset reason "deep sleep". Does not return on a device. Only to be called while the network is not in use.
   */
  sleep?(milliseconds: number): void;
  /** What `retain` was last given, since the power came; otherwise 0. */
  recall?(): number;
  /** Keeps a whole number from 0 to 2^32 - 1 over sleep and every reset, in memory that does not wear out. */
  retain?(value: number): void;
}

/** I2C bus address of one peripheral (ECMA-419 I2C). A transfer that is not acknowledged throws an Error. */
export interface I2C {
  read(byteLength: number): ArrayBuffer;
  write(buffer: Uint8Array): void;
  close(): void;
}

export interface I2COptions {
  readonly data?: number;
  readonly clock?: number;
  readonly hz?: number;
  readonly address: number;
}

export type I2CConstructor = new (options: I2COptions) => I2C;

/** One analog input (ECMA-419 Analog): `read()` gives 0 to 2^resolution - 1 for 0 V to the reference voltage. */
export interface Analog {
  readonly resolution: number;
  read(): number;
  close(): void;
}

export type AnalogConstructor = new (options: { readonly pin: number }) => Analog;

/**
 * What a sensor measured, by the names of ECMA-419: either flat (`{ temperature: 21.4 }`) or one level deep
 * (`{ thermometer: { temperature: 21.4 } }`). A value that is missing, or no finite number, was not measured.
 */
export interface Sample {
  readonly [property: string]: unknown;
}

/**
 * A sensor driver in the ECMA-419 class pattern. Any driver of the Moddable SDK (`embedded:sensor/...`) fits.
 * Each method may throw an Error whose message says what failed; the sensor is then closed and made anew later.
 */
export interface Sensor {
  configure(options: object): void;
  /**
   * The newest measurement, or `undefined` when one is under way. After `undefined` the caller asks again, not before
   * `conversionMilliseconds` have passed.
   */
  sample(): Sample | undefined;
  close(): void;
  /** How long a measurement takes. 0 when absent. */
  readonly conversionMilliseconds?: number;
}

/** `io` and its settings are injected through `options.sensor`, as ECMA-419 has it. */
export type SensorConstructor = new (options: { readonly sensor: object }) => Sensor;

/** One device's hardware, as the agent receives it. */
export interface Hal {
  readonly clock: Clock;
  readonly random: Random;
  /** The partition that holds the outbox. */
  readonly flash: Flash;
  /** The partition that holds the log of events. Opened when it is first asked for, and only a device with alarms asks. */
  readonly eventFlash: Flash;
  readonly keyValue: KeyValue;
  readonly TCP: StreamConstructor;
  readonly TLS: StreamConstructor;
  readonly network: Network;
  readonly system: System;
  /**
   * CRC-32C register after `bytes[start..end)`, bit for bit what `crc32c` of src/outbox/crc.ts gives: a signed 32-bit
   * integer, `register` starts the sum or continues one. Absent where the platform has nothing faster than the script.
   * The caller keeps 0 <= start <= end <= bytes.length; a native need not check it.
   */
  crc32c?(bytes: Uint8Array, start: number, end: number, register: number): number;
  /**
   * Writes well-formed text as UTF-8 into `into`, from `at` on, and gives the offset behind it; -1, with nothing written, when it does
   * not fit. As `writeText` of src/mqtt/utf8.ts does, and absent where the platform cannot do it without a buffer in between.
   */
  writeText?(text: string, into: Uint8Array, at: number): number;
}
