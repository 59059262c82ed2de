/** The link of a host: managed by its operating system, and up as far as a program can tell. */
import type { Network } from '../contract.js';

export class HostNetwork implements Network {
  readonly connected = true;

  watch(): void {}
}
