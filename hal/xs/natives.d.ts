/**
 * The functions that the XS host (xs/natives.c) gives to JavaScript, as members of one global object. Only hal/xs and the
 * scenarios in xs/ use them. What is wrong with an argument is thrown as a RangeError.
 */

/** 0: `detail` bytes can be read; 1: `detail` bytes can be written; 2: the stream is gone, `detail` says why. */
type StreamCallback = (event: 0 | 1 | 2, detail: number | string) => void;

declare const native: {
  /** Prints a line. */
  trace(text: string): void;

  milliseconds(): number;
  wallMilliseconds(): number | undefined;
  setTimer(callback: () => void, delayMilliseconds: number): number;
  clearTimer(timer: number): void;

  random(): number;
  hardwareId(): string;
  resetReason(): string;

  /** Partition 0, also when absent, holds the outbox, 1 the log of events. */
  flashBytes(partition?: number): number;
  flashRead(buffer: Uint8Array, offset: number, partition?: number): void;
  flashWrite(buffer: Uint8Array, offset: number, partition?: number): void;
  flashErase(start: number, end: number, partition?: number): void;

  crc32c(bytes: Uint8Array, start: number, end: number, register: number): number;
  writeText(text: string, into: Uint8Array, at: number): number;

  keyRead(key: string): string | undefined;
  keyWrite(key: string, value: string): void;
  keyDelete(key: string): void;

  streamOpen(host: string, port: number, callback: StreamCallback): number;
  streamRead(stream: number, buffer: Uint8Array): number | undefined;
  streamWrite(stream: number, buffer: Uint8Array): number;
  streamClose(stream: number): void;

  /** What the command line says after `--set name=`. */
  setting(name: string): string | undefined;
  /** Notes in the report how much was computed so far and how much memory is alive. */
  mark(name: string): void;
  /** Ends the process: the scenario has passed. One that fails throws. */
  end(): never;

  /** Here and below: only where a main program has started this process (xs/bus.ts). Waits for its answer. */
  ask(request: string): string;
  tell(message: string): void;
  /** Calls `callback` for each command, until this is called without one. As long as there is one, the program goes on. */
  onCommand(callback?: (command: number) => void): void;
  /** What xs/bus.ts calls EngineFigures, as JSON. Collects garbage. */
  figures(): string;
};
