import { parseTimeSeconds } from '../../sim/input/time.js';

const noon = Date.UTC(2013, 4, 20, 12) / 1000;

describe('a recorded time', () => {
  it.each([
    [`${noon}`, noon],
    [`${noon}.25`, noon + 0.25],
    ['-3600', -3600],
    ['2013-05-20', noon - 43_200],
    ['2013-05-20T12:00', noon],
    ['2013-05-20T12:00:00', noon],
    ['2013-05-20 12:00:00', noon],
    ['2013-05-20T12:00:00.500', noon + 0.5],
    ['2013-05-20T12:00:00,5Z', noon + 0.5],
    ['2013-05-20t12:00:00z', noon],
    ['2013-05-20T14:00:00+02:00', noon],
    ['2013-05-20T14:00:00+02', noon],
    ['2013-05-20T08:30:00-0330', noon],
    ['2057-09-12T02:00:00Z', Date.UTC(2057, 8, 12, 2) / 1000],
    ['2012-02-29', Date.UTC(2012, 1, 29) / 1000],
    ['0050-01-01', undefined],
    ['2013-02-29', undefined],
    ['2013-13-01', undefined],
    ['2013-05-20T24:01', undefined],
    ['2013-05-20T12:60', undefined],
    ['2013-05-20T12:00:00+25:00', undefined],
    ['2013-05-20T12', undefined],
    ['20.05.2013', undefined],
    ['May 20 2013', undefined],
    ['0x10', undefined],
    ['', undefined],
    [`${noon}000`, undefined],
  ])('%j', (text, seconds) => {
    expect(parseTimeSeconds(text)).toBe(seconds);
  });
});
