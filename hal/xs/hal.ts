/**
 * The hardware of a device that runs on the XS engine on a host: the contract over the host's natives.
 *
 * The natives have the contract's shapes already, so little stands between. Whether time is real or virtual, and what is
 * at the other end of a stream, is the host's business (xs/host.h).
 */
import type { Flash, FlashStatus, Hal, KeyValue } from '../contract.js';
import { TCP, TLS } from './stream.js';

const BLOCK_BYTES = 4096;

/** Numbers of the host's partitions. */
const OUTBOX = 0;
const EVENTS = 1;

/** `keyValue`: one elsewhere than in the host's files. */
export function xsHal(keyValue?: KeyValue): Hal {
  let eventFlash: Flash | undefined;
  return {
    clock: {
      milliseconds: native.milliseconds,
      wallMilliseconds: native.wallMilliseconds,
      setTimer: native.setTimer,
      clearTimer: native.clearTimer as Hal['clock']['clearTimer'],
    },
    random: native.random,
    flash: new FileFlash(OUTBOX),
    get eventFlash() {
      eventFlash ??= new FileFlash(EVENTS);
      return eventFlash;
    },
    keyValue: keyValue ?? { read: native.keyRead, write: native.keyWrite, delete: native.keyDelete },
    TCP,
    TLS,
    network: { connected: true, watch: () => {} },
    system: {
      hardwareId: native.hardwareId(),
      resetReason: native.resetReason(),
      restart: native.restart,
    },
    crc32c: native.crc32c,
    writeText: native.writeText,
  };
}

class FileFlash implements Flash {
  readonly read: Flash['read'];
  readonly write: Flash['write'];
  readonly #partition: number;
  readonly #status: FlashStatus;

  constructor(partition: number) {
    const size = native.flashBytes(partition);
    // The natives as they are, for the outbox: a method around them would be the deepest frame of the stack.
    const isOutbox = partition === OUTBOX;
    this.read = isOutbox ? native.flashRead : (buffer, offset) => native.flashRead(buffer, offset, partition);
    this.write = isOutbox ? native.flashWrite : (buffer, offset) => native.flashWrite(buffer, offset, partition);
    this.#partition = partition;
    this.#status = { size, blockLength: BLOCK_BYTES, blocks: size / BLOCK_BYTES };
  }

  eraseBlock(start: number, end: number = start + 1): void {
    native.flashErase(start, end, this.#partition);
  }

  status(): FlashStatus {
    return this.#status;
  }

  close(): void {}
}
