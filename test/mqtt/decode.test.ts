/** Each row: what a broker sends, as mqtt-packet generates it, and what the decoder makes of it, in any fragments. */
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { type InboundPacket, PacketType, ProtocolError } from '../../src/mqtt/packet.js';
import { bytesOf, decodeAll, PACKET_BYTES_MAX } from './packets.js';

const { CONNACK, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK } = PacketType;
const payload = (length: number) => Uint8Array.from({ length }, (_, index) => index & 0xff);
const publish = { type: PUBLISH, qos: 0, dup: false, retain: false, packetId: 0, oversized: false } as const;
const sent = { cmd: 'publish', qos: 0, dup: false, retain: false } as const;

const ROWS: { name: string; packet: Packet; bytes?: string; expected: InboundPacket }[] = [
  {
    name: 'CONNACK, new session',
    packet: { cmd: 'connack', returnCode: 0, sessionPresent: false },
    bytes: '20 02 00 00',
    expected: { type: CONNACK, sessionPresent: false, code: 0 },
  },
  {
    name: 'CONNACK, session present',
    packet: { cmd: 'connack', returnCode: 0, sessionPresent: true },
    bytes: '20 02 01 00',
    expected: { type: CONNACK, sessionPresent: true, code: 0 },
  },
  {
    name: 'CONNACK, refused',
    packet: { cmd: 'connack', returnCode: 5, sessionPresent: false },
    bytes: '20 02 00 05',
    expected: { type: CONNACK, sessionPresent: false, code: 5 },
  },
  {
    name: 'PUBACK',
    packet: { cmd: 'puback', messageId: 0x1234 },
    bytes: '40 02 12 34',
    expected: { type: PUBACK, packetId: 0x1234 },
  },
  {
    name: 'SUBACK, one filter',
    packet: { cmd: 'suback', messageId: 7, granted: [1] },
    bytes: '90 03 00 07 01',
    expected: { type: SUBACK, packetId: 7, codes: Uint8Array.of(1) },
  },
  {
    name: 'SUBACK, every code',
    packet: { cmd: 'suback', messageId: 65535, granted: [0, 1, 2, 128] },
    bytes: '90 06 ff ff 00 01 02 80',
    expected: { type: SUBACK, packetId: 65535, codes: Uint8Array.of(0, 1, 2, 128) },
  },
  {
    name: 'UNSUBACK',
    packet: { cmd: 'unsuback', messageId: 9, granted: [] },
    bytes: 'b0 02 00 09',
    expected: { type: UNSUBACK, packetId: 9 },
  },
  { name: 'PINGRESP', packet: { cmd: 'pingresp' }, bytes: 'd0 00', expected: { type: PINGRESP } },
  {
    name: 'PUBLISH QoS 0',
    packet: { ...sent, topic: 'a/b', payload: Buffer.from('hi') },
    bytes: '30 07 00 03 61 2f 62 68 69',
    expected: { ...publish, topic: 'a/b', payload: Uint8Array.from(Buffer.from('hi')) },
  },
  {
    name: 'PUBLISH QoS 1, DUP, retained',
    packet: { ...sent, topic: 'a', payload: Buffer.from([0]), qos: 1, dup: true, retain: true, messageId: 2 },
    bytes: '3b 06 00 01 61 00 02 00',
    expected: { ...publish, topic: 'a', payload: payload(1), qos: 1, dup: true, retain: true, packetId: 2 },
  },
  {
    name: 'PUBLISH without payload',
    packet: { ...sent, topic: 'a', payload: Buffer.alloc(0) },
    bytes: '30 03 00 01 61',
    expected: { ...publish, topic: 'a', payload: payload(0) },
  },
  {
    name: 'PUBLISH, remaining length of two bytes',
    packet: { ...sent, topic: 'site/ä€😀', payload: Buffer.from(payload(300)), qos: 1, messageId: 65535 },
    expected: { ...publish, topic: 'site/ä€😀', payload: payload(300), qos: 1, packetId: 65535 },
  },
  {
    name: 'PUBLISH of exactly the size allowed',
    packet: { ...sent, topic: 'a', payload: Buffer.from(payload(PACKET_BYTES_MAX - 6)) },
    expected: { ...publish, topic: 'a', payload: payload(PACKET_BYTES_MAX - 6) },
  },
  {
    name: 'PUBLISH one byte larger',
    packet: { ...sent, topic: 'a', payload: Buffer.from(payload(PACKET_BYTES_MAX - 5)) },
    expected: { ...publish, topic: 'a', payload: payload(0), oversized: true },
  },
  {
    name: 'PUBLISH, remaining length of three bytes, QoS 1',
    packet: { ...sent, topic: 'big', payload: Buffer.from(payload(20_000)), qos: 1, dup: true, messageId: 3 },
    expected: { ...publish, topic: 'big', payload: payload(0), qos: 1, dup: true, packetId: 3, oversized: true },
  },
];

describe.each(ROWS)('$name', ({ packet, bytes, expected }) => {
  const generated = Uint8Array.from(generate(packet));

  it('is decoded in one piece', () => {
    if (bytes !== undefined) expect(generated).toEqual(bytesOf(bytes));
    expect(decodeAll(generated)).toEqual([expected]);
  });

  it('is decoded byte by byte', () => {
    expect(decodeAll(generated, [1])).toEqual([expected]);
  });

  it('is decoded when cut anywhere near its beginning', () => {
    for (let cut = 1; cut < Math.min(generated.length, 16); cut++) {
      expect(decodeAll(generated, [cut, generated.length])).toEqual([expected]);
    }
  });

  it('is decoded between others', () => {
    const ping = bytesOf('d0 00');
    const stream = new Uint8Array([...ping, ...generated, ...generated, ...ping]);
    expect(decodeAll(stream)).toEqual([{ type: PINGRESP }, expected, expected, { type: PINGRESP }]);
  });
});

it('any fragmentation of any packets gives the same packets', () => {
  const all = ROWS.map(({ packet, expected }) => ({ bytes: generate(packet), expected }));
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: all.length - 1 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 30 }),
      (picked, fragments) => {
        const rows = picked.map((index) => all[index] as (typeof all)[number]);
        const stream = Uint8Array.from(Buffer.concat(rows.map(({ bytes }) => bytes)));
        expect(decodeAll(stream, fragments)).toEqual(rows.map(({ expected }) => expected));
      },
    ),
    { numRuns: 200 },
  );
});

it('random bytes give packets or a ProtocolError, the same in any fragments', () => {
  const outcome = (bytes: Uint8Array, fragments: number[]) => {
    try {
      return decodeAll(bytes, fragments, 64);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return (error as ProtocolError).message;
    }
  };
  // First bytes that a broker may send, so that the random bytes get beyond them.
  const first = fc.constantFrom(0x20, 0x30, 0x31, 0x32, 0x3a, 0x40, 0x90, 0xb0, 0xd0);
  const chunk = fc.tuple(first, fc.nat({ max: 9 }), fc.uint8Array({ maxLength: 12 }));
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (chunks, fragments) => {
        const bytes = Uint8Array.from(chunks.flatMap(([type, length, rest]) => [type, length, ...rest]));
        expect(outcome(bytes, fragments)).toEqual(outcome(bytes, [Math.max(1, bytes.length)]));
      },
    ),
    { numRuns: 2000 },
  );
});
