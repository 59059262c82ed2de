/**
 * The hardware of a device that runs on the XS engine on a host: the contract over the host's natives.
 *
 * The natives have the contract's shapes already, so little stands between. Whether time is real or virtual, and what is
 * at the other end of a stream, is the host's business (xs/host.h).
 */
import type { Flash, FlashStatus, Hal } from '../contract.js';
import { TCP, TLS } from './stream.js';

const BLOCK_BYTES = 4096;

export function xsHal(): Hal {
  return {
    clock: {
      milliseconds: native.milliseconds,
      wallMilliseconds: native.wallMilliseconds,
      setTimer: native.setTimer,
      clearTimer: native.clearTimer as Hal['clock']['clearTimer'],
    },
    random: native.random,
    flash: new FileFlash(),
    keyValue: { read: native.keyRead, write: native.keyWrite, delete: native.keyDelete },
    TCP,
    TLS,
    network: { connected: true, watch: () => {} },
    system: {
      hardwareId: native.hardwareId(),
      resetReason: native.resetReason(),
      restart: native.restart,
    },
    crc32c: native.crc32c,
  };
}

class FileFlash implements Flash {
  // The natives as they are: a method around them would be the deepest frame of the stack.
  readonly read = native.flashRead;
  readonly write = native.flashWrite;
  readonly #status: FlashStatus = {
    size: native.flashBytes(),
    blockLength: BLOCK_BYTES,
    blocks: native.flashBytes() / BLOCK_BYTES,
  };

  eraseBlock(start: number, end: number = start + 1): void {
    native.flashErase(start, end);
  }

  status(): FlashStatus {
    return this.#status;
  }

  close(): void {}
}
