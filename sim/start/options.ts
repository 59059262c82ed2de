/** The command line: what it may hold, what it means, and one sentence on what is wrong with it. */
import { parseArgs } from 'node:util';

export const usage = `Usage: godwit [start] [options]
       godwit outbox FILE      reads a flash dump; godwit outbox --help

Samples real values, keeps each reading in flash (a file) until an MQTT broker has taken it, and shows the books.

  --broker URL       mqtt://[user:password@]host[:port] or mqtts://...; by default a broker of its own on this computer
  --port N           port of that own broker (default 1883; 0 = any that is free)
  --sensors KIND     replay (default): recorded values; host: load, memory and so on of this computer
  --replay FILE      CSV to replay: a time and one column a channel, or epoch_s,channel,value
                     (default: a year of weather in Seattle, by the hour)
  --speed N          recorded seconds in a second (default 3600)
  --config FILE      configuration of the device, JSON; what is given here on the command line wins over it
  --devices N        number of devices (default 1)
  --engine NAME      node (default), or xs: each device in a process of its own on the Moddable XS engine, with the
                     memory of an ESP32; needs gcc, and brokers on this computer without TLS
  --for SECONDS      stop after so long
  --data DIR         folder of what the devices remember (default .godwit)
  --json             the last line of output is one JSON object with the books of every device and the total
  --help, --version

Ctrl-C stops; a second Ctrl-C stops at once. Started again, every device goes on where it was.
Exit status: 0 when the books of every device balance and none died of itself, 2 for a wrong command line, 1 for anything else.
`;

const devicesMax = 1000;
/** Each is a process. */
const devicesOnXsMax = 100;
const speedMax = 1_000_000_000;
const forSecondsMax = 1_000_000_000;
const speedDefault = 3600;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface StartOptions {
  /** Absent: what the configuration says, else an embedded broker. */
  readonly broker: BrokerAddress | undefined;
  /** Given: an embedded broker on this port, 0 for any that is free, whatever the configuration says. */
  readonly embeddedPort: number | undefined;
  /** Absent: what the configuration says, else `replay`. */
  readonly sensors: 'replay' | 'host' | undefined;
  readonly replayFile: string | undefined;
  readonly speed: number;
  readonly configurationFile: string | undefined;
  readonly devices: number;
  readonly engine: 'node' | 'xs';
  readonly forSeconds: number | undefined;
  readonly dataFolder: string;
  readonly json: boolean;
}

export type Command = { name: 'help' } | { name: 'version' } | { name: 'start'; options: StartOptions };

/** A wrong command line. The message is one sentence. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Throws a UsageError. */
export function parseCommandLine(parameters: readonly string[]): Command {
  const { values, positionals } = split(parameters);
  if (values.help) return { name: 'help' };
  if (values.version) return { name: 'version' };
  const [command = 'start', ...rest] = positionals;
  if (command !== 'start') throw new UsageError(`unknown command "${command}"`);
  if (rest.length > 0) throw new UsageError(`unexpected "${rest[0]}"`);

  const replayOption = values.replay !== undefined ? '--replay' : values.speed !== undefined ? '--speed' : undefined;
  if (values.sensors === 'host' && replayOption !== undefined) {
    throw new UsageError(`${replayOption} and --sensors host exclude each other`);
  }
  if (values.broker !== undefined && values.port !== undefined) {
    throw new UsageError('--port is the port of the own broker and excludes --broker');
  }
  const engine = engineOf(values.engine);
  const devicesRange = { min: 1, max: engine === 'xs' ? devicesOnXsMax : devicesMax, whole: true };
  if (values.replay === '') throw new UsageError('--replay needs a file');
  if (values.config === '') throw new UsageError('--config needs a file');
  if (values.data === '') throw new UsageError('--data needs a folder');

  return {
    name: 'start',
    options: {
      embeddedPort: numberOf('--port', values.port, { min: 0, max: 65_535, whole: true }),
      speed: numberOf('--speed', values.speed, { above: 0, max: speedMax }) ?? speedDefault,
      devices: numberOf('--devices', values.devices, devicesRange) ?? 1,
      engine,
      dataFolder: values.data ?? '.godwit',
      json: values.json ?? false,
      broker: values.broker === undefined ? undefined : parseBroker(values.broker),
      sensors: values.replay === undefined ? kindOf(values.sensors) : 'replay',
      replayFile: values.replay,
      configurationFile: values.config,
      forSeconds: numberOf('--for', values.for, { above: 0, max: forSecondsMax }),
    },
  };
}

function split(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: withNegativeNumbers(parameters),
      allowPositionals: true,
      options: {
        broker: { type: 'string' },
        port: { type: 'string' },
        sensors: { type: 'string' },
        replay: { type: 'string' },
        speed: { type: 'string' },
        config: { type: 'string' },
        devices: { type: 'string' },
        engine: { type: 'string' },
        for: { type: 'string' },
        data: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    // Node's messages go on with advice after the first sentence.
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    const sentence = first.replace(/\.$/, '').replace(/argument is ambiguous$/, 'argument missing');
    throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}

/** '--speed -1' means '--speed=-1': no option is a digit. */
function withNegativeNumbers(parameters: readonly string[]): string[] {
  const joined: string[] = [];
  for (const parameter of parameters) {
    const option = /^-[\d.]/.test(parameter) && /^--[a-z]+$/.test(joined.at(-1) ?? '') ? `${joined.pop()}=` : '';
    joined.push(option + parameter);
  }
  return joined;
}

function kindOf(sensors: string | undefined): StartOptions['sensors'] {
  if (sensors === undefined || sensors === 'replay' || sensors === 'host') return sensors;
  throw new UsageError(`--sensors is replay or host, not "${sensors}"`);
}

function engineOf(name = 'node'): StartOptions['engine'] {
  if (name === 'node' || name === 'xs') return name;
  throw new UsageError(`--engine is node or xs, not "${name}"`);
}

interface Range {
  readonly min?: number;
  readonly above?: number;
  readonly max: number;
  readonly whole?: boolean;
}

function numberOf(option: string, text: string | undefined, range: Range): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const tooSmall = range.min !== undefined ? value < range.min : value <= (range.above ?? 0);
  if (Number.isNaN(value) || tooSmall || value > range.max || (range.whole && !Number.isInteger(value))) {
    const kind = range.whole ? 'a whole number' : 'a number';
    const from = range.min !== undefined ? `from ${range.min}` : `above ${range.above}`;
    throw new UsageError(`${option} is ${kind} ${from} up to ${range.max}, not "${text}"`);
  }
  return value;
}

function parseBroker(text: string): BrokerAddress {
  const wrong = (reason: string) =>
    new UsageError(`--broker is mqtt://[user:password@]host[:port], not "${withoutPassword(text)}" (${reason})`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong('it is no URL');
  }
  if (url.protocol !== 'mqtt:' && url.protocol !== 'mqtts:') throw wrong('it does not begin with mqtt:// or mqtts://');
  if (url.hostname === '') throw wrong('the host is missing');
  if (url.port === '0') throw wrong('the port is 0');
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') {
    throw wrong('something follows the port');
  }
  const tls = url.protocol === 'mqtts:';
  let user: string;
  let password: string;
  try {
    user = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw wrong('a % is not followed by two hexadecimal digits');
  }
  if (password !== '' && user === '') throw wrong('there is a password without a user');
  return {
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (tls ? 8883 : 1883) : Number(url.port),
    tls,
    user: user || undefined,
    password: password || undefined,
  };
}

/** What stands between "//" and "@" is nobody's business on a screen. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/, '//...@');
}
