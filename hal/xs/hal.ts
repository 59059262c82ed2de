/**
 * The hardware of a device that runs on the XS engine on a host: the contract over the host's natives.
 *
 * The natives have the contract's shapes already, so little stands between. Whether time is real or virtual, and what is
 * at the other end of a stream, is the host's business (xs/host.h).
 */
import type {
  Clock,
  Flash,
  FlashStatus,
  Hal,
  KeyValue,
  Network,
  Random,
  StreamConstructor,
  System,
} from '../contract.js';
import { TCP, TLS } from './stream.js';

const BLOCK_BYTES = 4096;

/** Numbers of the host's partitions. */
const OUTBOX = 0;
const EVENTS = 1;

// What is the same for all is made here, and so in flash, as much of it as a board has in C.

const CLOCK: Clock = Object.freeze({
  milliseconds: native.milliseconds,
  wallMilliseconds: native.wallMilliseconds,
  setTimer: native.setTimer,
  clearTimer: native.clearTimer as Clock['clearTimer'],
});

const FILES: KeyValue = Object.freeze({ read: native.keyRead, write: native.keyWrite, delete: native.keyDelete });

const ALWAYS_UP: Network = Object.freeze({ connected: true, watch: () => {} });

/** `keyValue`: one elsewhere than in the host's files. */
export function xsHal(keyValue: KeyValue = FILES): Hal {
  return new XsHal(keyValue);
}

class XsHal implements Hal {
  readonly clock = CLOCK;
  readonly flash = new FileFlash(OUTBOX);
  readonly keyValue: KeyValue;
  readonly system: System = {
    hardwareId: native.hardwareId(),
    resetReason: native.resetReason(),
  };
  #eventFlash: Flash | undefined;

  constructor(keyValue: KeyValue) {
    this.keyValue = keyValue;
  }

  get eventFlash(): Flash {
    this.#eventFlash ??= new FileFlash(EVENTS);
    return this.#eventFlash;
  }

  get random(): Random {
    return native.random;
  }

  get TCP(): StreamConstructor {
    return TCP;
  }

  get TLS(): StreamConstructor {
    return TLS;
  }

  get network(): Network {
    return ALWAYS_UP;
  }

  get crc32c(): NonNullable<Hal['crc32c']> {
    return native.crc32c;
  }

  get writeText(): NonNullable<Hal['writeText']> {
    return native.writeText;
  }
}

class FileFlash implements Flash {
  readonly read: Flash['read'];
  readonly write: Flash['write'];
  readonly #partition: number;

  constructor(partition: number) {
    // The natives as they are, for the outbox: a method around them would be the deepest frame of the stack.
    const isOutbox = partition === OUTBOX;
    this.read = isOutbox ? native.flashRead : (buffer, offset) => native.flashRead(buffer, offset, partition);
    this.write = isOutbox ? native.flashWrite : (buffer, offset) => native.flashWrite(buffer, offset, partition);
    this.#partition = partition;
  }

  eraseBlock(start: number, end: number = start + 1): void {
    native.flashErase(start, end, this.#partition);
  }

  status(): FlashStatus {
    const size = native.flashBytes(this.#partition);
    return { size, blockLength: BLOCK_BYTES, blocks: size / BLOCK_BYTES };
  }

  close(): void {}
}
