import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { NAMES_MAX, parseConfiguration } from '../../src/agent/configuration.js';
import { configurationSchema, type Schema } from '../../src/agent/schema.js';
import { validate } from '../../src/agent/validate.js';

const sensor = { name: 'air', driver: 'sht3x', channels: [{ name: 'temperature' }] };
const smallest = { broker: { host: 'broker.example' }, sensors: [sensor] };

describe('a configuration', () => {
  it('needs a broker and a sensor; everything else has a default', () => {
    expect(parseConfiguration(smallest, 'a1b2c3')).toMatchObject({
      device: 'a1b2c3',
      broker: {
        host: 'broker.example',
        port: 1883,
        tls: false,
        clientId: 'godwit-a1b2c3',
        clean: false,
        keepAliveSeconds: 60,
        window: 20,
      },
      topics: {
        telemetry: 'godwit/a1b2c3/telemetry',
        unresolved: 'godwit/a1b2c3/unresolved',
        events: 'godwit/a1b2c3/events',
        state: 'godwit/a1b2c3/state',
        status: 'godwit/a1b2c3/status',
      },
      sensors: [
        {
          periodMilliseconds: 10_000,
          options: {},
          channels: [{ name: 'temperature', from: 'temperature', unit: '', decimals: 2 }],
        },
      ],
      publish: { readingsPerMessageMax: 8 },
      outbox: { mode: 'plain', acknowledgementsUnsavedMax: 16 },
    });
  });

  it('uses port 8883 with TLS, and takes a trust anchor in base64', () => {
    const { broker } = parseConfiguration(
      { ...smallest, broker: { host: 'b', tls: true, certificate: 'AQID/w==' } },
      'hardware',
    );
    expect(broker.port).toBe(8883);
    expect(broker.secure).toEqual({ certificate: new Uint8Array([1, 2, 3, 255]) });
  });

  it('can name topics as a platform wants them', () => {
    const { topics } = parseConfiguration(
      { ...smallest, topics: { telemetry: 'v1/devices/me/telemetry' } },
      'hardware',
    );
    expect(topics.telemetry).toBe('v1/devices/me/telemetry');
  });

  it.each([
    [5, 'the configuration: expected an object, found 5'],
    [{}, 'broker: missing, expected an object'],
    [
      { ...smallest, borker: 1 },
      'borker: unknown key, expected one of device, broker, topics, sensors, publish, outbox',
    ],
    [{ ...smallest, device: 'my device' }, 'device: expected a text like ^[A-Za-z0-9_-]{1,64}$, found "my device"'],
    [
      { ...smallest, broker: { host: 'b', port: '1883' } },
      'broker.port: expected a whole number from 1 to 65535, found "1883"',
    ],
    [{ ...smallest, broker: { host: 'b', port: 0 } }, 'broker.port: expected a whole number from 1 to 65535, found 0'],
    [{ ...smallest, broker: { host: 'b', tls: 'yes' } }, 'broker.tls: expected true or false, found "yes"'],
    [{ ...smallest, outbox: { mode: 'x' } }, 'outbox.mode: expected one of plain, compact, thin, found "x"'],
    [{ ...smallest, sensors: [] }, 'sensors: expected 1 to 14 elements, found 0'],
    [
      { ...smallest, sensors: [{ ...sensor, channels: [{}] }] },
      'sensors[0].channels[0].name: missing, expected a string',
    ],
    [{ ...smallest, sensors: [sensor, sensor] }, 'sensors[1].name: expected a sensor name of its own, "air" is taken'],
    [
      { ...smallest, sensors: [sensor, { ...sensor, name: 'soil' }] },
      'sensors[1].channels[0].name: expected a channel name of its own, "temperature" is taken',
    ],
    [{ ...smallest, topics: { telemetry: 'a/#' } }, /^topics\.telemetry: expected a text like .*, found "a\/#"$/],
    [{ ...smallest, publish: { timeWaitSeconds: 1.5 } }, /^publish\.timeWaitSeconds: expected a whole number/],
  ])('that is wrong gives an error with path and expectation: %j', (value, message) => {
    expect(() => parseConfiguration(value, 'hardware')).toThrow(message);
  });
});

describe('names that become property names', () => {
  /** Two sensors of one driver with one option each; `count` names besides those three. */
  const withNames = (count: number) => {
    const channels = Array.from({ length: count }, (_, i) => ({ name: `c${i}`, from: `value${i}` }));
    const sensorOf = (name: string, own: object[]) => ({
      name,
      driver: 'd',
      options: { of: { kind: 1 } },
      channels: own,
    });
    return { ...smallest, sensors: [sensorOf('a', channels.slice(0, 200)), sensorOf('b', channels.slice(200))] };
  };

  it('are counted once each, as many as fit into a device', () => {
    expect(parseConfiguration(withNames(NAMES_MAX - 3), 'hardware').sensors).toHaveLength(2);
    expect(() => parseConfiguration(withNames(NAMES_MAX - 2), 'hardware')).toThrow(
      `sensors: expected at most ${NAMES_MAX} different names in from, driver and options, found ${NAMES_MAX + 1}`,
    );
  });

  it('are three where "from" has a dot: the whole and its parts', () => {
    const [first, ...others] = withNames(NAMES_MAX - 4).sensors[0]?.channels ?? [];
    const dotted = (from: string) => {
      const [a, b] = withNames(NAMES_MAX - 4).sensors;
      return { ...smallest, sensors: [{ ...a, channels: [{ ...first, from }, ...others] }, b] };
    };
    expect(() => parseConfiguration(dotted('value0.kind'), 'hardware')).not.toThrow();
    expect(() => parseConfiguration(dotted('outer.inner'), 'hardware')).toThrow(`found ${NAMES_MAX + 1}`);
  });
});

it('options of a driver are an object of its own, also where the configuration has none', () => {
  const [first, second] = parseConfiguration(
    { ...smallest, sensors: [sensor, { ...sensor, name: 'soil', channels: [{ name: 'moisture' }] }] },
    'hardware',
  ).sensors;
  expect(first?.options).toEqual({});
  expect(Object.isFrozen(first?.options)).toBe(false);
  expect(first?.options).not.toBe(second?.options);
});

describe('the published schema', () => {
  const published = JSON.parse(readFileSync(join(import.meta.dirname, '../../configuration.schema.json'), 'utf8'));

  it('is the one the device checks with (npm run build writes it)', () => {
    expect(published).toMatchObject(JSON.parse(JSON.stringify(configurationSchema)));
  });

  const accepts = new Ajv2020({ strict: true }).compile(published);

  it('has defaults that it would accept itself', () => {
    const defaults = (schema: Schema): [unknown, Schema][] => [
      ...(schema.default === undefined ? [] : [[schema.default, schema] as [unknown, Schema]]),
      ...Object.values(schema.properties ?? {}).flatMap(defaults),
      ...(schema.items === undefined ? [] : defaults(schema.items)),
    ];
    const all = defaults(configurationSchema);
    expect(all.length).toBeGreaterThan(15);
    for (const [value, schema] of all) expect(() => validate(value, schema)).not.toThrow();
  });

  it.each([
    smallest,
    { ...smallest, device: 'a' },
    { ...smallest, device: '' },
    { ...smallest, device: 'a.b' },
    { ...smallest, extra: 1 },
    { broker: {}, sensors: [sensor] },
    { ...smallest, broker: { host: 'b', port: 65_536 } },
    { ...smallest, broker: { host: 'b', keepAliveSeconds: 4 } },
    { ...smallest, broker: { host: 'b', certificate: 'not base64!' } },
    { ...smallest, sensors: 'x' },
    { ...smallest, sensors: Array.from({ length: 15 }, () => sensor) },
    { ...smallest, sensors: [{ ...sensor, options: { sensor: { io: 'I2C' }, anything: [1] } }] },
    { ...smallest, sensors: [{ ...sensor, options: [] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', decimals: 10 }] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', unit: '😀'.repeat(16) }] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', unit: '😀'.repeat(17) }] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', alarm: { above: 1.5, hysteresis: 0.5 } }] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', alarm: { above: '1' } }] }] },
    { ...smallest, sensors: [{ ...sensor, channels: [{ name: 'x', alarm: { above: 1, hysteresis: -1 } }] }] },
    { ...smallest, publish: null },
    [],
    null,
  ])('and the device agree on %j', (value) => {
    let isAccepted = true;
    try {
      parseConfiguration(value, 'hardware');
    } catch {
      isAccepted = false;
    }
    expect(isAccepted).toBe(accepts(value));
  });
});
