/**
 * What a device on XS (xs/scenarios/start.ts) and the main program that started it (sim/start/) say to each other. JSON
 * arrays, the first item of which says what it is; xs/bus.c carries them. This file runs on both sides.
 */
import type { AgentSnapshot } from '../src/agent/agent.js';

/** The device asks, and does nothing else until it has the answer. */
export type Request =
  | readonly ['boot']
  | readonly ['read', key: string]
  | readonly ['write', key: string, value: string]
  | readonly ['delete', key: string]
  | readonly ['open', driver: string, options: object]
  | readonly ['sample', sensor: number];

export interface Answer {
  readonly value?: unknown;
  /** What the main program threw: the device throws an Error with this message. */
  readonly error?: string;
}

/** The answer to 'boot'. */
export interface BootAnswer {
  /** As it was given: the device checks it. */
  readonly configuration: unknown;
  /** The names of the drivers that can be opened. */
  readonly drivers: readonly string[];
}

/** The answer to 'sample': what the members of a FiniteSensor are after its `sample()`. */
export interface SampleAnswer {
  readonly sample?: { readonly [property: string]: unknown } | undefined;
  readonly exhausted: boolean;
  readonly conversionMilliseconds: number;
}

/** The device tells, and goes on. */
export type Message =
  | readonly ['close', sensor: number]
  | readonly ['event', text: string]
  /** The agent cannot be made; the device ends. */
  | readonly ['refused', refusal: Refusal]
  /** After boot, and after each command. */
  | readonly ['status', snapshot: AgentSnapshot, engine: EngineFigures]
  /** The turn is over in which a request was made: what was sampled is in flash. */
  | readonly ['turn'];

export interface Refusal {
  readonly name: string;
  readonly message: string;
  /** Of an OutboxError. */
  readonly code?: string;
}

export interface EngineFigures {
  /** Slots and chunks that are alive; the stack is not among them. */
  readonly heapBytes: number;
  readonly heapBytesMax: number;
  readonly stackPeakSlots: number;
  readonly stackSlots: number;
  /** Executed since boot, without what commands took. */
  readonly byteCodes: number;
}

/** Bytes on the device's standard input. */
export const commands = { start: 1, look: 2, stop: 3 } as const;
