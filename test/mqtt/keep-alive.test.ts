import {
  type KeepAlive,
  type KeepAliveVerdict,
  keepAliveDeadline,
  keepAliveInterval,
  keepAliveVerdict,
} from '../../src/mqtt/keep-alive.js';

const INTERVAL = 54_000;
const TIMEOUT = 10_000;

function state(part: Partial<KeepAlive>): KeepAlive {
  return {
    intervalMilliseconds: INTERVAL,
    responseTimeoutMilliseconds: TIMEOUT,
    sentMilliseconds: 0,
    receivedMilliseconds: 0,
    pingMilliseconds: undefined,
    ...part,
  };
}

it('[MQTT-3.1.2-23] pings somewhat before nothing was sent for the time given', () => {
  expect(keepAliveInterval(60)).toBe(INTERVAL);
  expect(keepAliveInterval(0)).toBe(Number.POSITIVE_INFINITY);
});

it.each<[string, Partial<KeepAlive>, number, KeepAliveVerdict]>([
  ['nothing sent or received for less than the interval', {}, INTERVAL - 1, 'quiet'],
  ['nothing sent for the interval', { receivedMilliseconds: INTERVAL }, INTERVAL, 'ping'],
  ['nothing received for the interval, though much was sent', { sentMilliseconds: INTERVAL }, INTERVAL, 'ping'],
  ['a ping is under way', { sentMilliseconds: INTERVAL, pingMilliseconds: INTERVAL }, INTERVAL + 1, 'quiet'],
  [
    'a ping is under way, nothing sent since for the interval, other data keeps coming',
    { sentMilliseconds: 0, pingMilliseconds: 0, receivedMilliseconds: INTERVAL },
    INTERVAL,
    'ping',
  ],
  [
    'a ping went without an answer',
    { sentMilliseconds: 70_000, pingMilliseconds: 60_000, receivedMilliseconds: 50_000 },
    70_000,
    'dead',
  ],
  [
    'a ping goes without an answer, but bytes come',
    { sentMilliseconds: 70_000, pingMilliseconds: 60_000, receivedMilliseconds: 60_001 },
    70_000,
    'quiet',
  ],
  ['own writes do not postpone it', { sentMilliseconds: INTERVAL + TIMEOUT }, INTERVAL + TIMEOUT, 'dead'],
])('%s', (_, part, now, verdict) => {
  expect(keepAliveVerdict(state(part), now)).toBe(verdict);
});

it('is off with an infinite interval', () => {
  const off = state({ intervalMilliseconds: Number.POSITIVE_INFINITY });
  expect(keepAliveVerdict(off, 1e12)).toBe('quiet');
  expect(keepAliveDeadline(off)).toBe(Number.POSITIVE_INFINITY);
});

it('the deadline is the first moment with another verdict', () => {
  for (const part of [
    {},
    { sentMilliseconds: 30_000 },
    { receivedMilliseconds: 30_000 },
    { sentMilliseconds: 54_000, pingMilliseconds: 54_000 },
    { sentMilliseconds: 54_000, pingMilliseconds: 54_000, receivedMilliseconds: 60_000 },
  ]) {
    const deadline = keepAliveDeadline(state(part));
    expect(keepAliveVerdict(state(part), deadline - 1)).toBe('quiet');
    expect(keepAliveVerdict(state(part), deadline)).not.toBe('quiet');
  }
});
