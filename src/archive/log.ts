/** What the agent needs of a log of readings: an outbox has it, and so has an archive. */
import type { Outbox, OutboxStatistics } from '../outbox/outbox.js';

/** `sectors` and `sectorsOpened` are those of the part of the partition that wears fastest. */
export type LogStatistics = OutboxStatistics;

/** A reading, packed. The numbers behind its own, up to `end`, were thinned out. */
export interface LogRecord {
  readonly sequence: number;
  readonly end: number;
  readonly stream: number;
  /** Valid until the next call of any method of the log. */
  readonly payload: Uint8Array;
  readonly reason?: undefined;
}

/** What was not released of the numbers sequence <= n < end will not come. */
export interface LogGap {
  readonly sequence: number;
  readonly end: number;
  readonly reason: 'evicted' | 'unreadable' | 'thinned';
}

export interface Log
  extends Pick<Outbox, 'payloadBytesMax' | 'append' | 'pass' | 'release' | 'rewind' | 'flush' | 'maintain'> {
  next(): LogRecord | LogGap | undefined;
  lookAhead(visit: (record: Pick<LogRecord, 'sequence' | 'stream' | 'payload'>) => boolean): void;
  statistics(): LogStatistics;
}
