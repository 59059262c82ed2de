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

const NO_CHANNELS: SensorTable = Object.freeze({ sensor: '', channels: Object.freeze([]) });

/** Tables kept for a stream, the one in force included, as far as they fit into so many pieces. */
const TABLES_MAX = 4;
const PIECES_MAX = 12;
/** A value in key-value storage holds 1000 bytes; what is longer stands in pieces. Names are ASCII. */
const PIECE_CHARACTERS = 960;

/** As it is stored: [first boot, sensor, [[name, decimals], ...]], the newest last. */
type StoredTable = [number, string, [string, number][]];

interface DatedTable extends SensorTable {
  /** The first boot that it is valid for. */
  readonly from: number;
}

export class ChannelTables {
  readonly #keyValue: KeyValue;
  /** By stream, the newest last; not a Map, whose entries take three times the RAM. */
  readonly #tables: (DatedTable[] | undefined)[] = [];

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue;
  }

  /** Says that from `boot` on the readings of `stream` have these channels, and gives the table that is then in force. */
  declare(stream: number, boot: number, { sensor, channels }: SensorTable): SensorTable {
    const tables = this.of(stream);
    const current = tables[tables.length - 1];
    if (current !== undefined && isSame(current, { sensor, channels })) {
      // The caller's objects in place of those that were read, so that they are in RAM once.
      const same = { from: current.from, sensor, channels };
      tables[tables.length - 1] = same;
      return same;
    }
    const table = { from: boot, sensor, channels };
    tables.push(table);
    while (
      tables.length > TABLES_MAX ||
      (tables.length > 1 && JSON.stringify(tables.map(storedOf)).length > PIECES_MAX * PIECE_CHARACTERS)
    )
      tables.shift();
    this.save(stream, JSON.stringify(tables.map(storedOf)));
    return table;
  }

  /** What the readings of `stream` meant in `boot`; `undefined` when that is not known any more. */
  at(stream: number, boot: number): SensorTable | undefined {
    const tables = this.#tables[stream] ?? this.of(stream);
    let i = tables.length - 1;
    while (i >= 0 && boot < (tables[i] as DatedTable).from) --i;
    return tables[i];
  }

  private of(stream: number): DatedTable[] {
    let tables = this.#tables[stream];
    if (tables === undefined) {
      // Without holes: XS's collector cannot bear them.
      while (this.#tables.length < stream) this.#tables.push(undefined);
      tables = this.load(stream).map(([from, sensor, channels]) => ({
        from,
        sensor,
        channels: channels.map(([name, decimals]) => ({ name, unit: '', decimals })),
      }));
      this.#tables[stream] = tables;
    }
    return tables;
  }

  /** The first piece, which says how many there are, is written last. */
  private save(stream: number, text: string): void {
    const pieces = Math.ceil(text.length / PIECE_CHARACTERS);
    for (let i = pieces - 1; i >= 0; i--) {
      const piece = text.slice(i * PIECE_CHARACTERS, (i + 1) * PIECE_CHARACTERS);
      this.#keyValue.write(keyOf(stream, i), i === 0 ? `${pieces} ${piece}` : piece);
    }
  }

  /** Tables whose writing was cut are not known: their readings go out raw. */
  private load(stream: number): StoredTable[] {
    const first = this.#keyValue.read(keyOf(stream, 0));
    if (first === undefined) return [];
    const space = first.indexOf(' ');
    let text = first.slice(space + 1);
    for (let i = 1; i < Number(first.slice(0, space)); i++) text += this.#keyValue.read(keyOf(stream, i)) ?? '';
    try {
      return JSON.parse(text) as StoredTable[];
    } catch {
      return [];
    }
  }
}

/** In place of tables, for who looks for anchors: of other readings only boot and time are told, in fewer steps. */
export function noChannels(): Pick<ChannelTables, 'at'> {
  return { at: () => NO_CHANNELS };
}

function keyOf(stream: number, piece: number): string {
  return piece === 0 ? `channels.${stream}` : `channels.${stream}.${piece}`;
}

function storedOf({ from, sensor, channels }: DatedTable): StoredTable {
  return [from, sensor, channels.map(({ name, decimals }) => [name, decimals])];
}

function isSame(a: SensorTable, b: SensorTable): boolean {
  return JSON.stringify(storedOf({ ...a, from: 0 })) === JSON.stringify(storedOf({ ...b, from: 0 }));
}
