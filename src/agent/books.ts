/**
 * The account of every reading, over the life of the log:
 *
 *     sampled = delivered + queued + dropped        next sequence = sampled + void
 *
 * `sampled` is counted apart from the outbox since boot, so that the equations can fail.
 */
import type { LogStatistics } from '../archive/log.js';

export interface Books {
  /** Records ever stored: readings, faults and time anchors. */
  readonly sampled: number;
  readonly delivered: number;
  readonly queued: number;
  readonly dropped: number;
  readonly void: number;
  /** The sequence number that the next record gets. */
  readonly next: number;
  /** Whether both equations hold. */
  readonly balanced: boolean;
}

export class Ledger {
  readonly #sampledBefore: number;
  #sampled = 0;

  constructor(atBoot: LogStatistics) {
    this.#sampledBefore = atBoot.next - atBoot.void;
  }

  /** A record was stored. */
  stored(): void {
    this.#sampled++;
  }

  books(statistics: LogStatistics): Books {
    const { delivered, queued, dropped, next } = statistics;
    const sampled = this.#sampledBefore + this.#sampled;
    const balanced = sampled === delivered + queued + dropped && next === sampled + statistics.void;
    return { sampled, delivered, queued, dropped, void: statistics.void, next, balanced };
  }
}
