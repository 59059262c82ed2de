/** The chip itself: its identity, why it booted, and starting it anew. */
import getResetReason from 'resetReason';
import type { System as Machine } from '../contract.js';

/** By the value of ESP-IDF's `esp_reset_reason_t`. */
const resetReasons: readonly string[] = Object.freeze([
  'unknown',
  'power-on',
  'reset pin',
  'restart',
  'panic',
  'interrupt watchdog',
  'watchdog',
  'other watchdog',
  'deep sleep',
  'brown-out',
  'SDIO',
  'USB',
  'JTAG',
  'eFuse error',
  'power glitch',
  'CPU lock-up',
]);

/** `mac` as the Wi-Fi interface gives it: "aa:bb:cc:dd:ee:ff". */
export function esp32System(mac: string): Machine {
  const { reason } = getResetReason();
  return {
    hardwareId: mac.split(':').join(''),
    resetReason: resetReasons[reason] ?? `reset reason ${reason}`,
    restart: () => System.restart(),
  };
}
