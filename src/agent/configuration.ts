/**
 * The configuration of an agent: what schema.ts describes, as types, checked and with every default filled in.
 */

import type { StreamSecurity } from '../../hal/contract.js';
import type { ArchiveMode } from '../archive/archive.js';
import { decodeBase64 } from './base64.js';
import { configurationSchema } from './schema.js';
import { ConfigurationError, validate } from './validate.js';

export { ConfigurationError } from './validate.js';

/**
 * Names that a configuration may bring along as property names: of samples ("from"), of drivers, in their options. On XS each
 * takes a place in a table, for good; `creation.keys` in manifest.json has room for these and 32 more.
 */
export const NAMES_MAX = 320;

/** At least one limit; `above` is greater than `below`. */
export interface AlarmLimits {
  readonly above?: number;
  readonly below?: number;
  readonly hysteresis: number;
}

export interface ChannelConfiguration {
  readonly name: string;
  readonly from: string;
  readonly unit: string;
  readonly decimals: number;
  readonly alarm?: AlarmLimits;
}

export interface SensorConfiguration {
  readonly name: string;
  readonly driver: string;
  readonly periodMilliseconds: number;
  readonly channels: readonly ChannelConfiguration[];
  readonly options: object;
}

export interface BrokerConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly secure: StreamSecurity;
  readonly user?: string;
  readonly password?: string;
  readonly clientId: string;
  readonly clean: boolean;
  readonly keepAliveSeconds: number;
  readonly backoffMaxSeconds: number;
  readonly window: number;
}

export interface Topics {
  readonly telemetry: string;
  readonly unresolved: string;
  readonly events: string;
  readonly state: string;
  readonly status: string;
}

export interface PublishConfiguration {
  readonly readingsPerMessageMax: number;
  readonly messageBytesMax: number;
  readonly statePeriodMilliseconds: number;
  readonly statusPeriodSeconds: number;
  readonly timeWaitSeconds: number;
}

export interface Configuration {
  readonly device: string;
  readonly broker: BrokerConfiguration;
  readonly topics: Topics;
  readonly sensors: readonly SensorConfiguration[];
  readonly publish: PublishConfiguration;
  readonly outbox: { readonly mode: 'plain' | ArchiveMode; readonly acknowledgementsUnsavedMax: number };
}

/** The checked part before names and topics are derived; optional where the schema has no default. */
interface Settings {
  readonly device?: string;
  readonly broker: Omit<BrokerConfiguration, 'port' | 'clientId' | 'secure'> & {
    readonly port?: number;
    readonly clientId?: string;
    readonly certificate?: string;
  };
  readonly topics: Partial<Topics> & { readonly prefix: string };
  readonly sensors: readonly (Omit<SensorConfiguration, 'channels'> & {
    readonly channels: readonly (Omit<ChannelConfiguration, 'from'> & { readonly from?: string })[];
  })[];
  readonly publish: PublishConfiguration;
  readonly outbox: Configuration['outbox'];
}

/**
 * Checks a configuration (JSON, parsed) and fills in every default. Throws a ConfigurationError that names the path and what
 * was expected there.
 */
export function parseConfiguration(value: unknown, hardwareId: string): Configuration {
  const settings = validate(value, configurationSchema) as Settings;
  const { broker, topics, publish, outbox } = settings;
  requireUnique(
    settings.sensors.map(({ name }) => name),
    'sensor name',
    (i) => `sensors[${i}].name`,
  );
  requireUnique(
    settings.sensors.flatMap(({ channels }) => channels.map(({ name }) => name)),
    'channel name',
    (at) =>
      settings.sensors.flatMap(({ channels }, i) => channels.map((_, j) => `sensors[${i}].channels[${j}].name`))[
        at
      ] as string,
  );
  requireFewNames(settings.sensors);
  settings.sensors.forEach(({ channels }, i) => {
    channels.forEach(({ alarm }, j) => {
      if (alarm !== undefined) requireLimits(alarm, `sensors[${i}].channels[${j}].alarm`);
    });
  });
  const device = settings.device ?? hardwareId;
  const { certificate, ...rest } = broker;
  if (broker.password !== undefined && broker.user === undefined)
    throw new ConfigurationError('broker.user: missing, expected with a password');
  const base = `${topics.prefix}/${device}`;
  const named: Topics = {
    telemetry: topics.telemetry ?? `${base}/telemetry`,
    unresolved: topics.unresolved ?? `${base}/unresolved`,
    events: topics.events ?? `${base}/events`,
    state: topics.state ?? `${base}/state`,
    status: topics.status ?? `${base}/status`,
  };
  requireUnique(Object.values(named), 'topic', (i) => `topics.${Object.keys(named)[i]}`);
  return {
    device,
    broker: {
      ...rest,
      port: broker.port ?? (broker.tls ? 8883 : 1883),
      clientId: broker.clientId ?? `godwit-${hardwareId}`,
      secure: certificate === undefined ? {} : { certificate: decodeBase64(certificate) },
    },
    topics: named,
    sensors: settings.sensors.map((sensor) => ({
      ...sensor,
      channels: sensor.channels.map((channel) => ({ ...channel, from: channel.from ?? channel.name })),
    })),
    publish,
    outbox,
  };
}

function requireLimits({ above, below, hysteresis }: AlarmLimits, path: string): void {
  if (above === undefined && below === undefined)
    throw new ConfigurationError(`${path}: expected at least one of above and below`);
  if (above === undefined || below === undefined) return;
  if (above <= below)
    throw new ConfigurationError(`${path}.above: expected more than below, which is ${below}, found ${above}`);
  if (hysteresis > above - below)
    throw new ConfigurationError(
      `${path}.hysteresis: expected at most ${above - below}, the distance of the limits, found ${hysteresis}`,
    );
}

function requireFewNames(sensors: Settings['sensors']): void {
  const names: string[] = [];
  const add = (name: string) => {
    if (!names.includes(name)) names.push(name);
  };
  for (const { driver, options, channels } of sensors) {
    add(driver);
    addKeys(options, add);
    for (const { name, from = name } of channels) {
      add(from);
      if (from.includes('.')) from.split('.').forEach(add);
    }
  }
  if (names.length > NAMES_MAX)
    throw new ConfigurationError(
      `sensors: expected at most ${NAMES_MAX} different names in from, driver and options, found ${names.length}`,
    );
}

function addKeys(value: object, add: (name: string) => void): void {
  for (const [key, inner] of Object.entries(value)) {
    add(key);
    if (typeof inner === 'object' && inner !== null) addKeys(inner, add);
  }
}

function requireUnique(names: readonly string[], kind: string, pathOf: (i: number) => string): void {
  const again = names.findIndex((name, i) => names.indexOf(name) < i);
  if (again !== -1)
    throw new ConfigurationError(`${pathOf(again)}: expected a ${kind} of its own, "${names[again]}" is taken`);
}
