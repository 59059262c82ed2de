/**
 * The Wi-Fi link, kept up.
 *
 * The SDK joins once when told to and says only that its state has changed. This joins, gives a try a limited time, and
 * tries again, after a pause that grows while trying fails. It does not know why a try failed (the SDK does not tell):
 * a wrong password looks like an access point that is away.
 *
 *     idle  --watch-->  joining
 *     joining  --500-->  connected  --below-->  joining or pausing
 *     joining  --200 or too long-->  pausing  --timer-->  joining
 *
 * Invariant: exactly one timer is pending while joining (its end) and while pausing, none otherwise. A pause also keeps
 * `connect` out of the way of what is left of the try before, which the SDK would mistake for the next one's failure.
 */
import WiFi from 'embedded:network/interface/wifi';
import type { Clock, Network, Random, Timer } from '../contract.js';
import { messageOf } from './message.js';

/** Joining, DHCP and IPv6 address detection together take about 5 s in a healthy network. */
const joinMillisecondsMax = 30_000;
const pauseMillisecondsMin = 1000;
const pauseMillisecondsMax = 60_000;
/** What the SDK calls connected: addresses are held. */
const addressesHeld = 500;
const idle = 200;

export interface WiFiNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: the link stays down. */
  readonly ssid: string | undefined;
  /** Absent: the network is open. */
  readonly password: string | undefined;
  /** Called each time the link has come up, before the watcher is. */
  onConnected(): void;
}

type State = 'idle' | 'joining' | 'connected' | 'pausing';

export class WiFiNetwork implements Network {
  readonly #options: WiFiNetworkOptions;
  #wifiWhenNeeded: WiFi | undefined;
  #state: State = 'idle';
  #timer: Timer | undefined;
  #watcher: (() => void) | undefined;
  /** Tries that failed in a row. */
  #failures = 0;

  constructor(options: WiFiNetworkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** "aa:bb:cc:dd:ee:ff" */
  get mac(): string {
    const { MAC } = this.#wifi;
    if (MAC === undefined) throw new Error('the Wi-Fi interface has no MAC address');
    return MAC;
  }

  watch(onChanged: () => void): void {
    const isFirst = this.#watcher === undefined;
    this.#watcher = onChanged;
    if (!isFirst) return;
    if (this.#options.ssid === undefined) trace('Wi-Fi: no key "ssid" in the key-value storage, staying offline\n');
    else this.#join();
  }

  /** Making it starts the radio. */
  get #wifi(): WiFi {
    this.#wifiWhenNeeded ??= new WiFi({ onChanged: () => this.#changed() });
    return this.#wifiWhenNeeded;
  }

  #changed(): void {
    const { connection, address } = this.#wifi;
    const wasConnected = this.connected;
    if (connection === addressesHeld) {
      trace(`Wi-Fi: connected, address ${address}\n`);
      this.#failures = 0;
      this.#enter('connected');
    } else if (wasConnected) {
      trace('Wi-Fi: connection lost\n');
      if (connection === idle) this.#pause();
      else this.#awaitAddress();
    } else if (connection === idle && this.#state === 'joining') {
      trace('Wi-Fi: could not join; is the password right, the access point near?\n');
      this.#pause();
    }
    if (this.connected === wasConnected) return;
    if (this.connected) this.#options.onConnected();
    this.#watcher?.();
  }

  #join(): void {
    const { ssid, password } = this.#options;
    trace(`Wi-Fi: joining "${ssid}"\n`);
    this.#awaitAddress();
    try {
      this.#wifi.connect({ SSID: ssid as string, ...(password !== undefined && { password }) });
    } catch (error) {
      this.#giveUp(messageOf(error));
    }
  }

  #awaitAddress(): void {
    this.#enter('joining', () => this.#giveUp('no address within 30 s'), joinMillisecondsMax);
  }

  /** `disconnect` is not answered by a change. */
  #giveUp(reason: string): void {
    trace(`Wi-Fi: gave up joining: ${reason}\n`);
    this.#wifi.disconnect();
    this.#pause();
  }

  #pause(): void {
    const ceiling = Math.min(pauseMillisecondsMin * 2 ** this.#failures, pauseMillisecondsMax);
    if (ceiling < pauseMillisecondsMax) this.#failures += 1;
    const milliseconds = pauseMillisecondsMin + Math.floor(this.#options.random() * ceiling);
    this.#enter('pausing', () => this.#join(), milliseconds);
  }

  #enter(state: State, callback?: () => void, milliseconds = 0): void {
    const { clock } = this.#options;
    if (this.#timer !== undefined) clock.clearTimer(this.#timer);
    this.#timer = callback && clock.setTimer(callback, milliseconds);
    this.#state = state;
  }
}
