/**
 * What a broker would write to disk: sessions and retained messages, and the way of a message to those who subscribed.
 */
import { topicMatches } from '../../src/mqtt/topic.js';
import { BrokerSession, type Routed } from './broker-session.js';

export class BrokerStore {
  readonly #sessions = new Map<string, BrokerSession>();
  readonly #retained = new Map<string, Routed>();

  session(clientId: string): BrokerSession | undefined {
    return this.#sessions.get(clientId);
  }

  retained(topic: string): Uint8Array | undefined {
    return this.#retained.get(topic)?.payload;
  }

  /** The session for a new connection: the stored one, unless a clean one is wanted [MQTT-3.1.2-4] [MQTT-3.1.2-6]. */
  begin(clientId: string, clean: boolean): { session: BrokerSession; sessionPresent: boolean } {
    const stored = clean ? undefined : this.#sessions.get(clientId);
    const session = stored ?? new BrokerSession(clean);
    this.#sessions.set(clientId, session);
    return { session, sessionPresent: stored !== undefined };
  }

  /** The connection of a session has ended. */
  end(clientId: string, session: BrokerSession): void {
    session.disconnected();
    if (session.clean) this.#sessions.delete(clientId);
  }

  route(message: Routed): void {
    if (message.retain) {
      // [MQTT-3.3.1-10] [MQTT-3.3.1-11]
      if (message.payload.length === 0) this.#retained.delete(message.topic);
      else this.#retained.set(message.topic, message);
    }
    // [MQTT-3.3.1-9]
    for (const session of this.#sessions.values()) session.route({ ...message, retain: false });
  }

  /** [MQTT-3.3.1-6] [MQTT-3.3.1-8] */
  giveRetained(session: BrokerSession, filter: string, granted: 0 | 1): void {
    for (const message of this.#retained.values()) {
      if (topicMatches(filter, message.topic)) session.give({ ...message, qos: message.qos === 1 ? granted : 0 });
    }
  }
}
