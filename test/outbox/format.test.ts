import { CRC8, crc32c } from '../../src/outbox/crc.js';
import { batchBody, encodeAck, encodeFrame, sequenceOf, sequenceUpTo, startSum } from '../../src/outbox/frame.js';
import { decodeHeader, encodeHeader, isTornHeader } from '../../src/outbox/header.js';
import { Sectors } from '../../src/outbox/sectors.js';
import { flashWith, newFlash, open } from './bench.js';

/** FORMAT.md, byte for byte: a change here is a change of the format. */

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hexadecimal = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

describe('checksums', () => {
  it('CRC-32C of "123456789" is 0xE3069283', () => {
    expect(~crc32c(ascii('123456789'), 0, 9, -1) >>> 0).toBe(0xe3069283);
  });

  it('CRC-8 of polynomial 0x2F of "123456789" is 0x3E from register 0, and 0xDF as AUTOSAR has it', () => {
    const crc8 = (register: number) => ascii('123456789').reduce((crc, byte) => CRC8[crc ^ byte] as number, register);
    expect(crc8(0)).toBe(0x3e);
    expect(crc8(0xff) ^ 0xff).toBe(0xdf);
  });

  it('CRC-32C goes on from a register', () => {
    const bytes = ascii('123456789');
    expect(crc32c(bytes, 4, 9, crc32c(bytes, 0, 4, -1))).toBe(crc32c(bytes, 0, 9, -1));
  });
});

describe('a sector header', () => {
  const header = {
    slotBytes: 16,
    isWriteOnce: false,
    frameSlotsMax: 5,
    leavesOut: false,
    sectorSequence: 258,
    sectors: 256,
    slots: 256,
    skipped: 0,
    base: 0x0102030405,
    kept: 0x060708,
    lag: 0x0c0d0e0f,
    dropped: 0x08090a0b,
  };
  const bytes = bytesOf('47570128020100000001000105040302010807060b0a09080f0e0d0cb88dbcd6');

  it('is 32 bytes', () => {
    expect(hexadecimal(encodeHeader(header))).toBe(hexadecimal(bytes));
  });

  it('is read back in its own block only', () => {
    expect(decodeHeader(bytes, 2)).toEqual(header);
    for (const block of [0, 1, 3, 255]) expect(decodeHeader(bytes, block)).toBeUndefined();
  });

  it('is no header with any of its bits flipped', () => {
    for (let bit = 0; bit < 256; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeHeader(flipped, 2)).toBeUndefined();
    }
  });

  it('holds the largest values of its fields', () => {
    const largest = {
      slotBytes: 32,
      isWriteOnce: true,
      frameSlotsMax: 31,
      leavesOut: true,
      sectorSequence: 2 ** 32 - 2,
      sectors: 65_535,
      slots: 256,
      skipped: 127,
      base: 2 ** 40 - 1,
      kept: 2 ** 24 - 1,
      lag: 2 ** 32 - 1,
      dropped: 2 ** 32 - 1,
    };
    expect(decodeHeader(encodeHeader(largest), largest.sectorSequence % largest.sectors)).toEqual(largest);
  });

  it('that was torn has no bit cleared that it would have kept', () => {
    const first = { ...header, sectorSequence: 2, base: 0, kept: 0, lag: 0, dropped: 0 };
    const whole = encodeHeader(first);
    expect(isTornHeader(new Uint8Array(32).fill(0xff), first)).toBe(true);
    expect(isTornHeader(whole, first)).toBe(true);
    for (let bit = 0; bit < 32 * 8; bit++) {
      const other = whole.slice();
      const mask = 1 << (bit & 7);
      if (((other[bit >> 3] as number) & mask) === 0) continue;
      other[bit >> 3] = (other[bit >> 3] as number) & ~mask;
      expect(isTornHeader(other, first)).toBe(false);
    }
  });
});

describe('a frame', () => {
  const place = (slot: number, sectorSequence = 258) => sectorSequence * 256 + slot;
  /** A look at the slot of a partition that holds these bytes there and nothing else. */
  const isAt = (bytes: Uint8Array, slot: number, sectorSequence = 258) => {
    const flash = newFlash(3, 4096);
    flash.write(bytes, (sectorSequence % 3) * 4096 + slot * 16);
    return new Sectors(flash).frame(sectorSequence, slot);
  };

  it.each([
    ['of one slot', 2, 5, 0x37, 5, 'godwi', '053705b242246f24676f647769ffffff'],
    ['of two slots', 3, 11, 0x3f, 6, 'limosa lapp', `0b3f06a80706fcfb6c696d6f7361206c617070${'ff'.repeat(13)}`],
  ])('%s has 8 bytes before the payload and is padded', (_, slot, length, second, sequence, text, expected) => {
    const bytes = new Uint8Array(expected.length / 2);
    encodeFrame(bytes, place(slot), crc32c, length | (second << 8), 0x0102030400 + sequence, ascii(text));
    expect(hexadecimal(bytes)).toBe(expected);
  });

  it('that saves a position has lag and dropped for a body', () => {
    const body = new Uint8Array(8);
    encodeAck(body, 0x11223344, 0x55667788);
    const bytes = new Uint8Array(16);
    encodeFrame(bytes, place(5), crc32c, 0, 0x0102030407, body);
    expect(hexadecimal(bytes)).toBe('000007dde89a1df44433221188776655');
  });

  it('is one at its own place only', () => {
    const bytes = bytesOf('053705b242246f24676f647769ffffff');
    expect(isAt(bytes, 2)).toBe(true);
    for (let slot = 0; slot < 256; slot++) if (slot !== 2) expect(isAt(bytes, slot)).toBe(false);
    for (let sequence = 0; sequence < 600; sequence++)
      if (sequence !== 258) expect(isAt(bytes, 2, sequence)).toBe(false);
  });

  it('is bound to its place also where numbers have more than 32 bits', () => {
    const bytes = new Uint8Array(16);
    const sequence = 2 ** 32 - 2;
    encodeFrame(bytes, place(255, sequence), crc32c, 0x3705, 5, ascii('godwi'));
    expect(isAt(bytes, 255, sequence)).toBe(true);
    for (const other of [2 ** 32 - 3, 254]) expect(isAt(bytes, 255, other)).toBe(false);
  });

  it('is none with any bit of it flipped, and a wrong length is noticed before it is followed', () => {
    const bytes = bytesOf('053705b242246f24676f647769ffffff');
    for (let bit = 0; bit < 13 * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(startSum(flipped, 0, place(2)) === flipped[3]).toBe(bit >= 32);
      expect(isAt(flipped, 2)).toBe(false);
    }
  });

  it('is none when it is all zeros or all ones, at any place', () => {
    for (const value of [0, 0xff]) {
      const sectors = new Sectors(flashWith(new Uint8Array(3 * 4096).fill(value), 4096));
      for (let sectorSequence = 0; sectorSequence < 300; sectorSequence++)
        for (let slot = 2; slot < 256; slot += 5) expect(sectors.frame(sectorSequence, slot)).toBe(false);
    }
  });
});

describe('a sequence number', () => {
  it('is the expected one, one that follows it within 254, or the one before', () => {
    const frame = (sequence: number) => Uint8Array.of(1, 0, sequence % 256, 0);
    for (const running of [0, 1, 200, 255, 256, 70_000, 2 ** 35 + 250]) {
      for (let ahead = 0; ahead <= 254; ahead++)
        expect(sequenceOf(frame(running + ahead), 0, running)).toBe(running + ahead);
      if (running > 0) expect(sequenceOf(frame(running - 1), 0, running)).toBe(running - 1);
      for (let behind = 0; behind <= 255 && behind <= running; behind++)
        expect(sequenceUpTo(frame(running - behind), 0, running)).toBe(running - behind);
    }
  });

  it('of a batch is the expected one, one that follows it within 2^24, or that of the batch before', () => {
    const frame = (sequence: number, count: number) =>
      Uint8Array.of(4, 0xff, sequence % 256, 0, 0, 0, 0, 0, ...batchBody(Uint8Array.of(1), sequence, count));
    for (const running of [60, 255, 256, 70_000, 2 ** 24 - 1, 2 ** 35 + 250]) {
      for (const ahead of [0, 1, 254, 255, 256, 70_000, 2 ** 24 - 51])
        expect(sequenceOf(frame(running + ahead, 50), 0, running)).toBe(running + ahead);
      expect(sequenceOf(frame(running - 50, 50), 0, running)).toBe(running - 50);
      for (const behind of [0, 50])
        expect(sequenceUpTo(frame(running - behind, 50), 0, running)).toBe(running - behind);
    }
  });
});

describe('the lag of a record', () => {
  it('is 0 to 14, and 15 when the oldest number that is not settled is farther back', () => {
    const flash = newFlash(8);
    const outbox = open(flash);
    for (let sequence = 0; sequence < 20; sequence++) outbox.append(Uint8Array.of(sequence), 0);
    const image = flash.image();
    for (let sequence = 0; sequence < 20; sequence++)
      expect((image[(2 + sequence) * 16 + 1] as number) & 0x0f).toBe(Math.min(sequence, 15));
  });
});

describe('a young log', () => {
  it('has a header, then a frame for each record, and is blank behind', () => {
    const flash = newFlash();
    const outbox = open(flash);
    outbox.append(ascii('godwi'), 3);
    outbox.append(ascii('limosa lapponica'), 14);
    const image = flash.image();
    expect(hexadecimal(image.subarray(0, 28))).toBe('47570128000000000400200000000000000000000000000000000000');
    expect(hexadecimal(image.subarray(32, 36))).toMatch(/^053000/);
    expect(hexadecimal(image.subarray(40, 48))).toBe('676f647769ffffff');
    expect(hexadecimal(image.subarray(48, 52))).toMatch(/^10e101/);
    expect(image.subarray(80).every((value) => value === 0xff)).toBe(true);
  });
});
