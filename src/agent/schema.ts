/**
 * The configuration of an agent as a JSON Schema: the one place where each setting has its default, its bounds and its unit.
 * validate.ts checks with it on the device; `configuration.schema.json` is this object, for editors and other tools.
 *
 * Only the keywords that validate.ts knows are used.
 */
import { STREAM_MAX } from '../outbox/frame.js';

/** One stream of the outbox is a sensor's; the last is the agent's own. */
export const SYSTEM_STREAM = STREAM_MAX;
const SENSORS_MAX = STREAM_MAX;
const CHANNELS_MAX = 255;

/** What may stand between slashes in a topic with every broker: some close the connection at a dot or a space. */
const LEVEL = '^[A-Za-z0-9_-]{1,64}$';
const TOPIC = '^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,9}$';

export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  /** Always false where `properties` is given: an unknown key is an error. */
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

function settings(
  description: string,
  properties: { readonly [name: string]: Schema },
  required: string[] = [],
): Schema {
  return { type: 'object', description, properties, required, additionalProperties: false };
}

function whole(description: string, fallback: number, minimum: number, maximum: number): Schema {
  return { type: 'integer', description, default: fallback, minimum, maximum };
}

function topic(what: string): Schema {
  return { type: 'string', description: `Topic of ${what}. By default <prefix>/<device>/...`, pattern: TOPIC };
}

function number(description: string): Schema {
  return { type: 'number', description };
}

const alarm = settings('Limits whose crossing is an event. At least one of "above" and "below".', {
  above: number('Raised when the value is above this.'),
  below: number('Raised when the value is below this.'),
  hysteresis: {
    type: 'number',
    description: 'How far the value has to come back within the limit before the alarm is cleared.',
    default: 0,
    minimum: 0,
  },
});

const channel = settings(
  'One measured quantity.',
  {
    name: { type: 'string', description: 'Key in the telemetry, unique in the device.', pattern: LEVEL },
    from: {
      type: 'string',
      description: 'Where the driver puts it, e.g. "temperature" or "thermometer.temperature". By default the name.',
      maxLength: 128,
    },
    unit: { type: 'string', description: 'For a person.', default: '', maxLength: 16 },
    decimals: whole('Digits after the decimal point that are kept.', 2, 0, 9),
    alarm,
  },
  ['name'],
);

const sensor = settings(
  'A sensor and its driver.',
  {
    name: { type: 'string', description: 'Unique in the device.', pattern: LEVEL },
    driver: { type: 'string', description: 'Name of a driver that the program offers.', maxLength: 64 },
    periodMilliseconds: whole('Time from sample to sample.', 10_000, 1, 86_400_000),
    channels: {
      type: 'array',
      description: 'What is kept of a sample.',
      items: channel,
      minItems: 1,
      maxItems: CHANNELS_MAX,
    },
    options: { type: 'object', description: 'Given to the driver as it is.', default: {} },
  },
  ['name', 'driver', 'channels'],
);

export const configurationSchema: Schema = settings(
  'Configuration of a godwit agent.',
  {
    device: {
      type: 'string',
      description: 'Name of the device in topics. By default the hardware id; set it so that a board can be replaced.',
      pattern: LEVEL,
    },
    broker: settings(
      'Where readings go.',
      {
        host: { type: 'string', description: 'Host name or address.', maxLength: 253, pattern: '^[^ ]+$' },
        port: { type: 'integer', description: 'By default 1883, with TLS 8883.', minimum: 1, maximum: 65_535 },
        tls: {
          type: 'boolean',
          description: 'Encrypt and verify the broker. Verification cannot be turned off.',
          default: false,
        },
        certificate: {
          type: 'string',
          description: 'Trust anchor: a certificate, DER in base64. By default the platform decides.',
          maxLength: 4096,
          pattern: '^[A-Za-z0-9+/]+={0,2}$',
        },
        user: { type: 'string', maxLength: 256 },
        password: { type: 'string', maxLength: 1024 },
        clientId: {
          type: 'string',
          description: 'By default "godwit-" and the hardware id.',
          maxLength: 64,
          pattern: '^.+$',
        },
        clean: {
          type: 'boolean',
          description:
            'Ask the broker to forget the session at each disconnection. That of the boot before it always forgets.',
          default: false,
        },
        keepAliveSeconds: whole('Silence after which the connection is probed.', 60, 5, 65_535),
        backoffMaxSeconds: whole('Longest wait before the next attempt to connect.', 120, 1, 86_400),
        window: whole('Messages sent and not yet acknowledged, at most.', 20, 1, 100),
      },
      ['host'],
    ),
    topics: {
      ...settings('Topics.', {
        prefix: {
          type: 'string',
          description: 'First levels of every default topic.',
          default: 'godwit',
          pattern: TOPIC,
        },
        telemetry: topic('readings'),
        unresolved: topic('readings whose wall time nobody knew'),
        events: topic('alarms'),
        state: topic('the latest values'),
        status: topic('presence and the books'),
      }),
      default: {},
    },
    sensors: { type: 'array', description: 'Sensors.', items: sensor, minItems: 1, maxItems: SENSORS_MAX },
    publish: {
      ...settings('How readings travel.', {
        readingsPerMessageMax: whole('Readings in one message, when several wait.', 8, 1, 100),
        messageBytesMax: whole('Bytes of one payload that several readings share.', 1024, 128, 65_536),
        statePeriodMilliseconds: whole('Time between two state messages, at least.', 1000, 100, 86_400_000),
        statusPeriodSeconds: whole('Time between two status messages.', 60, 1, 86_400),
        timeWaitSeconds: whole(
          'How long readings wait for a clock that is not set, before they go to the topic "unresolved".',
          300,
          0,
          86_400,
        ),
      }),
      default: {},
    },
    outbox: {
      ...settings('The log in flash.', {
        mode: {
          type: 'string',
          description:
            'What becomes of readings that wait long: "plain" keeps each as it is; "compact" packs them, for three to six times ' +
            'as many; "thin" moreover leaves out every second of the older and three in four of the oldest.',
          enum: ['plain', 'compact', 'thin'],
          default: 'plain',
        },
        acknowledgementsUnsavedMax: whole('Deliveries that a power cut may undo.', 16, 1, 64),
      }),
      default: {},
    },
  },
  ['broker', 'sensors'],
);

freeze(configurationSchema);

/** With all that is in it. What is not frozen does not stay in a device's flash alone: it could be written, in RAM. */
function freeze(value: object): void {
  for (const inner of Object.values(value)) if (typeof inner === 'object') freeze(inner);
  Object.freeze(value);
}
