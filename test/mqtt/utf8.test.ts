import fc from 'fast-check';
import { ProtocolError } from '../../src/mqtt/packet.js';
import { decodeText, decodeUtf8, isWellFormed, utf8Bytes } from '../../src/mqtt/utf8.js';

const decoded = (bytes: Uint8Array) => decodeUtf8(bytes, 0, bytes.length);
const sendable = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));

it('encodes text as Node does', () => {
  fc.assert(fc.property(sendable, (text) => expect(Buffer.compare(utf8Bytes(text), Buffer.from(text))).toBe(0)));
});

it('decodes what it encoded', () => {
  fc.assert(fc.property(sendable, (text) => expect(decoded(utf8Bytes(text))).toBe(text)));
});

it.each(['', 'a', '\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}', 'x'.repeat(31), 'y'.repeat(64)])(
  'round trip %#',
  (text) => {
    expect(decoded(utf8Bytes(text))).toBe(text);
  },
);

it('[MQTT-1.5.3-1] decodes bytes exactly when a strict decoder does', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const tricky = fc.constantFrom(
    0x61,
    0x7f,
    0x80,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc2,
    0xdf,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.array(tricky, { maxLength: 8 }), (values) => {
      const bytes = Uint8Array.from(values);
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {
        expect(() => decoded(bytes)).toThrow(ProtocolError);
        return;
      }
      expect(decoded(bytes)).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});

it('[MQTT-1.5.3-3] keeps a byte order mark', () => {
  expect(decoded(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
});

it('[MQTT-1.5.3-1] tells lone surrogates from pairs', () => {
  expect(isWellFormed('a\ud800')).toBe(false);
  expect(isWellFormed('\udc00\ud800')).toBe(false);
  expect(isWellFormed('a\ud83d\ude00\uffff')).toBe(true);
});

it('[MQTT-1.5.3-2] refuses to decode U+0000 in a string', () => {
  expect(() => decoded(Uint8Array.of(0x61, 0))).toThrow('MQTT-1.5.3-2');
});

it('reads any payload as text, with U+FFFD for what is none', () => {
  expect(decodeText(Uint8Array.of(0x61, 0xff, 0x00, 0xe2, 0x82, 0xac, 0xe2, 0x82))).toBe('a\ufffd\0€\ufffd\ufffd');
});
