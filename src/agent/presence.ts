/**
 * What a device says of itself: the retained status message, as birth, as will, and now and then with its books.
 *
 * Birth and will of a connection carry the same (boot, session), so that a will that arrives late, after the device is back,
 * is recognised as old: presence cannot lie.
 */
import type { Message } from '../mqtt/packet.js';
import { utf8Bytes } from '../mqtt/utf8.js';

export interface PresenceOptions {
  readonly topic: string;
  readonly boot: number;
  readonly resetReason: string;
}

export class Presence {
  readonly #options: PresenceOptions;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** What the broker publishes when connection number `session` dies. */
  will(session: number): Message {
    return { ...this.status({ state: 'offline', boot: this.#options.boot, session }), qos: 1 };
  }

  online(session: number, report: object): Message {
    const { boot, resetReason } = this.#options;
    return this.status({ state: 'online', boot, session, resetReason, ...report });
  }

  /** The last words of a device that is stopped on purpose. */
  stopped(session: number, report: object): Message {
    return this.status({ state: 'offline', boot: this.#options.boot, session, reason: 'stopped', ...report });
  }

  private status(content: object): Message {
    return jsonMessage(this.#options.topic, content, true);
  }
}

/** A QoS 0 message with `content` as JSON. */
export function jsonMessage(topic: string, content: object, retain: boolean): Message {
  const payload = utf8Bytes(JSON.stringify(content));
  return { topic, payload, qos: 0, retain };
}
