/** Deals seeds out to explorers on all cores, until there were enough crash states. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SoakReport, SoakTask, SoakViolation } from './soak-worker.js';

const VIOLATIONS_MAX = 5;

export interface CrewOptions {
  /** soak-worker.ts, built. */
  readonly worker: URL;
  /** Seeds count up from here. */
  readonly seed: number;
  readonly states: number;
  /** Power cuts in a row; drawn for each seed, 1 to 3, when not given. */
  readonly depth: number | undefined;
  readonly onViolation?: (violation: SoakViolation) => void;
}

export class Crew {
  /** Explored so far. */
  states = 0;
  lastSeed: number;
  readonly violations: SoakViolation[] = [];
  readonly #options: CrewOptions;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.lastSeed = options.seed - 1;
  }

  /** Until there were enough states, or too many violations. */
  async explore(): Promise<void> {
    await Promise.all(Array.from({ length: availableParallelism() }, () => this.#explore()));
  }

  #explore(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.#options.worker);
      const next = () => {
        if (this.states >= this.#options.states || this.violations.length >= VIOLATIONS_MAX) {
          worker.terminate().then(() => resolve(), reject);
          return;
        }
        const { depth, states } = this.#options;
        const task: SoakTask = { seed: ++this.lastSeed, depth, statesMax: states - this.states };
        worker.postMessage(task);
      };
      worker.on('error', reject);
      worker.on('message', (report: SoakReport) => {
        this.states += report.states;
        if (report.kind === 'progress') return;
        if (report.violation !== undefined) {
          this.violations.push(report.violation);
          this.#options.onViolation?.(report.violation);
        }
        next();
      });
      next();
    });
  }
}
