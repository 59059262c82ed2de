/**
 * A whole device's hardware in virtual time, and the package entry `godwit/hal/sim`.
 *
 * SimDevice composes a `Hal` and knows what outlives a boot (flash, key-value storage, the link, the seed) and what does
 * not (clock, timers, connections). It does not know what runs on the device: whoever reboots it starts that anew with
 * the new `hal`.
 */
import type { Hal, Random } from '../contract.js';
import { SimClock } from './clock.js';
import { SimFlash } from './flash.js';
import { SimKeyValue } from './key-value.js';
import type { SimLink } from './network.js';
import { seededRandom } from './random.js';
import type { ScheduledCallback, Scheduler } from './scheduler.js';

export { SimClock, type SimClockOptions } from './clock.js';
export { SimPeer } from './connection.js';
export { type FlashOperation, SimFlash, type SimFlashOptions } from './flash.js';
export { SimKeyValue } from './key-value.js';
export { SimLink, SimListener, SimNetwork, type SimNetworkOptions } from './network.js';
export { PowerCut } from './power-cut.js';
export { integerBelow, seededRandom } from './random.js';
export { type ScheduledCallback, Scheduler } from './scheduler.js';
export { type EraseTear, eraseTears, type ProgramTear, programTears, type Tear, type Weakness } from './tear.js';

export interface SimDeviceOptions {
  readonly scheduler: Scheduler;
  readonly link: SimLink;
  /** Everything random about this device follows it: its jitter, its tears, its hardware id unless given. */
  readonly seed: number;
  /** 64 blocks of 4096 bytes by default. */
  readonly flash?: SimFlash;
  /** 16 blocks of 4096 bytes by default. */
  readonly eventFlash?: SimFlash;
  readonly keyValue?: SimKeyValue;
  readonly hardwareId?: string;
  /** Milliseconds from virtual time 0 to 1970 that the device knows from the start; absent: it never learns the time. */
  readonly epochMilliseconds?: number | undefined;
}

export class SimDevice {
  readonly flash: SimFlash;
  readonly eventFlash: SimFlash;
  readonly keyValue: SimKeyValue;
  readonly link: SimLink;
  /** How often the device said that its program works. */
  validMarks = 0;
  /** What the device is told of its heap. */
  freeHeapBytes = 150_000;
  /** Called when the power is gone, by a cut in the flash or by `powerDown()`. */
  onPowerDown: (() => void) | undefined;
  /** Called when a device that slept has booted again, with its new hardware. */
  onWake: ((hal: Hal) => void) | undefined;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #hardwareId: string;
  readonly #epochMilliseconds: number | undefined;
  #clock: SimClock;
  #hal: Hal;
  #retained = 0;
  #wake: ScheduledCallback | undefined;

  constructor(options: SimDeviceOptions) {
    this.#scheduler = options.scheduler;
    this.#random = seededRandom(options.seed);
    this.#hardwareId = options.hardwareId ?? (options.seed >>> 0).toString(16).padStart(12, '0');
    this.#epochMilliseconds = options.epochMilliseconds;
    this.link = options.link;
    this.flash = options.flash ?? new SimFlash({ blocks: 64, random: seededRandom(options.seed + 1) });
    this.flash.onPowerCut = () => this.powerDown();
    this.eventFlash = options.eventFlash ?? new SimFlash({ blocks: 16, random: seededRandom(options.seed + 2) });
    this.eventFlash.onPowerCut = () => this.powerDown();
    this.keyValue = options.keyValue ?? new SimKeyValue();
    this.#clock = this.#newClock();
    this.#hal = this.#newHal('power-on');
  }

  /** The hardware as this boot sees it. */
  get hal(): Hal {
    return this.#hal;
  }

  /** The clock of this boot. */
  get clock(): SimClock {
    return this.#clock;
  }

  /** Power is gone: no timer fires, no stream is heard of, storage throws PowerCut, until `reboot()`. */
  powerDown(): void {
    this.#clock.cancelAll();
    this.link.powerDown();
    this.flash.powerDown();
    this.eventFlash.powerDown();
    this.keyValue.powered = false;
    this.onPowerDown?.();
  }

  /**
   * Cuts the power, if it is not gone already, and boots; what the old `hal` gave out is dead. For the reset reason
   * "power-on" the power was gone for long enough that nothing is retained.
   */
  reboot(resetReason = 'power-on'): Hal {
    if (this.keyValue.powered) this.powerDown();
    if (this.#wake !== undefined) this.#scheduler.clear(this.#wake);
    this.#wake = undefined;
    if (resetReason === 'power-on') this.#retained = 0;
    this.keyValue.powered = true;
    this.link.powerUp();
    this.flash.powerUp();
    this.eventFlash.powerUp();
    this.#clock = this.#newClock();
    this.#hal = this.#newHal(resetReason);
    return this.#hal;
  }

  #newClock(): SimClock {
    const epoch = this.#epochMilliseconds;
    return new SimClock(this.#scheduler, { wallOffset: epoch === undefined ? undefined : epoch + this.#scheduler.now });
  }

  #newHal(resetReason: string): Hal {
    const { flash, eventFlash, keyValue, link } = this;
    return {
      clock: this.#clock,
      random: this.#random,
      flash,
      eventFlash,
      keyValue,
      TCP: link.TCP,
      TLS: link.TLS,
      network: link,
      system: {
        hardwareId: this.#hardwareId,
        resetReason,
        freeHeap: () => this.freeHeapBytes,
        markValid: () => {
          this.validMarks += 1;
        },
        sleep: (milliseconds) => this.#sleep(milliseconds),
        recall: () => this.#retained,
        retain: (value) => {
          this.#retained = value;
        },
      },
    };
  }

  #sleep(milliseconds: number): void {
    if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
      throw new RangeError(`a machine sleeps a whole number of milliseconds, not ${milliseconds}`);
    }
    this.powerDown();
    this.#wake = this.#scheduler.at(this.#scheduler.now + milliseconds, () => {
      const hal = this.reboot('deep sleep');
      this.onWake?.(hal);
    });
  }
}
