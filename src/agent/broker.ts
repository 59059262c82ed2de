/**
 * What the agent's connection is told of the broker.
 *
 * Accessors of the configuration, since in the RAM of a device a property of each would take 16 bytes.
 */
import type { Clock, Hal, Network, Random, StreamConstructor, StreamSecurity } from '../../hal/contract.js';
import type { ConnectionOptions } from '../mqtt/options.js';
import type { WriteText } from '../mqtt/utf8.js';
import type { Configuration } from './configuration.js';
import { transmitBytesOf } from './transmit.js';

/** Largest packet that is held whole. The agent subscribes to nothing, and what comes is a few bytes long. */
const INBOUND_BYTES_MAX = 128;

export class BrokerOptions implements ConnectionOptions {
  /** A property, since it is asked at every message. */
  readonly clock: Clock;
  readonly #hal: Hal;
  readonly #configuration: Configuration;

  constructor(hal: Hal, configuration: Configuration) {
    this.clock = hal.clock;
    this.#hal = hal;
    this.#configuration = configuration;
  }

  get random(): Random {
    return this.#hal.random;
  }

  get writeText(): WriteText | undefined {
    return this.#hal.writeText;
  }

  get network(): Network | undefined {
    return this.#hal.network;
  }

  get Stream(): StreamConstructor {
    return this.#configuration.broker.tls ? this.#hal.TLS : this.#hal.TCP;
  }

  get host(): string {
    return this.#configuration.broker.host;
  }

  get port(): number {
    return this.#configuration.broker.port;
  }

  get secure(): StreamSecurity {
    return this.#configuration.broker.secure;
  }

  get clientId(): string {
    return this.#configuration.broker.clientId;
  }

  get user(): string | undefined {
    return this.#configuration.broker.user;
  }

  get password(): string | undefined {
    return this.#configuration.broker.password;
  }

  /** What the broker kept for the boot before has packet identifiers that nobody here knows [MQTT-4.4.0-1]. */
  get clean(): boolean | 'once' {
    return this.#configuration.broker.clean || 'once';
  }

  get keepAliveSeconds(): number {
    return this.#configuration.broker.keepAliveSeconds;
  }

  get backoffMaxMilliseconds(): number {
    return this.#configuration.broker.backoffMaxSeconds * 1000;
  }

  get windowMax(): number {
    return this.#configuration.broker.window;
  }

  get packetBytesMax(): number {
    return INBOUND_BYTES_MAX;
  }

  get transmitBytesMax(): number {
    return transmitBytesOf(this.#configuration);
  }
}
