import { readRecording } from '../../sim/input/csv.js';
import type { Recording } from '../../sim/input/recording.js';
import { Replay, recordingNotices, replayPeriodMilliseconds } from '../../sim/input/replay.js';
import { benchOf } from '../sampling/bench.js';
import { fileOf } from './files.js';

/** Hourly rows numbered from 0, recorded at the given hours since 2013-05-10. */
function hourly(...hours: number[]): Recording {
  const rows = hours.map((hour, row) => `${Date.UTC(2013, 4, 10, hour) / 1000},${row}\n`);
  return readRecording(fileOf(`t,row\n${rows.join('')}`));
}

const hoursTo2057 = (Date.UTC(2057, 8, 12) - Date.UTC(2013, 4, 10)) / 3_600_000;

describe('the period', () => {
  it.each([
    ['real time', 1, 3_600_000],
    ['an hour a second', 3600, 1000],
    ['very fast', 1e9, 1],
    ['slow', 0.5, 7_200_000],
  ])('is the median step divided by the speed: %s', (_, speed, milliseconds) => {
    expect(replayPeriodMilliseconds(hourly(0, 1, 2, 3, 900, 901, 2), speed)).toBe(milliseconds);
  });

  it.each([
    ['one row', [0]],
    ['one time', [5, 5, 5]],
    ['time running backwards', [3, 2, 1]],
  ])('is a second where nothing can be measured: %s', (_, hours) => {
    expect(replayPeriodMilliseconds(hourly(...hours), 3600)).toBe(1000);
  });
});

describe('a clock that leaps', () => {
  const leaping: [string, number[], string[]][] = [
    ['to 2057 and back', [0, 1, hoursTo2057, hoursTo2057 + 1, 4, 5], ['line 4 ', 'to 2057-09-12T00:00:00Z', 'line 6 ']],
    ['back a little', [0, 1, 2, 1, 2, 3], ['line 5 (2013-05-10T02:00:00Z to 2013-05-10T01:00:00Z)']],
    ['over ten months', [0, 1, 2, 7000, 7001], ['line 5 ']],
  ];

  it.each(leaping)('neither stalls nor reorders nor loses: %s', (_, hours) => {
    const recording = hourly(...hours);
    const bench = benchOf({
      name: 'replay',
      periodMilliseconds: replayPeriodMilliseconds(recording, 3600),
      create: () => new Replay({ recording, startRow: 0 }),
    });
    bench.sampler.start();
    bench.scheduler.runFor(60_000);
    expect(bench.samples.map(({ sample }) => sample.row)).toEqual(hours.map((__, row) => row));
    expect(bench.sampleTimes(0)).toEqual(hours.map((__, row) => row * 1000));
    expect(bench.faults).toEqual([]);
    expect(bench.sampler.statistics()[0]?.finished).toBe(true);
  });

  it.each(leaping)('is told in one notice with the lines: %s', (_, hours, parts) => {
    const notices = recordingNotices(hourly(...hours));
    expect(notices).toHaveLength(1);
    for (const part of parts) expect(notices[0]).toContain(part);
  });

  it('does not make the notice endless', () => {
    const hours = Array.from({ length: 400 }, (_, row) => row % 2);
    const [notice] = recordingNotices(hourly(...hours));
    expect(notice).toContain(' and 194 more');
    expect(notice?.length).toBeLessThan(500);
  });

  it('is not what a few rows left out are', () => {
    expect(recordingNotices(hourly(0, 1, 2, 3, 12, 13))).toEqual([]);
  });
});

describe('a replay', () => {
  it('goes on with the row after the last one sampled', () => {
    const recording = hourly(0, 1, 2, 3, 4);
    const first = new Replay({ recording, startRow: 0 });
    first.sample();
    first.sample();
    const second = new Replay({ recording, startRow: first.nextRow });
    expect(second.sample()).toEqual({ row: 2 });
  });

  it.each([5, 6, 5000])('begun at row %d of 5 is over at once, without a sample or a fault', (startRow) => {
    const recording = hourly(0, 1, 2, 3, 4);
    const create = () => new Replay({ recording, startRow });
    const bench = benchOf({ name: 'replay', periodMilliseconds: 1000, create });
    bench.sampler.start();
    bench.scheduler.runFor(10_000);
    expect([bench.samples, bench.faults]).toEqual([[], []]);
    expect(bench.sampler.statistics()[0]?.finished).toBe(true);
  });

  it('leaves rows without any value out, and says how many', () => {
    const recording = readRecording(fileOf('t,a,b\n1,,\n2,5,\n3,,\n4,,6\n'));
    const replay = new Replay({ recording, startRow: 0 });
    expect([replay.sample(), replay.sample(), replay.sample()]).toEqual([{ a: 5 }, { b: 6 }, undefined]);
    expect(recordingNotices(recording)).toEqual([expect.stringContaining('without any value are left out (2)')]);
  });
});

describe('values of too many digits', () => {
  it('are told with the channel and what is kept of them', () => {
    const content = 't,tiny,large,zeros,fine\n1,1e-9,1.123456,2.00000000,3.5\n2,2e-9,20071992547.5,3.1,4\n';
    const [notice, ...others] = recordingNotices(readRecording(fileOf(content)));
    expect(notice).toMatch(/: values have more digits .* are rounded: tiny \(6 decimals\), large \(5 decimals\)$/);
    expect(others).toEqual([]);
  });
});
