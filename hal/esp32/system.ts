/** The chip itself: its identity, why it booted, sleep, and what else its natives can tell. */
import getResetReason from 'resetReason';
import type { System as Machine } from '../contract.js';
import type { Natives } from './natives.js';

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

/** `mac` gives the MAC address as the Wi-Fi interface has it: "aa:bb:cc:dd:ee:ff". It is asked for when it is needed. */
export function esp32System(mac: () => string, natives: Natives): Machine {
  const { reason } = getResetReason();
  const { godwit_free_heap, godwit_mark_valid, godwit_recall, godwit_retain, godwit_sleep } = natives;
  return {
    get hardwareId() {
      return mac().split(':').join('');
    },
    resetReason: resetReasons[reason] ?? `reset reason ${reason}`,
    ...(godwit_free_heap && { freeHeap: godwit_free_heap }),
    ...(godwit_mark_valid && { markValid: godwit_mark_valid }),
    ...(godwit_recall && { recall: godwit_recall }),
    ...(godwit_retain && { retain: godwit_retain }),
    ...(godwit_sleep && { sleep: godwit_sleep }),
  };
}
