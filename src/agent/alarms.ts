/**
 * Which channels of a sensor are beyond their limits: finds the moments at which that changes.
 *
 * An alarm is raised when the value is above `above` or below `below`, and cleared when it has come back by the hysteresis.
 * A missing value changes nothing. After a boot all is clear, so an alarm that still stands is raised once more.
 *
 * Does not know where alarms are kept, nor time.
 */
import type { AlarmState } from '../reading/reading.js';
import type { AlarmLimits } from './configuration.js';

/** A channel as far as alarms are concerned. */
export interface Watched {
  readonly alarm?: AlarmLimits;
}

export class Alarms {
  readonly #channels: readonly Watched[];
  /** By channel. */
  readonly #states: AlarmState[];

  constructor(channels: readonly Watched[]) {
    this.#channels = channels;
    this.#states = channels.map(() => 'clear');
  }

  /**
   * Calls `changed` for each channel whose state changes with these values, one a channel. The change counts when the call
   * returns: if it throws, the next check tries again.
   */
  check(
    values: readonly (number | undefined)[],
    changed: (channel: number, state: AlarmState, value: number) => void,
  ): void {
    for (let i = 0; i < this.#channels.length; i++) {
      const { alarm } = this.#channels[i] as Watched;
      const value = values[i];
      if (alarm === undefined || value === undefined) continue;
      const state = stateAfter(this.#states[i] as AlarmState, value, alarm);
      if (state === this.#states[i]) continue;
      changed(i, state, value);
      this.#states[i] = state;
    }
  }
}

function stateAfter(before: AlarmState, value: number, { above, below, hysteresis }: AlarmLimits): AlarmState {
  if (above !== undefined && value > (before === 'above' ? above - hysteresis : above)) return 'above';
  if (below !== undefined && value < (before === 'below' ? below + hysteresis : below)) return 'below';
  return 'clear';
}
