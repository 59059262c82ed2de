import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { crc32c } from '../../src/outbox/crc.js';
import { formatOutbox } from '../../src/outbox/outbox.js';
import { appendAll, flashWith, handOut, newFlash, open, payload, range, refusal } from './bench.js';

const SIZE = 4 * 512;

function blank(size = SIZE): Uint8Array {
  return new Uint8Array(size).fill(0xff);
}

/** What 4 blocks of 512 bytes hold after `records` appends. */
function imageOf(records: number): Uint8Array {
  const flash = newFlash();
  appendAll(open(flash), 1, records);
  return flash.image();
}

describe('a partition that holds something else is refused, and left as it is', () => {
  it.each([
    ['in its first byte', 0],
    ['behind where a header would be', 32],
    ['in the middle', 777],
    ['in the first byte of the last block', 3 * 512],
    ['in its last byte', SIZE - 1],
  ])('%s', (_, offset) => {
    const image = blank();
    image[offset] = 0x30;
    const flash = flashWith(image);
    expect(refusal(flash, () => open(flash))).toBe('foreign');
  });

  it('a file system of zeros, of text, or of noise', () => {
    const random = seededRandom(5);
    for (const fill of [() => 0, (i: number) => 32 + (i % 90), () => Math.floor(random() * 256)]) {
      const flash = flashWith(blank().map((_, i) => fill(i)));
      expect(refusal(flash, () => open(flash))).toBe('foreign');
    }
  });

  it('until it is formatted, which erases every block', () => {
    const flash = flashWith(blank().fill(0x55));
    formatOutbox(flash);
    expect([flash.erases, flash.image()]).toEqual([4, blank()]);
    expect(open(flash).append(payload(1), 0)).toBe(0);
  });
});

describe('a log of a newer format version is refused, and left as it is,', () => {
  /** The block whose header has the highest sector sequence. */
  function newestBlock(image: Uint8Array): number {
    const view = new DataView(image.buffer);
    const sequences = [0, 1, 2, 3].map((block) => view.getUint32(block * 512 + 4, true));
    const own = sequences.map((sequence, block) => (sequence % 4 === block && sequence < 1000 ? sequence : -1));
    return own.indexOf(Math.max(...own));
  }

  /** Makes the header in block `block` one of version 2, as its own program would have written it. */
  function raiseVersion(image: Uint8Array, block: number): void {
    const header = image.subarray(block * 512, block * 512 + 32);
    header[2] = 2;
    new DataView(header.buffer, header.byteOffset).setInt32(28, crc32c(header, 0, 28, ~block), true);
  }

  it.each(range(1, 24).map((step) => 5 * step))('when it wrote the newest sector (%d records)', (records) => {
    const image = imageOf(records);
    raiseVersion(image, newestBlock(image));
    const flash = flashWith(image);
    expect(refusal(flash, () => open(flash))).toBe('newer');
  });

  it('when it wrote every sector', () => {
    const image = imageOf(100);
    for (const block of [0, 1, 2, 3]) raiseVersion(image, block);
    const flash = flashWith(image);
    expect(refusal(flash, () => open(flash))).toBe('newer');
  });

  it('but a header that only looks newer is a damaged one', () => {
    const image = imageOf(20);
    image[2] = 2;
    const flash = flashWith(image);
    expect(refusal(flash, () => open(flash))).toBeUndefined();
    expect(handOut(open(flash))).toHaveLength(20);
  });
});

describe('the log of a partition of another geometry is refused, and left as it is', () => {
  it.each([5, 20, 40, 100])('after the partition grew or shrank (%d records)', (records) => {
    const image = imageOf(records);
    const grown = blank(6 * 512);
    grown.set(image);
    for (const flash of [flashWith(grown), flashWith(image.slice(0, 3 * 512))])
      expect(refusal(flash, () => open(flash))).toBe('geometry');
  });

  it.each([5, 20, 40, 100])('with blocks of another length (%d records)', (records) => {
    const image = imageOf(records);
    const padded = blank(2 * SIZE);
    padded.set(image);
    const sameCount = flashWith(padded, 1024);
    expect(refusal(sameCount, () => open(sameCount))).toBe('geometry');
  });
});

describe('a part that cannot hold a log is refused', () => {
  const random = seededRandom(1);

  it('one that is written in units of 64 bytes', () => {
    const flash = new SimFlash({ blocks: 4, writeAlign: 64, random });
    expect(refusal(flash, () => open(flash))).toBe('unsupported');
    expect(refusal(flash, () => formatOutbox(flash))).toBe('unsupported');
  });

  it.each([
    ['a single block', 1, 4096],
    ['blocks of 256 bytes', 4, 256],
    ['blocks of 8192 bytes', 4, 8192],
  ])('%s', (_, blocks, blockLength) => {
    const flash = new SimFlash({ blocks, blockLength, random });
    expect(refusal(flash, () => open(flash))).toBe('unsupported');
  });
});
