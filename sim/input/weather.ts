/**
 * What a weather station of three channels measures, made up: a slow wave of a day, drift, and the noise of an SHT31 (0.04 degC
 * and 0.08 % repeatability, datasheet table 1 and 2, medium to low) and of a barometer (0.02 hPa), every 10 s on a timer that is
 * up to 8 ms late. For measuring how much room readings take.
 */
import type { Random } from '../../hal/contract.js';
import type { Reading } from '../../src/reading/reading.js';

export const weatherChannels = [
  { name: 'temperature', unit: 'degC', decimals: 2 },
  { name: 'humidity', unit: '%', decimals: 2 },
  { name: 'pressure', unit: 'hPa', decimals: 2 },
];

const PERIOD_MILLISECONDS = 10_000;
const SAMPLES_A_DAY = 8640;

/** The n-th reading after boot 1. */
export function weatherAt(n: number, random: Random): Reading {
  const day = Math.sin((2 * Math.PI * n) / SAMPLES_A_DAY);
  const week = Math.sin((2 * Math.PI * n) / (SAMPLES_A_DAY * 5.3));
  return {
    kind: 'values',
    boot: 1,
    milliseconds: n * PERIOD_MILLISECONDS + Math.floor(random() * 9),
    values: [
      12 + 6 * day + 4 * week + 0.04 * normal(random),
      65 - 20 * day - 5 * week + 0.08 * normal(random),
      1013 + 9 * week + 0.02 * normal(random),
    ],
  };
}

/** About normally distributed, standard deviation 1: the sum of four. */
function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}
