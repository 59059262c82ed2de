/** What the agent tests share: a sensor whose values tell which sample they are, and a reader of what the broker got. */

import type { World, WorldDevice } from '../../sim/world/world.js';
import type { Drivers } from '../../src/agent/agent.js';

export const EPOCH = Date.UTC(2026, 5, 1);

/** Counts up with every sample, over all boots. */
export class Counter {
  count = 0;
  error: string | undefined;

  get drivers(): Drivers {
    return {
      counter: () => ({
        configure: () => {},
        close: () => {},
        sample: () => {
          if (this.error !== undefined) throw new Error(this.error);
          return { count: ++this.count };
        },
      }),
    };
  }
}

export const counterConfiguration = {
  device: 'field-1',
  sensors: [
    { name: 'counter', driver: 'counter', periodMilliseconds: 1000, channels: [{ name: 'count', decimals: 0 }] },
  ],
};

export interface Element {
  readonly ts?: number;
  readonly ms?: number;
  readonly values: { readonly [channel: string]: number };
  readonly boot: number;
  readonly seq: number;
  readonly fault?: { readonly sensor: string; readonly reason: string };
  readonly anchor?: true;
  readonly thinned?: number;
  readonly gap?: { readonly first: number; readonly last: number; readonly reason: string };
  readonly dup: boolean;
}

/** The elements of all messages on a topic, in the order the broker took them. */
export function elementsOn(world: World, topic: string): Element[] {
  return world.broker.received
    .filter((message) => message.topic === topic)
    .flatMap(({ payload, dup }) => {
      const content = JSON.parse(new TextDecoder().decode(payload));
      return (Array.isArray(content) ? content : [content]).map((element: Element) => ({ ...element, dup }));
    });
}

export function telemetry(world: World): Element[] {
  return elementsOn(world, 'godwit/field-1/telemetry');
}

/** First occurrence of each sequence number, in order of arrival, without the gaps. */
export function withoutDuplicates(elements: readonly Element[]): Element[] {
  const seen = new Set<number>();
  return elements.filter(({ seq, gap }) => gap === undefined && !seen.has(seq) && seen.add(seq));
}

/** How many numbers below `next` are neither there nor in a gap. */
export function unaccounted(elements: readonly Element[], next: number): number {
  const known = new Set<number>();
  for (const { seq, thinned = 0, gap = { first: seq, last: seq + thinned } } of elements)
    for (let number = gap.first; number <= gap.last; number++) known.add(number);
  let missing = 0;
  for (let seq = 0; seq < next; seq++) if (!known.has(seq)) missing++;
  return missing;
}

export function isDense(elements: readonly Element[]): boolean {
  return elements.every(({ seq }, i) => seq === i);
}

export function books(device: WorldDevice) {
  return device.agent.snapshot().books;
}
