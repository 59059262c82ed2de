/**
 * The channel tables: which channels each sensor's readings have, and had.
 *
 * A stored reading names neither channel nor unit: its stream says which sensor, and the boot that took it says which table
 * was in force. A table that differs from the one before is therefore remembered with the first boot it is valid for, in
 * key-value storage, a few tables back. Readings older than that cannot be told any more and go out raw.
 */
import type { KeyValue } from '../../hal/contract.js';

/** One measured quantity of a sensor. */
export interface Channel {
  readonly name: string;
  /** For a person; "" when unknown. Not stored: a change of unit alone does not change what a reading means. */
  readonly unit: string;
  /** Digits after the decimal point that are kept. */
  readonly decimals: number;
}

export interface SensorTable {
  readonly sensor: string;
  readonly channels: readonly Channel[];
}

/** Tables kept for a stream, the one in force included, as far as they fit into the value. */
const TABLES_MAX = 4;
/** Limit of a value in key-value storage, in bytes; names are ASCII. */
const VALUE_BYTES_MAX = 1000;

/** [first boot, sensor, [[name, decimals], ...]], the newest last. */
type StoredTable = [number, string, [string, number][]];

export class ChannelTables {
  readonly #keyValue: KeyValue;
  /** By stream. */
  readonly #tables: StoredTable[][] = [];

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue;
  }

  /** Says that from `boot` on the readings of `stream` have these channels. */
  declare(stream: number, boot: number, { sensor, channels }: SensorTable): void {
    const tables = this.#of(stream);
    const table: StoredTable = [boot, sensor, channels.map(({ name, decimals }) => [name, decimals])];
    const current = tables[tables.length - 1];
    if (current !== undefined && isSame(current, table)) return;
    tables.push(table);
    while (tables.length > TABLES_MAX || (tables.length > 1 && JSON.stringify(tables).length > VALUE_BYTES_MAX))
      tables.shift();
    this.#keyValue.write(keyOf(stream), JSON.stringify(tables));
  }

  /** What the readings of `stream` meant in `boot`; `undefined` when that is not known any more. */
  at(stream: number, boot: number): SensorTable | undefined {
    const tables = this.#of(stream);
    for (let i = tables.length - 1; i >= 0; i--) {
      const [from, sensor, channels] = tables[i] as StoredTable;
      if (boot >= from) return { sensor, channels: channels.map(([name, decimals]) => ({ name, unit: '', decimals })) };
    }
    return undefined;
  }

  #of(stream: number): StoredTable[] {
    let tables = this.#tables[stream];
    if (tables === undefined) {
      tables = JSON.parse(this.#keyValue.read(keyOf(stream)) ?? '[]') as StoredTable[];
      this.#tables[stream] = tables;
    }
    return tables;
  }
}

function keyOf(stream: number): string {
  return `channels.${stream}`;
}

function isSame(a: StoredTable, b: StoredTable): boolean {
  return JSON.stringify(a.slice(1)) === JSON.stringify(b.slice(1));
}
