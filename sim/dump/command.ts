/**
 * `godwit outbox FILE`: a flash dump as text. What can be read is printed; what cannot is counted.
 *
 * Channel names and decimals are not in flash: they come from the key-value.json beside the dump (a folder of `npm start`),
 * or from the device's configuration.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KeyValue } from '../../hal/contract.js';
import { HostKeyValue } from '../../hal/host/host.js';
import { SimKeyValue } from '../../hal/sim/sim.js';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { yearsLeft } from '../../src/outbox/wear.js';
import { Anchors } from '../../src/reading/anchor.js';
import { ChannelTables, noChannels } from '../../src/reading/channel.js';
import { type AlarmState, type StoredReading, unpackReading } from '../../src/reading/reading.js';
import { UsageError } from '../start/options.js';
import { type ArchiveDump, dumpOf } from './archive-dump.js';
import type { Damage } from './damage.js';
import type { Dump, DumpRecord, DumpSummary, Gap, Place } from './dump.js';

export const dumpUsage = `Usage: godwit outbox FILE [options]

Reads a dump of an outbox partition (esptool read_flash, or flash.bin of a data folder): summary, health, readings.
The log of events (events.bin) is read the same way.

  --csv              the queued readings as CSV: sequence,boot,milliseconds,time,sensor,channel,value,delivered,alarm
  --json             summary and readings as one JSON object
  --all              also readings that were delivered and are still in flash
  --config FILE      configuration of the device, for the names of its channels
                     (default: key-value.json beside the dump, if there is one)
`;

/** Bytes of a dump from which on progress is shown. */
const PROGRESS_BYTES = 512 * 1024;

interface DumpOptions {
  readonly file: string;
  readonly format: 'text' | 'csv' | 'json';
  readonly all: boolean;
  readonly configurationFile: string | undefined;
}

/** One line of CSV: a value, a fault, an anchor or an alarm. */
interface Row {
  readonly sequence: number;
  readonly boot: number | undefined;
  readonly milliseconds: number | undefined;
  readonly time: string;
  readonly sensor: string;
  readonly channel: string;
  readonly value: number | string;
  readonly delivered: boolean;
  /** In the log of events: what this value has raised or cleared. */
  readonly alarm?: AlarmState;
}

/** Throws a UsageError, or an Error that names the file. */
export function dumpOutbox(parameters: readonly string[], output: NodeJS.WritableStream): void {
  const options = parseOptions(parameters);
  if (options === undefined) {
    output.write(dumpUsage);
    return;
  }
  const image = readFile(options.file);
  const keyValue = knowledgeOf(options);
  const tables = new ChannelTables(keyValue);
  const dump = open(options.file, image);
  const progress = new Progress(image.length);
  const records = [...progress.of(dump)];
  const anchors = anchorsOf(records, keyValue);
  const { oldest } = dump.summary();
  const rows = records
    .filter(({ sequence }) => options.all || sequence >= oldest)
    .flatMap((record) => rowsOf(record, tables, anchors));
  const summary = { ...dump.summary(), years: yearsOf(dump, records, anchors) };
  if (options.format === 'json') output.write(`${JSON.stringify({ summary, readings: rows })}\n`);
  else if (options.format === 'csv') output.write(csvOf(rows));
  else output.write(textOf(options.file, summary));
}

function parseOptions(parameters: readonly string[]): DumpOptions | undefined {
  let parsed: ReturnType<typeof split>;
  try {
    parsed = split(parameters);
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\. |\n/)[0] ?? '');
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  const [file, ...rest] = positionals;
  if (file === undefined) throw new UsageError('outbox needs the file to read');
  if (rest.length > 0) throw new UsageError(`unexpected "${rest[0]}"`);
  if (values.csv && values.json) throw new UsageError('--csv and --json exclude each other');
  const format = values.csv ? 'csv' : values.json ? 'json' : 'text';
  return { file, format, all: values.all ?? false, configurationFile: values.config };
}

function split(parameters: readonly string[]) {
  return parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      csv: { type: 'boolean' },
      json: { type: 'boolean' },
      all: { type: 'boolean' },
      config: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

function readFile(file: string): Uint8Array {
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder');
    return readFileSync(file);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(`cannot read ${file}: ${isMissing ? 'there is no such file' : (error as Error).message}`);
  }
}

function open(file: string, image: Uint8Array): Dump | ArchiveDump {
  try {
    return dumpOf(image);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** Channel tables and anchors, as the device knew them, or from its configuration. */
function knowledgeOf({ file, configurationFile }: DumpOptions): KeyValue {
  const beside = join(dirname(file), 'key-value.json');
  if (configurationFile === undefined) return existsSync(beside) ? new HostKeyValue(beside) : new SimKeyValue();
  const keyValue = new SimKeyValue();
  const tables = new ChannelTables(keyValue);
  try {
    const { sensors } = parseConfiguration(JSON.parse(readFileSync(configurationFile, 'utf8')), 'device');
    sensors.forEach(({ name, channels }, i) => {
      tables.declare(i, 0, { sensor: name, channels });
    });
  } catch (error) {
    throw new Error(`${configurationFile}: ${(error as Error).message}`);
  }
  return keyValue;
}

/** When millisecond 0 of each boot was: what the log says, else what the device remembered. */
function anchorsOf(records: readonly DumpRecord[], keyValue: KeyValue): (boot: number) => number | undefined {
  const starts = new Map<number, number>();
  for (const record of records) {
    const reading = readingOf(record, noChannels());
    if (reading?.kind === 'anchor' && !starts.has(reading.boot))
      starts.set(reading.boot, reading.unixMilliseconds - reading.milliseconds);
  }
  const remembered = new Anchors(keyValue, 0);
  return (boot) => starts.get(boot) ?? remembered.startOf(boot);
}

function readingOf({ payload, stream }: DumpRecord, tables: Pick<ChannelTables, 'at'>): StoredReading | undefined {
  try {
    return unpackReading(payload, stream, tables);
  } catch {
    return undefined;
  }
}

function rowsOf(record: DumpRecord, tables: ChannelTables, startOf: (boot: number) => number | undefined): Row[] {
  const { sequence, stream, payload, isDelivered } = record;
  const reading = readingOf(record, tables);
  if (reading === undefined) {
    const value = Buffer.from(payload).toString('hex');
    const unknown = { boot: undefined, milliseconds: undefined, time: '', sensor: `stream ${stream}` };
    return [{ sequence, ...unknown, channel: 'raw', value, delivered: isDelivered }];
  }
  const { boot, milliseconds } = reading;
  const start = startOf(boot);
  const row = {
    sequence,
    boot,
    milliseconds,
    time: start === undefined ? '' : new Date(start + milliseconds).toISOString(),
    sensor: tables.at(stream, boot)?.sensor ?? '',
    delivered: isDelivered,
  };
  if (reading.kind === 'anchor') return [{ ...row, channel: 'anchor', value: reading.unixMilliseconds }];
  if (reading.kind === 'fault') return [{ ...row, channel: 'fault', value: reading.reason }];
  const { channels } = reading.table;
  if (reading.kind === 'alarm') {
    const { state, value } = reading;
    return [{ ...row, channel: channels[reading.channel]?.name ?? '', value, alarm: state }];
  }
  return channels.flatMap(({ name }, i) => {
    const value = reading.values[i];
    return value === undefined ? [] : [{ ...row, channel: name, value }];
  });
}

function csvOf(rows: readonly Row[]): string {
  const lines = rows.map(({ sequence, boot, milliseconds, time, sensor, channel, value, delivered, alarm }) =>
    [sequence, boot ?? '', milliseconds ?? '', time, sensor, channel, quoted(value), delivered, alarm ?? ''].join(','),
  );
  return ['sequence,boot,milliseconds,time,sensor,channel,value,delivered,alarm', ...lines, ''].join('\n');
}

function quoted(value: number | string): string {
  return typeof value === 'string' && /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value);
}

/** A forecast, at the rate of the time between the first and the last reading whose times can be compared. */
function yearsOf(
  dump: Dump | ArchiveDump,
  records: readonly DumpRecord[],
  startOf: (boot: number) => number | undefined,
): number | undefined {
  let years: number | undefined;
  const first = new Map<number | undefined, { sector: number; milliseconds: number }>();
  for (const record of records) {
    const { sector } = record;
    const reading = readingOf(record, noChannels());
    if (reading === undefined) continue;
    const start = startOf(reading.boot);
    // Without an anchor, only with readings of the same boot.
    const scale = start === undefined ? reading.boot : undefined;
    const milliseconds = (start ?? 0) + reading.milliseconds;
    const before = first.get(scale);
    if (before === undefined) first.set(scale, { sector, milliseconds });
    else years = yearsLeft(dump.wear, sector - before.sector, milliseconds - before.milliseconds) ?? years;
  }
  return years === undefined ? undefined : Math.floor(years);
}

function gapText({ first, last, reason, from, to }: Gap): string {
  const numbers = first === last ? `number ${first}` : `numbers ${first} to ${last}`;
  if (from === undefined || to === undefined) return `gap     ${numbers}: ${reason}\n`;
  return `gap     ${numbers}: ${reason}, between ${placeText(from)} and ${placeText(to)}\n`;
}

function damageText({ block, offset, bytes, kind }: Damage): string {
  return `damage  ${placeText({ block, offset })}: ${bytes} bytes ${kind === 'header' ? 'are no header' : 'hold no record'}\n`;
}

function placeText({ block, offset }: Place): string {
  return `block ${block} offset ${offset}`;
}

function textOf(file: string, summary: DumpSummary & { readonly years: number | undefined }): string {
  const { bytes, sectors, sectorsInUse, next, oldest, delivered, queued, dropped, unreadable } = summary;
  const { cycles, cyclesMax, years, starts, gaps, damage, thinned = 0 } = summary;
  return `${file}: ${bytes} bytes, ${sectors} sectors, ${sectorsInUse} in use
books   next ${next} = delivered ${delivered} + queued ${queued} + dropped ${dropped}
queued  ${queued === 0 ? 'nothing' : `numbers ${oldest} to ${next - 1}${unreadable > 0 ? `, ${unreadable} of them cannot be read` : ''}`}${thinned > 0 ? `, ${thinned} thinned out` : ''}
wear    ${cycles} erases a block, ${cyclesMax} at most${years === undefined ? '' : `; at this rate it lasts ${years} years or more`}
starts  ${starts === 0 ? 'none' : starts} seen in the log (each one that writes copies the last record)
${gaps.map(gapText).join('')}${damage.map(damageText).join('')}`;
}

/** A line on the terminal while a large dump is read. */
class Progress {
  readonly #isShown: boolean;

  constructor(bytes: number) {
    this.#isShown = bytes >= PROGRESS_BYTES && process.stderr.isTTY === true;
  }

  *of(dump: Dump | ArchiveDump): Generator<DumpRecord> {
    const { next } = dump.summary();
    let first: number | undefined;
    let shown = -1;
    for (const record of dump.records({ all: true })) {
      first ??= record.sequence;
      const percent = Math.floor((100 * (record.sequence - first + 1)) / Math.max(1, next - first));
      if (this.#isShown && percent > shown) {
        shown = percent;
        process.stderr.write(`\rreading ${'#'.repeat(percent / 4).padEnd(25, '.')} ${percent} %`);
      }
      yield record;
    }
    if (this.#isShown) process.stderr.write('\r\u001b[K');
  }
}
