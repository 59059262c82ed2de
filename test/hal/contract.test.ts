import type { Stream } from '../../hal/contract.js';
import { writeText } from '../../src/mqtt/utf8.js';
import { crc32c } from '../../src/outbox/crc.js';
import { type Bench, benches } from './bench.js';

/** CRC-32C bit by bit, as its definition has it. */
function longhand(bytes: Uint8Array, start: number, end: number, register: number): number {
  let crc = register;
  for (const byte of bytes.subarray(start, end)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc | 0;
}

describe.each(benches)('the hardware contract on $name', ({ setUp }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await setUp();
  });
  afterEach(() => bench.tearDown());

  describe('clock', () => {
    it('counts whole milliseconds and never goes back', async () => {
      const { clock } = bench;
      let last = clock.milliseconds();
      expect(last).toBeGreaterThanOrEqual(0);
      await bench.passTime((done) => {
        let rounds = 20;
        const check = () => {
          const now = clock.milliseconds();
          expect(Number.isInteger(now)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(last);
          last = now;
          if (--rounds === 0) done();
          else clock.setTimer(check, rounds % 2);
        };
        check();
      });
    });

    it('runs a timer when its delay has passed, and not before', async () => {
      const { clock } = bench;
      const start = clock.milliseconds();
      await bench.passTime((done) => clock.setTimer(done, 15));
      expect(clock.milliseconds() - start).toBeGreaterThanOrEqual(15);
    });

    it('runs timers in the order they are due, and equal ones in the order they were set', async () => {
      const { clock } = bench;
      const order: string[] = [];
      await bench.passTime((done) => {
        clock.setTimer(done, 40);
        clock.setTimer(() => order.push('late'), 20);
        clock.setTimer(() => order.push('first'), 5);
        clock.setTimer(() => order.push('second'), 5);
        clock.setTimer(() => order.push('now'), 0);
      });
      expect(order).toEqual(['now', 'first', 'second', 'late']);
    });

    it('runs a delay of 0 in the next turn, never in this one', async () => {
      const { clock } = bench;
      const order: string[] = [];
      await bench.passTime((done) => {
        clock.setTimer(() => {
          clock.setTimer(() => {
            order.push('set by the timer');
            done();
          }, 0);
          order.push('end of the timer');
        }, 0);
        order.push('end of the caller');
      });
      expect(order).toEqual(['end of the caller', 'end of the timer', 'set by the timer']);
    });

    it('never runs a cleared timer, and takes clearing as often as it comes', async () => {
      const { clock } = bench;
      let ran = 0;
      await bench.passTime((done) => {
        const cleared = clock.setTimer(() => ran++, 5);
        const clearedByOther = clock.setTimer(() => ran++, 5);
        clock.clearTimer(cleared);
        clock.clearTimer(cleared);
        const last = clock.setTimer(() => {
          clock.clearTimer(last);
          done();
        }, 10);
        clock.setTimer(() => clock.clearTimer(clearedByOther), 0);
      });
      expect(ran).toBe(0);
    });

    it('takes a delay of months', async () => {
      const { clock } = bench;
      let ran = false;
      const timer = clock.setTimer(() => {
        ran = true;
      }, 2 ** 32);
      await bench.passTime((done) => clock.setTimer(done, 5));
      expect(ran).toBe(false);
      clock.clearTimer(timer);
    });

    it('refuses a negative delay', () => {
      expect(() => bench.clock.setTimer(() => {}, -1)).toThrow(RangeError);
    });
  });

  describe('flash', () => {
    const readBack = (offset: number, byteLength: number) => {
      const buffer = new Uint8Array(byteLength);
      bench.flash.read(buffer, offset);
      return [...buffer];
    };

    it('tells its geometry', () => {
      const { size, blocks, blockLength } = bench.flash.status();
      expect({ size, blocks, blockLength }).toEqual({ size: 4 * 4096, blocks: 4, blockLength: 4096 });
    });

    it('reads 0xFF where it is erased', () => {
      expect(readBack(4094, 4)).toEqual([0xff, 0xff, 0xff, 0xff]);
    });

    it('clears bits when it programs, and never sets one', () => {
      bench.flash.write(Uint8Array.of(0xf0, 0x0f), 10);
      bench.flash.write(Uint8Array.of(0xcc, 0xff), 10);
      expect(readBack(9, 4)).toEqual([0xff, 0xc0, 0x0f, 0xff]);
    });

    it('takes nothing from the buffer after the call', () => {
      const buffer = Uint8Array.of(1, 2, 3);
      bench.flash.write(buffer, 0);
      buffer.fill(0);
      expect(readBack(0, 3)).toEqual([1, 2, 3]);
    });

    it('erases the named blocks and no others', () => {
      for (let block = 0; block < 4; block++) bench.flash.write(Uint8Array.of(block), block * 4096 + 4095);
      bench.flash.eraseBlock(1);
      expect([0, 1, 2, 3].map((block) => readBack(block * 4096 + 4095, 1)[0])).toEqual([0, 0xff, 2, 3]);
      bench.flash.eraseBlock(2, 4);
      expect([0, 1, 2, 3].map((block) => readBack(block * 4096 + 4095, 1)[0])).toEqual([0, 0xff, 0xff, 0xff]);
    });

    it.each([
      ['a write past the end', () => bench.flash.write(new Uint8Array(2), 4 * 4096 - 1)],
      ['a write before the start', () => bench.flash.write(new Uint8Array(2), -1)],
      ['a write at half a byte', () => bench.flash.write(new Uint8Array(2), 0.5)],
      ['a read past the end', () => bench.flash.read(new Uint8Array(2), 4 * 4096 - 1)],
      ['a read before the start', () => bench.flash.read(new Uint8Array(2), -1)],
      ['an erase past the end', () => bench.flash.eraseBlock(3, 5)],
      ['an erase before the start', () => bench.flash.eraseBlock(-1)],
      ['an erase of no block', () => bench.flash.eraseBlock(2, 2)],
      ['an erase of half a block', () => bench.flash.eraseBlock(0.5)],
    ])('refuses %s, and changes nothing', (_name, action) => {
      for (let block = 0; block < 4; block++) bench.flash.write(new Uint8Array(4096).fill(block), block * 4096);
      expect(action).toThrow(RangeError);
      for (let block = 0; block < 4; block++) {
        expect(Buffer.from(readBack(block * 4096, 4096)).equals(Buffer.alloc(4096, block))).toBe(true);
      }
    });
  });

  describe('flash of the log of events', () => {
    it('has 16 blocks', () => {
      const { size, blocks, blockLength } = bench.eventFlash.status();
      expect({ size, blocks, blockLength }).toEqual({ size: 16 * 4096, blocks: 16, blockLength: 4096 });
    });

    it('is apart from that of the outbox', () => {
      const one = new Uint8Array(1);
      bench.flash.write(Uint8Array.of(1), 0);
      bench.eventFlash.write(Uint8Array.of(2), 0);
      bench.eventFlash.write(Uint8Array.of(3), 4 * 4096);
      bench.flash.read(one, 0);
      expect(one[0]).toBe(1);
      bench.flash.eraseBlock(0);
      bench.eventFlash.read(one, 0);
      expect(one[0]).toBe(2);
      bench.eventFlash.eraseBlock(0);
      bench.eventFlash.read(one, 0);
      expect(one[0]).toBe(0xff);
      bench.eventFlash.read(one, 4 * 4096);
      expect(one[0]).toBe(3);
    });

    it('refuses what is beyond its end', () => {
      expect(() => bench.eventFlash.write(new Uint8Array(2), 16 * 4096 - 1)).toThrow(RangeError);
      expect(() => bench.eventFlash.eraseBlock(15, 17)).toThrow(RangeError);
    });
  });

  describe('key-value storage', () => {
    it('gives back what was written, until it is deleted', () => {
      const { keyValue } = bench;
      expect(keyValue.read('boot')).toBeUndefined();
      keyValue.write('boot', '12');
      keyValue.write('name', 'Uferschnepfe \u{1F426}');
      keyValue.write('boot', '13');
      expect(keyValue.read('boot')).toBe('13');
      expect(keyValue.read('name')).toBe('Uferschnepfe \u{1F426}');
      keyValue.delete('boot');
      keyValue.delete('boot');
      expect(keyValue.read('boot')).toBeUndefined();
    });

    it('takes keys of 1 to 15 characters and values of up to 1000 bytes', () => {
      const { keyValue } = bench;
      keyValue.write('k'.repeat(15), 'é'.repeat(500));
      expect(keyValue.read('k'.repeat(15))).toBe('é'.repeat(500));
      expect(() => keyValue.write('k'.repeat(16), '')).toThrow(RangeError);
      expect(() => keyValue.read('')).toThrow(RangeError);
      expect(() => keyValue.write('key', 'é'.repeat(501))).toThrow(RangeError);
      expect(keyValue.read('key')).toBeUndefined();
    });

    it('keeps keys apart that mean something to JavaScript', () => {
      const { keyValue } = bench;
      expect(keyValue.read('constructor')).toBeUndefined();
      keyValue.write('__proto__', 'x');
      expect(keyValue.read('__proto__')).toBe('x');
    });
  });

  describe('checksum, native or else the script', () => {
    const sum = () => bench.crc32c ?? crc32c;

    it('gives the check value of CRC-32C', () => {
      const digits = Uint8Array.from([...'123456789'].map(Number), (digit) => digit + 0x30);
      expect(sum()(digits, 0, 9, -1) ^ -1).toBe(0xe3069283 | 0);
    });

    it('sums any part of any view from any register, to a signed number', () => {
      const memory = new Uint8Array(300);
      let state = 1;
      const random = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return (state >> 8) % below;
      };
      for (let i = 0; i < memory.length; i++) memory[i] = random(256);
      for (let round = 0; round < 300; round++) {
        const view = memory.subarray(random(40), 40 + random(260));
        const start = random(view.length + 1);
        const end = start + random(view.length - start + 1);
        const register = Math.imul(random(1 << 20), 65537 * (1 + random(7)));
        expect(sum()(view, start, end, register)).toBe(longhand(view, start, end, register));
      }
    });

    it('goes on where it stopped', () => {
      const bytes = Uint8Array.from({ length: 100 }, (_, i) => 255 - i);
      expect(sum()(bytes, 37, 100, sum()(bytes, 0, 37, -1))).toBe(sum()(bytes, 0, 100, -1));
    });
  });

  describe('text, native or else the script', () => {
    const write = (text: string, into: Uint8Array, at: number) => (bench.writeText ?? writeText)(text, into, at);
    const bytes = () => new Uint8Array(12).fill(0xee);

    it('is written as UTF-8 where it should be, and nothing else is touched', () => {
      const memory = bytes();
      expect(write('aü€', memory.subarray(2, 10), 1)).toBe(7);
      expect([...memory]).toEqual([0xee, 0xee, 0xee, 0x61, 0xc3, 0xbc, 0xe2, 0x82, 0xac, 0xee, 0xee, 0xee]);
    });

    it('may be empty, and may fill all there is', () => {
      const memory = bytes();
      expect(write('', memory, 12)).toBe(12);
      expect(write('0123456789ab', memory, 0)).toBe(12);
      expect([...memory]).toEqual([...'0123456789ab'].map((character) => character.charCodeAt(0)));
    });

    it('is not written at all when it does not fit', () => {
      const memory = bytes();
      expect(write('abcdef', memory.subarray(2, 10), 3)).toBe(-1);
      expect(write('€', memory, 10)).toBe(-1);
      expect(memory).toEqual(bytes());
    });
  });

  describe('stream', () => {
    /** Connects to the echo server and lets time pass until `onEvent` calls `done`. */
    const withStream = async (
      onEvent: (stream: Stream, event: string, detail: number | string, done: () => void) => void,
      port = bench.echoPort,
    ) => {
      const { TCP, host } = bench;
      let stream: Stream | undefined;
      await bench.passTime((done) => {
        const report = (event: string, detail: number | string) => onEvent(stream as Stream, event, detail, done);
        stream = new TCP({
          host,
          port,
          onReadable: (byteCount) => report('readable', byteCount),
          onWritable: (byteCount) => report('writable', byteCount),
          onError: (reason) => report('error', reason),
        });
      });
      return stream as Stream;
    };

    it('calls what it is told as methods of its options', async () => {
      const { TCP, host, echoPort } = bench;
      const called: string[] = [];
      await bench.passTime((done) => {
        let stream: Stream | undefined;
        const options = {
          host,
          port: echoPort,
          onReadable() {
            if (this === options) called.push('readable');
            stream?.read(new Uint8Array(1));
          },
          onWritable() {
            if (this === options && called.length === 0) called.push('writable');
            // The server echoes this, then closes.
            stream?.write(Uint8Array.of(0));
          },
          onError() {
            if (this === options) called.push('error');
            stream?.close();
            done();
          },
        };
        stream = new TCP(options);
      });
      expect(called).toEqual(['writable', 'readable', 'error']);
    });

    it('says by the first onWritable that it is connected; before, it cannot be written to', async () => {
      const { TCP, host, echoPort } = bench;
      const events: string[] = [];
      await bench.passTime((done) => {
        const stream = new TCP({
          host,
          port: echoPort,
          onReadable: () => events.push('readable'),
          onWritable: (byteCount) => {
            events.push('writable');
            expect(byteCount).toBeGreaterThan(0);
            stream.close();
            done();
          },
          onError: (reason) => events.push(reason),
        });
        events.push('constructed');
        expect(() => stream.write(Uint8Array.of(1))).toThrow('not connected');
        expect(stream.read(new Uint8Array(1))).toBeUndefined();
      });
      expect(events).toEqual(['constructed', 'writable']);
    });

    it('carries every byte both ways, with back-pressure', async () => {
      const total = 200_000;
      const sent = Uint8Array.from({ length: total }, (_, index) => (index % 251) + 1);
      const arrived = new Uint8Array(total);
      let sentBytes = 0;
      let arrivedBytes = 0;
      let waits = 0;
      let inCall = false;
      const stream = await withStream((stream, event, detail, done) => {
        expect(inCall).toBe(false);
        inCall = true;
        if (event === 'writable') {
          let space = detail as number;
          while (space > 0 && sentBytes < total) {
            const piece = sent.slice(sentBytes, sentBytes + space);
            space = stream.write(piece);
            piece.fill(0);
            sentBytes += piece.length;
          }
          if (space === 0) waits += 1;
        } else if (event === 'readable') {
          expect(detail).toBeGreaterThan(0);
          const count = stream.read(arrived.subarray(arrivedBytes));
          expect(count).toBe(detail);
          arrivedBytes += count ?? 0;
          expect(stream.read(new Uint8Array(10))).toBeUndefined();
        } else {
          throw new Error(String(detail));
        }
        inCall = false;
        if (arrivedBytes === total) done();
      });
      expect(Buffer.from(arrived).equals(sent)).toBe(true);
      expect(waits).toBeGreaterThan(1);
      stream.close();
    });

    it('gives what arrived in pieces of any size, and undefined when there is no more', async () => {
      const arrived: number[] = [];
      const stream = await withStream((stream, event, _detail, done) => {
        if (event === 'writable') stream.write(Uint8Array.of(1, 2, 3, 4, 5));
        const buffer = new Uint8Array(2);
        for (let count = stream.read(buffer); count !== undefined; count = stream.read(buffer)) {
          arrived.push(...buffer.subarray(0, count));
        }
        if (arrived.length === 5) done();
      });
      expect(arrived).toEqual([1, 2, 3, 4, 5]);
      stream.close();
    });

    it('refuses a write larger than the announced space, and takes nothing of it', async () => {
      const arrived: number[] = [];
      const stream = await withStream((stream, event, detail, done) => {
        if (event === 'writable') {
          expect(() => stream.write(new Uint8Array((detail as number) + 1).fill(1))).toThrow(RangeError);
          stream.write(Uint8Array.of(42));
        } else {
          const buffer = new Uint8Array(10);
          arrived.push(...buffer.subarray(0, stream.read(buffer)));
          done();
        }
      });
      expect(arrived).toEqual([42]);
      stream.close();
    });

    it('says once, with a reason, that the connection was refused', async () => {
      const events: Array<[string, number | string]> = [];
      const stream = await withStream((_stream, event, detail, done) => {
        events.push([event, detail]);
        bench.clock.setTimer(done, 10);
      }, bench.refusedPort);
      expect(events).toEqual([['error', 'connection refused']]);
      expect(() => stream.read(new Uint8Array(1))).toThrow('gone');
      expect(() => stream.write(new Uint8Array(1))).toThrow('gone');
    });

    it('announces what arrived before it says that the peer has closed', async () => {
      const events: string[] = [];
      const stream = await withStream((stream, event, detail, done) => {
        if (event === 'writable') stream.write(Uint8Array.of(7, 0));
        if (event === 'readable') {
          const buffer = new Uint8Array(10);
          events.push(...[...buffer.subarray(0, stream.read(buffer))].map(String));
        }
        if (event === 'error') {
          events.push(String(detail));
          bench.clock.setTimer(done, 10);
        }
      });
      expect(events).toEqual(['7', '0', 'closed by the peer']);
      expect(() => stream.read(new Uint8Array(1))).toThrow('gone');
      expect(() => stream.write(new Uint8Array(1))).toThrow('gone');
      stream.close();
    });

    it('calls nothing after close, which may come at any moment and again', async () => {
      let eventsAfterClose = 0;
      let closed = false;
      const first = await withStream((stream, event, _detail, done) => {
        if (closed) eventsAfterClose += 1;
        if (event === 'writable') stream.write(new Uint8Array(1000));
        if (event === 'readable') {
          stream.close();
          closed = true;
          done();
        }
      });
      const { TCP, host, echoPort } = bench;
      const fail = () => {
        eventsAfterClose += 1;
      };
      new TCP({ host, port: echoPort, onReadable: fail, onWritable: fail, onError: fail }).close();
      const second = await withStream((stream, event, _detail, done) => {
        if (event === 'writable') stream.write(Uint8Array.of(1));
        else done();
      });
      second.close();
      await bench.passTime((done) => bench.clock.setTimer(done, 10));
      expect(eventsAfterClose).toBe(0);
      first.close();
      expect(() => first.read(new Uint8Array(1))).toThrow('gone');
      expect(() => first.write(new Uint8Array(1))).toThrow('gone');
    });

    it('sends what was taken before it closes', async () => {
      const { TCP, host, echoPort } = bench;
      let received = 0;
      await bench.passTime((done) => {
        const stream = new TCP({
          host,
          port: echoPort,
          onReadable: (byteCount) => {
            received = byteCount;
            stream.close();
            done();
          },
          onWritable: () => stream.write(Uint8Array.of(9)),
          onError: () => {},
        });
      });
      expect(received).toBe(1);
    });

    it('throws at once on a port that cannot be', () => {
      const { TCP, host } = bench;
      const nothing = () => {};
      const options = { host, onReadable: nothing, onWritable: nothing, onError: nothing };
      expect(() => new TCP({ ...options, port: 70_000 })).toThrow();
      expect(() => new TCP({ ...options, host: '', port: 1883 })).toThrow();
    });
  });
});
