/**
 * What a person sees of running devices: a block of lines that is drawn anew in place, or plain lines one after another.
 * Functions of a snapshot; they know neither the terminal nor the clock.
 *
 *     godwit   own broker at mqtt://127.0.0.1:1883, 00:01:12
 *     device-1 online, connection 4
 *       values   pressure 1016.6  temperature 4.0  wind 3.8
 *       readings 1.0/s sampled, 1.0/s delivered, 2 in the outbox
 *       books    sampled 3451 = delivered 3449 + queued 2 + dropped 0, next 3451 = sampled 3451 + void 0
 *       engine   heap 27.3 of 64.0 KiB, stack 379 of 512 slots at most, 16430 byte codes a reading
 */
import { styleText } from 'node:util';
import type { Books } from '../../src/agent/books.js';

export interface DeviceStatus {
  readonly name: string;
  readonly online: boolean;
  /** The state of the connection in words. */
  readonly connection: string;
  /** The latest values, ready to print: 'temperature 4.0 °C'. */
  readonly values: readonly string[];
  /** What is wrong with sensors or storage now. */
  readonly faults: readonly string[];
  readonly sampledPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly books: Books;
  /** What the engine of the device needs, ready to print; empty when nothing is known of it. */
  readonly engine: readonly string[];
}

/** What a device needs of its engine. */
export interface EngineStatus {
  /** Alive now. */
  readonly heapBytes: number;
  readonly heapBytesMax: number;
  /** At most so far. */
  readonly stackPeakSlots: number;
  readonly stackSlots: number;
  /** Executed for each reading since the device started, all that it does included; absent while there is none. */
  readonly byteCodesPerReading?: number;
  /** How often the device died of itself. */
  readonly faults: number;
}

export interface Status {
  /** Where the readings go, in words. */
  readonly broker: string;
  readonly elapsedSeconds: number;
  readonly devices: readonly DeviceStatus[];
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

/** More devices than these are shown by their sum. */
const devicesShownMax = 8;
const valueLinesMax = 3;
/** In a plain line. */
const valuesShownMax = 6;
/** Lines are not made shorter than this; a terminal narrower than it shows a mess. */
const columnsMin = 16;

type Style = Parameters<typeof styleText>[0];

/** Text that stays together on a line. */
interface Piece {
  readonly text: string;
  readonly style?: Style;
}

/** At most `rows - 1` lines of less than `columns` characters, so that nothing wraps or scrolls out of reach. */
export function statusBlock(status: Status, screen: Screen): string[] {
  const { devices } = status;
  const linesMax = Math.max(1, screen.rows - 1);
  const head = flow([{ text: 'godwit  ', style: 'bold' }, ...plain(`${status.broker},`, clockTime(status))], screen);
  const total = devices.length > 1 ? inShort(sumOf(devices), screen) : [];
  const inDetail = [...head, ...devices.flatMap((device) => inFull(device, screen)), ...total];
  if (devices.length <= devicesShownMax && inDetail.length <= linesMax) return inDetail;

  const room = linesMax - head.length - total.length - 1;
  const shown = devices.slice(0, Math.max(0, Math.min(devicesShownMax, room)));
  const hidden = devices.length - shown.length;
  const more = hidden > 0 ? flow(plain(`... and ${hidden} more`), screen) : [];
  return [...head, ...shown.flatMap((device) => inShort(device, screen)), ...more, ...total].slice(0, linesMax);
}

/** The same without a terminal: a line for each device, and one for all of them. */
export function statusLines(status: Status): string[] {
  const shown = status.devices.slice(0, devicesShownMax);
  const devices = status.devices.length > 1 ? [...shown, sumOf(status.devices)] : shown;
  return devices.map((device) => {
    const { name, connection, books, values, faults, engine } = device;
    const hidden = values.length > valuesShownMax ? [`${values.length - valuesShownMax} more`] : [];
    const shown = [...values.slice(0, valuesShownMax), ...hidden].join(', ');
    const parts = [connection, rates(device).join(', '), bookText(books), shown, ...faults, engine.join(', ')];
    return `${clockTime(status)} ${name}: ${parts.filter((part) => part !== '').join('; ')}`;
  });
}

/** 'sampled 9 = delivered 7 + queued 2 + dropped 0, next 9 = sampled 9 + void 0', and a word if that is not so. */
export function bookText(books: Books): string {
  return bookPieces(books)
    .map(({ text }) => text)
    .join(' ');
}

export function engineTexts(engine: EngineStatus): string[] {
  const { heapBytes, heapBytesMax, stackPeakSlots, stackSlots, byteCodesPerReading, faults } = engine;
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  return [
    `heap ${kib(heapBytes)} of ${kib(heapBytesMax)} KiB`,
    `stack ${stackPeakSlots} of ${stackSlots} slots at most`,
    ...(byteCodesPerReading === undefined ? [] : [`${byteCodesPerReading} byte codes a reading`]),
    ...(faults === 0 ? [] : [`faults ${faults}`]),
  ];
}

/** The books of all devices together. They balance if each device's do. */
export function totalOf(all: readonly Books[]): Books {
  const sum = (name: Exclude<keyof Books, 'balanced'>) => all.reduce((total, books) => total + books[name], 0);
  return {
    sampled: sum('sampled'),
    delivered: sum('delivered'),
    queued: sum('queued'),
    dropped: sum('dropped'),
    void: sum('void'),
    next: sum('next'),
    balanced: all.every(({ balanced }) => balanced),
  };
}

function sumOf(devices: readonly DeviceStatus[]): DeviceStatus {
  const online = devices.filter((device) => device.online).length;
  const sum = (name: 'sampledPerSecond' | 'deliveredPerSecond') =>
    devices.reduce((total, device) => total + device[name], 0);
  return {
    name: 'total',
    online: online === devices.length,
    connection: `${online} of ${devices.length} online`,
    values: [],
    faults: [],
    sampledPerSecond: sum('sampledPerSecond'),
    deliveredPerSecond: sum('deliveredPerSecond'),
    books: totalOf(devices.map(({ books }) => books)),
    engine: [],
  };
}

function inFull(device: DeviceStatus, screen: Screen): string[] {
  const faults: Piece[] = device.faults.map((text) => ({ text, style: 'red' }));
  return [
    ...flow([...title(device), connectionPiece(device)], screen),
    ...clippedFlow([label('values'), ...faults, ...separated(device.values, ' ')], screen, valueLinesMax),
    ...flow([label('readings'), ...separated(rates(device), ',')], screen),
    ...flow([label('books'), ...bookPieces(device.books)], screen),
    ...(device.engine.length > 0 ? flow([label('engine'), ...separated(device.engine, ',')], screen) : []),
  ];
}

function inShort(device: DeviceStatus, screen: Screen): string[] {
  const pieces = [...title(device), connectionPiece(device), ...separated(rates(device), ',')];
  const books = device.books.balanced ? [] : bookPieces(device.books).slice(-1);
  return clippedFlow([...pieces, ...books], screen, 1);
}

function title(device: DeviceStatus): Piece[] {
  return [{ text: device.name.padEnd(8), style: 'bold' }];
}

function label(text: string): Piece {
  return { text: `  ${text.padEnd(8)}`, style: 'dim' };
}

function connectionPiece({ connection, online }: DeviceStatus): Piece {
  return { text: connection, style: online ? 'green' : 'yellow' };
}

function rates({ sampledPerSecond, deliveredPerSecond, books }: DeviceStatus): string[] {
  return [
    `${sampledPerSecond.toFixed(1)}/s sampled`,
    `${deliveredPerSecond.toFixed(1)}/s delivered`,
    `${books.queued} in the outbox`,
  ];
}

function bookPieces(books: Books): Piece[] {
  const pieces = plain(
    `sampled ${books.sampled}`,
    `= delivered ${books.delivered}`,
    `+ queued ${books.queued}`,
    `+ dropped ${books.dropped},`,
    `next ${books.next}`,
    `= sampled ${books.sampled}`,
    `+ void ${books.void}`,
  );
  return books.balanced ? pieces : [...pieces, { text: 'DOES NOT BALANCE', style: ['bold', 'red'] }];
}

function plain(...texts: string[]): Piece[] {
  return texts.map((text) => ({ text }));
}

function separated(texts: readonly string[], separator: string): Piece[] {
  return texts.map((text, index) => ({ text: index < texts.length - 1 ? text + separator : text }));
}

function clockTime({ elapsedSeconds }: Status): string {
  const parts = [
    Math.floor(elapsedSeconds / 3600),
    Math.floor(elapsedSeconds / 60) % 60,
    Math.floor(elapsedSeconds) % 60,
  ];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Fills lines with the pieces. The first piece is a label; further lines are indented as far as it reaches. */
function flow(all: readonly Piece[], { columns, colours }: Screen): string[] {
  const width = Math.max(columnsMin, columns) - 1;
  const [first, ...rest] = all.map((piece) => ({ ...piece, text: clip(piece.text, width) }));
  if (first === undefined) return [];
  const indent = Math.min(lengthOf(first.text) + 1, Math.floor(width / 3));
  const lines: string[] = [];
  let line = paint(first, colours);
  let used = lengthOf(first.text);
  for (const piece of rest) {
    if (used + 1 + lengthOf(piece.text) > width) {
      lines.push(line);
      line = ' '.repeat(indent - 1);
      used = indent - 1;
    }
    const text = clip(piece.text, width - used - 1);
    line += ` ${paint({ ...piece, text }, colours)}`;
    used += 1 + lengthOf(text);
  }
  return [...lines, line];
}

function clippedFlow(pieces: readonly Piece[], screen: Screen, linesMax: number): string[] {
  const mark = ' …';
  const lines = flow(pieces, { ...screen, columns: screen.columns - lengthOf(mark) });
  if (lines.length <= linesMax) return lines;
  return [...lines.slice(0, linesMax - 1), `${lines[linesMax - 1]}${mark}`];
}

function paint({ text, style }: Piece, colours: boolean): string {
  return colours && style !== undefined ? styleText(style, text, { validateStream: false }) : text;
}

function clip(text: string, length: number): string {
  return lengthOf(text) <= length ? text : `${[...text].slice(0, Math.max(0, length - 1)).join('')}…`;
}

function lengthOf(text: string): number {
  return [...text].length;
}
