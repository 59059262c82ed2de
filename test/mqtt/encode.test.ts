/** Each row: a packet that the client writes, as bytes, and as mqtt-packet reads it. */
import { generate, type Packet, parser } from 'mqtt-packet';
import {
  connectByteLength,
  encodeConnect,
  encodeDisconnect,
  encodePingreq,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  encodeUnsubscribe,
  packetByteLength,
  publishRemaining,
  subscribeByteLength,
  unsubscribeByteLength,
} from '../../src/mqtt/encode.js';
import { type Connect, type Message, type Subscription, textPayload } from '../../src/mqtt/packet.js';
import { topicNameBytes } from '../../src/mqtt/topic.js';
import { writeText } from '../../src/mqtt/utf8.js';
import { bytesOf } from './packets.js';

const OFFSET = 5;
const GUARD = 0xee;

/** What `write` puts at an offset; it must touch nothing else. */
function written(byteLength: number, write: (into: Uint8Array, offset: number) => number): Uint8Array {
  const into = new Uint8Array(OFFSET + byteLength + OFFSET).fill(GUARD);
  expect(write(into, OFFSET)).toBe(OFFSET + byteLength);
  expect([...into.slice(0, OFFSET), ...into.slice(OFFSET + byteLength)].every((byte) => byte === GUARD)).toBe(true);
  return into.slice(OFFSET, OFFSET + byteLength);
}

function parsed(bytes: Uint8Array): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (packet) => packets.push(packet));
  reader.on('error', (error) => {
    throw error;
  });
  reader.parse(Buffer.from(bytes));
  return packets;
}

const connect = (part: Partial<Connect>): Uint8Array => {
  const packet = { clientId: 'c', clean: true, keepAliveSeconds: 60, ...part };
  const byteLength = connectByteLength(packet);
  return written(byteLength, (into, offset) => encodeConnect(packet, byteLength, writeText, into, offset));
};
const publish = (part: Partial<Message>, packetId = 0, dup = false): Uint8Array => {
  const message = { topic: 'a/b', payload: new Uint8Array(0), qos: 0, retain: false, ...part } as const;
  const remaining = publishRemaining(topicNameBytes(message.topic).length, message);
  return written(packetByteLength(remaining), (into, offset) =>
    encodePublish(message, remaining, packetId, dup, writeText, into, offset),
  );
};
const subscribe = (subscriptions: Subscription[], packetId: number): Uint8Array => {
  const byteLength = subscribeByteLength(subscriptions);
  return written(byteLength, (into, offset) => encodeSubscribe(subscriptions, packetId, byteLength, into, offset));
};
const unsubscribe = (filters: string[], packetId: number): Uint8Array => {
  const byteLength = unsubscribeByteLength(filters);
  return written(byteLength, (into, offset) => encodeUnsubscribe(filters, packetId, byteLength, into, offset));
};
const will = (part: Partial<Message> = {}): Message => ({
  topic: 'w',
  payload: Uint8Array.of(1, 2),
  qos: 0,
  retain: false,
  ...part,
});
const text = (value: string) => Uint8Array.from(Buffer.from(value));
const same = { protocolId: 'MQTT', protocolVersion: 4, clientId: 'c', clean: true, keepalive: 60 } as const;

const ROWS: { name: string; bytes: () => Uint8Array; hex?: string; packet: Packet }[] = [
  {
    name: 'CONNECT, the least',
    bytes: () => connect({}),
    hex: '10 0d 00 04 4d 51 54 54 04 02 00 3c 00 01 63',
    packet: { cmd: 'connect', ...same },
  },
  {
    name: 'CONNECT without client identifier',
    bytes: () => connect({ clientId: '' }),
    packet: { cmd: 'connect', ...same, clientId: '' },
  },
  {
    name: 'CONNECT to a persistent session, no keep-alive',
    bytes: () => connect({ clean: false, keepAliveSeconds: 0 }),
    packet: { cmd: 'connect', ...same, clean: false, keepalive: 0 },
  },
  {
    name: 'CONNECT with user name',
    bytes: () => connect({ user: 'ü', keepAliveSeconds: 65535 }),
    packet: { cmd: 'connect', ...same, username: 'ü', keepalive: 65535 },
  },
  {
    name: 'CONNECT with user name and password',
    bytes: () => connect({ user: '', password: 'secret' }),
    packet: { cmd: 'connect', ...same, username: '', password: Buffer.from('secret') },
  },
  {
    name: 'CONNECT with will QoS 0',
    bytes: () => connect({ will: will() }),
    packet: { cmd: 'connect', ...same, will: { topic: 'w', payload: Buffer.from([1, 2]), qos: 0, retain: false } },
  },
  {
    name: 'CONNECT with a will that is text',
    bytes: () => connect({ will: will({ payload: { pieces: ['go', 'ne'], length: 4 } }) }),
    packet: { cmd: 'connect', ...same, will: { topic: 'w', payload: Buffer.from('gone'), qos: 0, retain: false } },
  },
  {
    name: 'CONNECT with everything',
    bytes: () =>
      connect({ will: will({ qos: 1, retain: true, payload: new Uint8Array(200) }), user: 'u', password: 'p' }),
    packet: {
      cmd: 'connect',
      ...same,
      will: { topic: 'w', payload: Buffer.alloc(200), qos: 1, retain: true },
      username: 'u',
      password: Buffer.from('p'),
    },
  },
  {
    name: 'PUBLISH QoS 0',
    bytes: () => publish({ payload: text('hi') }),
    hex: '30 07 00 03 61 2f 62 68 69',
    packet: { cmd: 'publish', topic: 'a/b', payload: Buffer.from('hi'), qos: 0, dup: false, retain: false },
  },
  {
    name: 'PUBLISH of text',
    bytes: () => publish({ payload: { pieces: ['h', '', 'i'], length: 2 } }),
    hex: '30 07 00 03 61 2f 62 68 69',
    packet: { cmd: 'publish', topic: 'a/b', payload: Buffer.from('hi'), qos: 0, dup: false, retain: false },
  },
  {
    name: 'PUBLISH QoS 1, DUP, retained, empty',
    bytes: () => publish({ qos: 1, retain: true }, 0x0102, true),
    hex: '3b 07 00 03 61 2f 62 01 02',
    packet: {
      cmd: 'publish',
      topic: 'a/b',
      payload: Buffer.alloc(0),
      qos: 1,
      dup: true,
      retain: true,
      messageId: 0x0102,
    },
  },
  ...[126 - 7, 127 - 7, 128 - 7, 16_383 - 7, 16_384 - 7, 2_097_151 - 7, 2_097_152 - 7].map((length) => ({
    name: `PUBLISH QoS 1 of remaining length ${length + 7}`,
    bytes: () => publish({ qos: 1, payload: new Uint8Array(length) }, 65535),
    packet: {
      cmd: 'publish',
      topic: 'a/b',
      payload: Buffer.alloc(length),
      qos: 1,
      dup: false,
      retain: false,
      messageId: 65535,
    } as const,
  })),
  {
    name: 'PUBLISH to a topic of every width of character',
    bytes: () => publish({ topic: 'aäß€😀/\ufeff' }),
    packet: { cmd: 'publish', topic: 'aäß€😀/\ufeff', payload: Buffer.alloc(0), qos: 0, dup: false, retain: false },
  },
  {
    name: 'PUBACK',
    bytes: () => written(4, (into, offset) => encodePuback(0xfffe, into, offset)),
    hex: '40 02 ff fe',
    packet: { cmd: 'puback', messageId: 0xfffe },
  },
  {
    name: 'SUBSCRIBE',
    bytes: () =>
      subscribe(
        [
          { filter: 'a/+/c', qos: 1 },
          { filter: '#', qos: 0 },
        ],
        10,
      ),
    hex: '82 0e 00 0a 00 05 61 2f 2b 2f 63 01 00 01 23 00',
    packet: {
      cmd: 'subscribe',
      messageId: 10,
      subscriptions: [
        { topic: 'a/+/c', qos: 1 },
        { topic: '#', qos: 0 },
      ],
    },
  },
  {
    name: 'SUBSCRIBE of more than 127 bytes',
    bytes: () => subscribe([{ filter: 'x'.repeat(200), qos: 1 }], 1),
    packet: { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'x'.repeat(200), qos: 1 }] },
  },
  {
    name: 'UNSUBSCRIBE',
    bytes: () => unsubscribe(['a', 'b/#'], 258),
    hex: 'a2 0a 01 02 00 01 61 00 03 62 2f 23',
    packet: { cmd: 'unsubscribe', messageId: 258, unsubscriptions: ['a', 'b/#'] },
  },
  {
    name: 'PINGREQ',
    bytes: () => written(2, encodePingreq),
    hex: 'c0 00',
    packet: { cmd: 'pingreq' },
  },
  {
    name: 'DISCONNECT',
    bytes: () => written(2, encodeDisconnect),
    hex: 'e0 00',
    packet: { cmd: 'disconnect' },
  },
];

describe.each(ROWS)('$name', ({ bytes, hex, packet }) => {
  it('is written where it should be, byte for byte as mqtt-packet writes it', () => {
    if (hex !== undefined) expect(Buffer.from(bytes()).toString('hex')).toBe(hex.replaceAll(' ', ''));
    expect(Buffer.compare(bytes(), generate(packet))).toBe(0);
  });

  it('is read by mqtt-packet as what it should be', () => {
    const [read, ...rest] = parsed(bytes());
    expect(rest).toEqual([]);
    for (const [key, value] of Object.entries(packet)) {
      const found = (read as unknown as Record<string, unknown>)[key];
      if (Buffer.isBuffer(value)) expect(Buffer.compare(found as Buffer, value)).toBe(0);
      else if (Array.isArray(value)) expect(found).toMatchObject(value);
      else expect(found).toEqual(value);
    }
  });
});

describe('what can never be sent', () => {
  const long = 'x'.repeat(65_536);

  it.each<[string, () => unknown, string]>([
    [
      '[MQTT-3.1.3-7] no client identifier in a persistent session',
      () => connect({ clientId: '', clean: false }),
      'MQTT-3.1.3-7',
    ],
    ['[MQTT-3.1.2-22] a password without user name', () => connect({ password: 'p' }), 'MQTT-3.1.2-22'],
    ['a keep-alive of more than two bytes', () => connect({ keepAliveSeconds: 65_536 }), 'expected 0 to 65535'],
    ['a keep-alive of a part of a second', () => connect({ keepAliveSeconds: 0.5 }), 'whole seconds'],
    ['[MQTT-3.1.3-4] a client identifier that is no text', () => connect({ clientId: '\ud800' }), 'MQTT-1.5.3-1'],
    ['a client identifier that is too long', () => connect({ clientId: long }), 'client identifier takes 65536 bytes'],
    ['[MQTT-3.1.3-11] a user name with U+0000', () => connect({ user: 'a\0' }), 'user name: [MQTT-1.5.3-2]'],
    ['[MQTT-3.1.3-10] a will topic with U+0000', () => connect({ will: will({ topic: '\0' }) }), 'MQTT-1.5.3-2'],
    ['a will topic with a wildcard', () => connect({ will: will({ topic: '#' }) }), 'MQTT-3.3.2-2'],
    [
      'a will message that is too long',
      () => connect({ will: will({ payload: new Uint8Array(65_536) }) }),
      'will message',
    ],
    [
      'a will message that is text and not ASCII',
      () => connect({ will: will({ payload: textPayload('ü') }) }),
      'not ASCII',
    ],
    ['[MQTT-3.3.2-2] [MQTT-4.7.1-1] a topic name with #', () => publish({ topic: 'a/#' }), 'MQTT-3.3.2-2'],
    ['[MQTT-3.3.2-2] [MQTT-4.7.1-1] a topic name with +', () => publish({ topic: 'a+b' }), 'MQTT-3.3.2-2'],
    ['[MQTT-4.7.3-1] an empty topic name', () => publish({ topic: '' }), 'MQTT-4.7.3-1'],
    ['[MQTT-4.7.3-2] a topic name with U+0000', () => publish({ topic: 'a\0' }), 'MQTT-1.5.3-2'],
    ['[MQTT-4.7.3-3] a topic name that is too long', () => publish({ topic: long }), 'topic name takes 65536 bytes'],
    ['[MQTT-1.5.3-1] a topic name with a lone surrogate', () => publish({ topic: 'a\udc00b' }), 'MQTT-1.5.3-1'],
    ['[MQTT-3.8.3-3] a SUBSCRIBE without filters', () => subscribe([], 1), 'MQTT-3.8.3-3'],
    ['[MQTT-3.10.3-2] an UNSUBSCRIBE without filters', () => unsubscribe([], 1), 'MQTT-3.10.3-2'],
    ['[MQTT-4.7.3-1] an empty filter', () => subscribe([{ filter: '', qos: 0 }], 1), 'MQTT-4.7.3-1'],
    ['[MQTT-4.7.1-2] # before the end', () => unsubscribe(['a/#/b'], 1), 'MQTT-4.7.1-2'],
    ['[MQTT-4.7.1-2] # within a level', () => subscribe([{ filter: 'a/b#', qos: 0 }], 1), 'MQTT-4.7.1-2'],
    ['[MQTT-4.7.1-3] + within a level', () => subscribe([{ filter: 'a/b+/c', qos: 0 }], 1), 'MQTT-4.7.1-3'],
    [
      '[MQTT-3.8.3-1] a filter with a lone surrogate',
      () => subscribe([{ filter: '\ud83d', qos: 0 }], 1),
      'MQTT-1.5.3-1',
    ],
    ['[MQTT-3.10.3-1] the same in UNSUBSCRIBE', () => unsubscribe(['\ud83d'], 1), 'MQTT-1.5.3-1'],
  ])('%s', (_, write, message) => {
    expect(write).toThrow(RangeError);
    expect(write).toThrow(message);
  });

  it('says so without the password', () => {
    for (const part of [
      { password: 'se\0cret', user: 'u' },
      { password: 'secret' },
      { password: `secret${long}`, user: '' },
    ]) {
      expect(() => connect(part)).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/secret|se\0/) }),
      );
    }
  });
});

it('takes 57 bytes for 24 bytes to a topic of 27 with QoS 1, the least there is', () => {
  const topic = 'godwit/node-0042/telemetry/';
  expect(topic).toHaveLength(27);
  expect(publish({ topic, payload: new Uint8Array(24), qos: 1 }, 1)).toHaveLength(57);
});

it('the bytes of the rows above are hexadecimal', () => {
  for (const { hex } of ROWS)
    if (hex !== undefined) expect(bytesOf(hex).length).toBe(hex.replaceAll(' ', '').length / 2);
});
