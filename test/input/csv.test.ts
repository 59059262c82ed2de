import { readRecording } from '../../sim/input/csv.js';
import { defaultRecordingFile } from '../../sim/input/default-recording.js';
import { Replay } from '../../sim/input/replay.js';
import { fileOf } from './files.js';

function rowsOf(content: string): unknown[] {
  const replay = new Replay({ recording: readRecording(fileOf(content)), startRow: 0 });
  const rows: unknown[] = [];
  while (!replay.exhausted) rows.push(replay.sample());
  return rows;
}

describe('a wide file', () => {
  const content = 'date,temperature,wind\n2010-01-01T01:00:00,4.0,3.8\n2010-01-01T02:00:00,,3.7\n';
  const rows = [{ temperature: 4, wind: 3.8 }, { wind: 3.7 }];

  it('has one row a line, without the values that are missing', () => {
    expect(rowsOf(content)).toEqual(rows);
  });

  it.each([
    ['with a byte order mark', `\ufeff${content}`],
    ['with Windows line ends', content.replaceAll('\n', '\r\n')],
    ['with old Macintosh line ends', content.replaceAll('\n', '\r')],
    ['without an end of the last line', content.slice(0, -1)],
    ['with quotes', content.replace(/[^,\n]+/g, '"$&"')],
    [
      'with a byte order mark, quotes and Windows line ends',
      `\ufeff${content.replace(/[^,\n]+/g, '"$&"')}`.replaceAll('\n', '\r\n'),
    ],
    ['with empty lines', content.replaceAll('\n', '\n\n')],
    ['with spaces about the cells', content.replaceAll(',', ' , ')],
    [
      'with epoch seconds',
      content.replace('2010-01-01T01:00:00', '1262307600').replace('2010-01-01T02:00:00', '1262311200'),
    ],
  ])('means the same %s', (_, variant) => {
    expect(rowsOf(variant)).toEqual(rows);
    expect(Array.from(readRecording(fileOf(variant)).timesSeconds)).toEqual([1262307600, 1262311200]);
  });

  it('keeps rows of the same time apart', () => {
    expect(rowsOf('t,a\n1,1\n1,1\n1,2\n')).toEqual([{ a: 1 }, { a: 1 }, { a: 2 }]);
  });

  it('knows on which line each row stands', () => {
    const recording = readRecording(fileOf('t,a\n\n1,1\n2,\n3,"3"\n'));
    expect(Array.from(recording.lines)).toEqual([3, 5]);
    expect(recording.rowsEmpty).toBe(1);
  });
});

describe('a long file', () => {
  it('joins rows of one time that follow one another', () => {
    expect(
      rowsOf('epoch_s,channel,value\n10,temp,1\n10,soil,0.2\n20,temp,2\n20,soil,\n30,temp,\n30,soil,\n40,soil,0.4\n'),
    ).toEqual([{ temp: 1, soil: 0.2 }, { temp: 2 }, { soil: 0.4 }]);
  });

  it('begins a new row where a channel occurs again', () => {
    expect(rowsOf('epoch_s,channel,value\n10,temp,1\n10,soil,0.2\n10,temp,2\n10,soil,0.3\n')).toEqual([
      { temp: 1, soil: 0.2 },
      { temp: 2, soil: 0.3 },
    ]);
  });

  it('may have channels that come and go', () => {
    expect(rowsOf('epoch_s,channel,value\n10,old,1\n20,new,2\n')).toEqual([{ old: 1 }, { new: 2 }]);
  });

  it('may have ISO times', () => {
    expect(rowsOf('Time,Channel,Value\n2010-01-01,temp,1\n')).toEqual([{ temp: 1 }]);
  });
});

describe('channels', () => {
  it('get names that are plain keys, each its own', () => {
    const header = 't,Température (°C),air temp,air-temp,air/temp,温度,__proto__,godwit/+/#\n';
    const { channels } = readRecording(fileOf(`${header}1,1,2,3,4,5,6,7\n`));
    const names = ['Temperature_C', 'air_temp', 'air-temp', 'air_temp_2', 'channel_5', 'proto', 'godwit'];
    expect(channels.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    [['21.50', '3'], 2],
    [['7', '-8'], 0],
    [['69.88083514'], 6],
    [['1.5e-3'], 4],
    [['1.5e3'], 0],
    [['0.123456', '20071992547.5'], 5],
    [['0.5', '2251799813685247'], 0],
    [['.5', '5.'], 1],
  ])('have the decimals that occur in %j', (values, decimals) => {
    const content = `t,a\n${values.map((value, index) => `${index},${value}\n`).join('')}`;
    expect(readRecording(fileOf(content)).channels[0]?.decimals).toBe(decimals);
  });
});

describe('the recording that comes along', () => {
  it('is a year of hours of three channels', () => {
    const recording = readRecording(defaultRecordingFile());
    expect(recording.rows).toBe(8759);
    expect(recording.channels.map(({ name }) => name)).toEqual(['pressure', 'temperature', 'wind']);
    expect(recording.cellValues).toHaveLength(3 * 8759);
  });
});
