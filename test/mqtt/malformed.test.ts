/** Each row: bytes that break the standard, and the statement that the error must name. */
import { ProtocolError } from '../../src/mqtt/packet.js';
import { bytesOf, errorOf } from './packets.js';

const ROWS: [statement: string, what: string, hex: string][] = [
  ['MQTT-1.5.3-1', 'a topic with a surrogate', '30 05 00 03 ed a0 80'],
  ['MQTT-1.5.3-1', 'a topic with an overlong encoding', '30 04 00 02 c1 81'],
  ['MQTT-1.5.3-1', 'a topic with an overlong U+0000', '30 04 00 02 c0 80'],
  ['MQTT-1.5.3-1', 'a topic with a stray continuation byte', '30 03 00 01 80'],
  ['MQTT-1.5.3-1', 'a topic that ends within a character', '30 04 00 02 e2 82'],
  ['MQTT-1.5.3-1', 'a topic with a code point above U+10FFFF', '30 06 00 04 f4 90 80 80'],
  ['MQTT-1.5.3-2', 'a topic with U+0000', '30 05 00 03 61 00 62'],
  ['MQTT-2.2.2-2', 'SUBACK with reserved flags', '93 03 00 01 00'],
  ['MQTT-2.2.2-2', 'CONNACK with reserved flags', '21 02 00 00'],
  ['MQTT-2.2.2-2', 'PUBACK with reserved flags', '42 02 00 01'],
  ['MQTT-2.2.2-2', 'UNSUBACK with reserved flags', 'b2 02 00 01'],
  ['MQTT-2.2.2-2', 'PINGRESP with reserved flags', 'd8 00'],
  ['MQTT-2.3.1-1', 'PUBLISH QoS 1 with packet identifier 0', '32 05 00 01 61 00 00'],
  ['MQTT-2.3.1-1', 'PUBLISH QoS 1 that ends before its packet identifier', '32 04 00 01 61 00'],
  ['MQTT-2.3.1-6', 'PUBACK with packet identifier 0', '40 02 00 00'],
  ['MQTT-2.3.1-7', 'SUBACK with packet identifier 0', '90 03 00 00 00'],
  ['MQTT-2.3.1-7', 'UNSUBACK with packet identifier 0', 'b0 02 00 00'],
  ['MQTT-3.2.2-4', 'CONNACK that refuses and has a session', '20 02 01 05'],
  ['MQTT-3.2.2-6', 'CONNACK with return code 6', '20 02 00 06'],
  ['MQTT-3.3.1-2', 'PUBLISH QoS 0 with DUP', '38 03 00 01 61'],
  ['MQTT-3.3.1-4', 'PUBLISH with both QoS bits', '36 05 00 01 61 00 01'],
  ['MQTT-3.3.2-1', 'PUBLISH that ends before its topic', '30 01 00'],
  ['MQTT-3.3.2-1', 'PUBLISH that ends within its topic', '30 03 00 02 61'],
  ['MQTT-3.3.2-2', 'a topic with #', '30 05 00 03 61 2f 23'],
  ['MQTT-3.3.2-2', 'a topic with +', '30 03 00 01 2b'],
  ['MQTT-4.7.3-1', 'an empty topic', '30 02 00 00'],
  ['MQTT-3.8.4-5', 'SUBACK without a return code', '90 02 00 01'],
  ['MQTT-3.8.4-6', 'PUBLISH QoS 2, which was not subscribed to', '34 05 00 01 61 00 01'],
  ['MQTT-3.9.3-2', 'SUBACK with a reserved return code', '90 03 00 01 03'],
  ['MQTT-4.3.2-2', 'PUBREC', '50 02 00 01'],
  ['MQTT-4.3.2-2', 'PUBREL', '62 02 00 01'],
  ['MQTT-4.3.2-2', 'PUBCOMP', '70 02 00 01'],
  ['MQTT-4.8.0-1', 'packet type 0', '00 00'],
  ['MQTT-4.8.0-1', 'packet type 15', 'f0 00'],
  ['MQTT-4.8.0-1', 'CONNECT', '10 00'],
  ['MQTT-4.8.0-1', 'SUBSCRIBE', '82 00'],
  ['MQTT-4.8.0-1', 'UNSUBSCRIBE', 'a2 00'],
  ['MQTT-4.8.0-1', 'PINGREQ', 'c0 00'],
  ['MQTT-4.8.0-1', 'DISCONNECT', 'e0 00'],
  ['MQTT-4.8.0-1', 'a remaining length of five bytes', '30 80 80 80 80 01'],
  ['MQTT-4.8.0-1', 'CONNACK of three bytes', '20 01 00'],
  ['MQTT-4.8.0-1', 'PUBACK of five bytes', '40 03 00 01 00'],
  ['MQTT-4.8.0-1', 'UNSUBACK of five bytes', 'b0 03 00 01 00'],
  ['MQTT-4.8.0-1', 'PINGRESP of three bytes', 'd0 01 00'],
  ['MQTT-4.8.0-1', 'CONNACK with reserved acknowledge flags', '20 02 02 00'],
];

it.each(ROWS)('[%s] refuses %s', (statement, _, hex) => {
  const bytes = bytesOf(hex);
  for (const fragments of [[bytes.length], [1]]) {
    const error = errorOf(bytes, fragments);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error?.message.startsWith(`[${statement}] `)).toBe(true);
    expect((error as ProtocolError).statement).toBe(statement);
  }
});

it('says what it found and what it expected', () => {
  expect(errorOf(bytesOf('93'))?.message).toBe('[MQTT-2.2.2-2] reserved flags of SUBACK are 3, expected 0');
});

it('does not wait for the rest of a packet that is wrong from the start', () => {
  expect(errorOf(bytesOf('21'))?.message).toContain('MQTT-2.2.2-2');
  expect(errorOf(bytesOf('40 03'))?.message).toContain('MQTT-4.8.0-1');
  expect(errorOf(bytesOf('30 ff ff ff ff'))?.message).toContain('MQTT-4.8.0-1');
});

it('[MQTT-4.8.0-1] refuses a SUBACK that is larger than it may hold', () => {
  expect(errorOf(bytesOf('90 7f'), [1], 64)?.message).toBe('[MQTT-4.8.0-1] SUBACK of 129 bytes, at most 64 are taken');
});

it('[MQTT-4.8.0-1] refuses a PUBLISH whose topic alone is larger than it may hold', () => {
  const topic = `30 ff 01 00 7f ${'61'.repeat(127)}`;
  expect(errorOf(bytesOf(topic), [1], 64)?.message).toBe('[MQTT-4.8.0-1] topic name alone takes more than 64 bytes');
});

it('[MQTT-2.3.1-1] refuses packet identifier 0 in a PUBLISH whose payload it would skip', () => {
  expect(errorOf(bytesOf(`32 7f 00 01 61 00 00 ${'00'.repeat(122)}`), [7], 64)?.message).toContain('MQTT-2.3.1-1');
});

it('[MQTT-1.5.3-3] keeps U+FEFF at the beginning of a topic', () => {
  expect(errorOf(bytesOf('30 05 00 03 ef bb bf'))).toBeUndefined();
});
