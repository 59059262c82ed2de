/**
 * Reads a CSV file of recorded values, and refuses it with the number of the first line that is wrong.
 *
 *     wide                                    long
 *     date,temperature,wind                   epoch_s,channel,value
 *     2010-01-01T01:00:00,4.0,3.8             1372896000,temperature,21.4
 *     2010-01-01T02:00:00,,3.8                1372896000,wind,3.8
 *
 * A wide file has a time in its first column and a channel in each of the others. A long file has exactly three columns,
 * the last two headed `channel` and `value`; its rows of one time that follow one another make one row, and a channel
 * that occurs again begins the next. An empty cell is a missing value.
 *
 * Times keep the order of the file, whatever they say. Nothing is kept of a file that is refused.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import type { Recording } from './recording.js';
import { RecordingBuilder, scaledMax } from './recording.js';
import { parseTimeSeconds } from './time.js';

const fileBytesMax = 512 * 1024 * 1024;
const channelsMax = 255;

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Throws an Error whose message names the file and, where there is one, the line. */
export function readRecording(file: string): Recording {
  const bytes = readText(file);
  const table = new Table(file);
  try {
    parse(bytes, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      // The table says what is wrong with a short row in words of its own.
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      // Records are not collected: the table takes each as it comes.
      on_record: (cells: string[], { lines }) => {
        table.add(cells, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // A quote that is never closed is noticed at the end of the file.
    const line = error.code === 'CSV_QUOTE_NOT_CLOSED' ? table.lastLine + 1 : Number(error.lines);
    throw table.error(line, syntaxFault(error));
  }
  return table.finish(bytes.length);
}

function readText(file: string): Buffer {
  let bytes: Buffer;
  try {
    const status = statSync(file);
    if (status.isDirectory()) throw new Error('it is a folder');
    if (!status.isFile() && !status.isFIFO()) throw new Error('it is no file');
    if (status.size > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax / 1024 / 1024} MiB`);
    bytes = readFileSync(file);
  } catch (error) {
    throw new Error(`cannot read ${file}: ${readFault(error as NodeJS.ErrnoException)}`);
  }
  if (bytes.includes(0)) throw new Error(`${file}: this is a binary file, not CSV text in UTF-8`);
  if (!isUtf8(bytes)) throw new Error(`${file}, line ${firstLineNotUtf8(bytes)}: the text is not UTF-8`);
  return bytes;
}

function readFault(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'permission denied';
  return error.message;
}

function firstLineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

function syntaxFault(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote that opens here is never closed';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'something follows the closing quote of a cell';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote stands within a cell that does not begin with one';
    default:
      return error.message;
  }
}

/** Takes the records of the file one by one. The first is the header; it decides what the others must look like. */
class Table {
  lastLine = 0;
  readonly #file: string;
  readonly #builder = new RecordingBuilder();
  #header: string[] | undefined;
  #long = false;
  #rowsSeen = 0;
  /** Of a long file: index by label, and the row being put together. */
  readonly #channels = new Map<string, number>();
  readonly #channelsInRow = new Set<number>();
  #rowTime: number | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** `line` is the one on which the record ends. */
  add(cells: string[], line: number): void {
    if (this.#header === undefined) this.#addHeader(cells, line);
    else this.#addRow(cells, this.#header, line);
    this.lastLine = line;
  }

  error(line: number, fault: string): Error {
    return new Error(`${this.#file}, line ${line}: ${fault}`);
  }

  finish(fileBytes: number): Recording {
    if (this.#header === undefined) throw new Error(`${this.#file}: the file is empty`);
    if (this.#rowsSeen === 0) throw new Error(`${this.#file}: there is a header but no row`);
    const recording = this.#builder.finish(this.#file, fileBytes);
    if (recording.rows === 0) throw new Error(`${this.#file}: no row holds a value`);
    return recording;
  }

  #addHeader(cells: string[], line: number): void {
    const expected = 'expected a time and the channels, or epoch_s,channel,value, separated by commas';
    const first = cells[0] ?? '';
    if (cells.length < 2) {
      const found = first.includes(';') ? ', not by semicolons' : first.includes('\t') ? ', not by tabs' : '';
      throw this.error(line, `unknown header "${clip(first)}": ${expected}${found}`);
    }
    if (parseTimeSeconds(first) !== undefined) {
      throw this.error(line, `there is a time, "${first}", where the header should be: ${expected}`);
    }
    const labels = cells.map((cell) => cell.toLowerCase());
    this.#long = labels.length === 3 && labels[1] === 'channel' && labels[2] === 'value';
    if (!this.#long) {
      cells.slice(1).forEach((label, index) => {
        if (label === '') throw this.error(line, `unknown header: column ${index + 2} has no name`);
        this.#addChannel(label, line);
      });
    }
    this.#header = cells;
  }

  #addRow(cells: string[], header: string[], line: number): void {
    if (cells.length !== header.length) {
      throw this.error(line, `the header has ${header.length} cells, this row ${cells.length}`);
    }
    this.#rowsSeen += 1;
    const text = cells[0] ?? '';
    const timeSeconds = parseTimeSeconds(text);
    if (timeSeconds === undefined) {
      throw this.error(line, `time "${clip(text)}" is neither ISO 8601 nor seconds since 1970`);
    }
    if (this.#long) {
      this.#addLongCell(timeSeconds, cells[1] ?? '', cells[2] ?? '', line);
    } else {
      this.#builder.beginRow(timeSeconds, line);
      for (let column = 1; column < cells.length; column++) {
        this.#addCell(column - 1, cells[column] ?? '', header[column] ?? '', line);
      }
    }
  }

  #addLongCell(timeSeconds: number, label: string, text: string, line: number): void {
    if (label === '') throw this.error(line, 'the channel has no name');
    const channel = this.#channels.get(label) ?? this.#addChannel(label, line);
    if (timeSeconds !== this.#rowTime || this.#channelsInRow.has(channel)) {
      this.#builder.beginRow(timeSeconds, line);
      this.#rowTime = timeSeconds;
      this.#channelsInRow.clear();
    }
    this.#channelsInRow.add(channel);
    this.#addCell(channel, text, label, line);
  }

  #addChannel(label: string, line: number): number {
    const channel = this.#builder.addChannel(label);
    if (channel >= channelsMax) throw this.error(line, `there are more than ${channelsMax} channels`);
    this.#channels.set(label, channel);
    return channel;
  }

  #addCell(channel: number, text: string, label: string, line: number): void {
    if (text === '') return;
    if (!numberPattern.test(text)) {
      throw this.error(
        line,
        `"${clip(text)}" in ${clip(label)} is no number (leave the cell of a missing value empty)`,
      );
    }
    const value = Number(text);
    if (Math.abs(value) > scaledMax) {
      throw this.error(line, `${clip(text)} in ${clip(label)} is too large (at most ${scaledMax})`);
    }
    this.#builder.addCell(channel, text, value);
  }
}

/** Keeps a message in one line of sensible length, whatever the file holds. */
function clip(text: string): string {
  const oneLine = text.replace(/\p{Cc}+/gu, ' ');
  return oneLine.length > 40 ? `${oneLine.slice(0, 40)}...` : oneLine;
}
