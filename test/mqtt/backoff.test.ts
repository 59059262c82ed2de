import { backoffMilliseconds } from '../../src/mqtt/backoff.js';

const most = () => 1 - 2 ** -32;

it('doubles up to the maximum', () => {
  const bounds = Array.from({ length: 9 }, (_, attempt) => backoffMilliseconds(attempt, 1000, 120_000, most) + 1);
  expect(bounds).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000]);
});

it('is spread over all of the time up to that: full jitter', () => {
  expect(backoffMilliseconds(3, 1000, 120_000, () => 0)).toBe(0);
  expect(backoffMilliseconds(3, 1000, 120_000, () => 0.5)).toBe(4000);
});

it('stays whole and bounded after very many attempts', () => {
  expect(backoffMilliseconds(5000, 1000, 120_000, () => 0.123456)).toBe(14_814);
});
