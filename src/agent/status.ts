/**
 * What a device says of itself: the retained status message, as birth, as will, and now and then, with its books, the wear of
 * its flash, and what memory is left.
 *
 * Birth and will of a connection carry the same (boot, session), so that a will that arrives late, after the device is back,
 * is recognised as old: presence cannot lie.
 */
import type { Clock, Hal } from '../../hal/contract.js';
import type { Log } from '../archive/log.js';
import { type Message, textPayload } from '../mqtt/packet.js';
import { cyclesOf, yearsLeft } from '../outbox/wear.js';
import { type Books, Ledger } from './books.js';
import type { Events } from './events.js';

export interface StatusOptions {
  readonly topic: string;
  readonly boot: number;
  readonly clock: Clock;
  readonly system: Hal['system'];
  readonly log: Pick<Log, 'statistics'>;
  readonly events: Pick<Events, 'books'> | undefined;
}

export interface Accounts {
  readonly books: Books;
  /** Those of the log of events, if there is one. */
  readonly events?: Books;
  /** Readings that flash did not take: neither stored nor counted. */
  readonly unstored: number;
}

export class Status {
  readonly #options: StatusOptions;
  readonly #sectorsOpenedAtBoot: number;
  readonly #ledger: Ledger;
  #unstored = 0;

  constructor(options: StatusOptions) {
    this.#options = options;
    const atBoot = options.log.statistics();
    this.#sectorsOpenedAtBoot = atBoot.sectorsOpened;
    this.#ledger = new Ledger(atBoot);
  }

  /** A record was stored. */
  stored(): void {
    this.#ledger.stored();
  }

  /** A reading was not. */
  refused(): void {
    this.#unstored++;
  }

  accounts(): Accounts {
    const { log, events } = this.#options;
    const accounts = { books: this.#ledger.books(log.statistics()), unstored: this.#unstored };
    return events === undefined ? accounts : { ...accounts, events: events.books() };
  }

  /** What the broker publishes when connection number `session` dies. */
  will(session: number): Message {
    return { ...this.message({ state: 'offline', boot: this.#options.boot, session }), qos: 1 };
  }

  online(session: number): Message {
    const { boot, system } = this.#options;
    return this.message({ state: 'online', boot, session, resetReason: system.resetReason, ...this.report() });
  }

  /** The last words of a device that is stopped on purpose. */
  stopped(session: number): Message {
    return this.message({ state: 'offline', boot: this.#options.boot, session, reason: 'stopped', ...this.report() });
  }

  private report(): object {
    const { books, events, unstored } = this.accounts();
    return { books, events, unstored, wear: this.wear(), freeHeapBytes: this.#options.system.freeHeap?.() };
  }

  /** `years` is absent in the first day after a boot. */
  private wear(): { cycles: number; years?: number } {
    const { clock, log } = this.#options;
    const wear = log.statistics();
    const years = yearsLeft(wear, wear.sectorsOpened - this.#sectorsOpenedAtBoot, clock.milliseconds());
    const cycles = Math.round(cyclesOf(wear) * 10) / 10;
    return years === undefined ? { cycles } : { cycles, years: Math.floor(years) };
  }

  private message(content: object): Message {
    return { topic: this.#options.topic, payload: textPayload(JSON.stringify(content)), qos: 0, retain: true };
  }
}
