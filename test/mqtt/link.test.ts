/** The bytes of one stream after another, against a stream that does what it is told. */
import type { Stream, StreamOptions } from '../../hal/contract.js';
import { Link } from '../../src/mqtt/link.js';

const RECEIVE_BYTES = 100;

class FakeStream implements Stream {
  static last: FakeStream;
  readonly options: StreamOptions;
  readonly written: number[] = [];
  /** What `write` answers, one after the other. */
  spaces: number[] = [];
  unread = new Uint8Array(0);
  isClosed = false;

  constructor(options: StreamOptions) {
    this.options = options;
    FakeStream.last = this;
  }

  arrive(byteCount: number): void {
    this.unread = Uint8Array.from({ length: byteCount }, (_, index) => index & 0xff);
    this.options.onReadable(byteCount);
  }

  read(buffer: Uint8Array): number | undefined {
    const count = Math.min(buffer.length, this.unread.length);
    buffer.set(this.unread.subarray(0, count));
    this.unread = this.unread.slice(count);
    return count === 0 ? undefined : count;
  }

  write(buffer: Uint8Array): number {
    this.written.push(...buffer);
    return this.spaces.shift() ?? 0;
  }

  close(): void {
    this.isClosed = true;
  }
}

function openLink(): { link: Link; stream: FakeStream; events: () => number } {
  let events = 0;
  const link = new Link({
    Stream: FakeStream,
    host: 'h',
    port: 1,
    transmitCapacityBytes: 16,
    receiveCapacityBytes: RECEIVE_BYTES,
    onEvent: () => {
      events++;
    },
  });
  link.open();
  return { link, stream: FakeStream.last, events: () => events };
}

function encode(link: Link, ...bytes: number[]): void {
  link.transmit.set(bytes, link.end);
  link.end += bytes.length;
}

it('wakes its owner for every event', () => {
  const { events, link, stream } = openLink();
  expect(link.established).toBe(false);
  stream.options.onWritable(10);
  expect(link.established).toBe(true);
  stream.arrive(1);
  stream.options.onError('gone');
  expect(events()).toBe(3);
  expect(link.failure).toBe('gone');
});

it('writes no more than the stream has announced, and goes on while it says that there is space', () => {
  const { link, stream } = openLink();
  encode(link, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  link.flush();
  expect(stream.written).toEqual([]);
  stream.options.onWritable(3);
  stream.spaces = [2, 0];
  link.flush();
  expect(stream.written).toEqual([1, 2, 3, 4, 5]);
  expect(link.end).toBe(4);
  encode(link, 10);
  link.flush();
  stream.options.onWritable(100);
  stream.spaces = [95];
  link.flush();
  expect(stream.written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(link.sentBytes).toBe(10);
  // What was left of the space is used without a further announcement.
  encode(link, 11);
  link.flush();
  expect(stream.written.at(-1)).toBe(11);
});

it('gives what had arrived before the stream failed', () => {
  const { link, stream } = openLink();
  stream.arrive(4);
  stream.options.onError('closed by the peer');
  expect(link.take()).toEqual(Uint8Array.of(0, 1, 2, 3));
  expect(link.take()).toBeUndefined();
  expect(link.receivedBytes).toBe(4);
});

it('gives more than fits its buffer piece by piece', () => {
  const { link, stream } = openLink();
  stream.arrive(RECEIVE_BYTES + 10);
  expect(link.take()).toHaveLength(RECEIVE_BYTES);
  expect(link.take()).toHaveLength(10);
  expect(link.take()).toBeUndefined();
});

it('begins anew with every stream: no byte and no failure of an earlier one remains', () => {
  const { link, stream } = openLink();
  stream.options.onWritable(5);
  stream.arrive(4);
  encode(link, 1, 2, 3);
  stream.options.onError('gone');
  link.close();
  expect(stream.isClosed).toBe(true);
  link.open();
  expect(FakeStream.last).not.toBe(stream);
  expect(link).toMatchObject({ established: false, failure: undefined, end: 0 });
  expect(link.take()).toBeUndefined();
  encode(link, 9);
  link.flush();
  expect(FakeStream.last.written).toEqual([]);
});
