import { mkdtempSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Inputs } from '../../sim/start/inputs.js';
import { parseCommandLine } from '../../sim/start/options.js';
import { fileOf, folder } from '../input/files.js';

const file = fileOf('t,row\n0,0\n60,1\n120,2\n');

function prepare(...sensors: object[]): Promise<Inputs> {
  const command = parseCommandLine([]);
  if (command.name !== 'start') throw new Error('no start');
  return Inputs.prepare(command.options, sensors);
}

describe('the options of a driver', () => {
  it.each<[string, object, string]>([
    ['replay', { fil: 'x' }, 'sensors[0].options.fil: unknown key, expected one of file, speed'],
    ['replay', { file: '' }, 'sensors[0].options.file: expected a text like ^.+$, found ""'],
    ['replay', { file, speed: 'fast' }, 'sensors[0].options.speed: expected a number from 0.000001 to 1000000000, fou'],
    ['replay', { file, speed: 0 }, 'sensors[0].options.speed: expected a number from 0.000001 to 1000000000, found 0'],
    ['replay', [], 'sensors[0].options: expected an object, found []'],
    ['host', { file }, 'sensors[0].options.file: unknown key, the driver host has no options'],
  ])('are refused when they are wrong: %s %j', async (driver, options, message) => {
    await expect(prepare({ name: 'a', driver, options })).rejects.toThrow(message);
  });

  it('may not name a file that another sensor replays, in whatever way it is written', async () => {
    const sensors = [file, `${folder}/./${basename(file)}`].map((name, index) => ({
      name: `s${index}`,
      driver: 'replay',
      options: { file: name },
    }));
    await expect(prepare(...sensors)).rejects.toThrow(/^sensors\[1\]\.options\.file: sensors\[0\] replays .* already/);
  });
});

describe('what is told about a file', () => {
  it('counts one row and one channel as one', async () => {
    const inputs = await prepare({ name: 'a', driver: 'replay', options: { file: fileOf('t,a\n1,2\n') } });
    expect(inputs.notices()).toEqual([expect.stringMatching(/: 1 row, 1 channel$/)]);
  });
});

describe('the position in a file', () => {
  it('is behind the last row whose reading is stored, also for a device that has lost the others', async () => {
    const options = { file: fileOf('t,row\n0,0\n60,1\n120,2\n') };
    const inputs = await prepare({ name: 'a', driver: 'replay', options });
    const deviceFolder = mkdtempSync(join(folder, 'data-'));
    const { drivers, stored, rewind, close } = inputs.driversFor({ deviceFolder, onNotice() {}, onSample() {} });
    const sensor = drivers.replay?.(options);
    expect(sensor?.sample()).toEqual({ row: 0 });
    stored();
    expect(sensor?.sample()).toEqual({ row: 1 });
    rewind();
    expect(sensor?.sample()).toEqual({ row: 1 });
    close();
  });

  /** The first row of a start that takes `count` rows, and what was told. */
  async function start(recording: string, data: string, count: number): Promise<[unknown, string[]]> {
    const options = { file: recording };
    const notices: string[] = [];
    const inputs = await prepare({ name: 'a', driver: 'replay', options });
    const { drivers, stored, close } = inputs.driversFor({
      deviceFolder: data,
      onNotice: (notice) => notices.push(notice),
      onSample: () => {},
    });
    const sensor = drivers.replay?.(options);
    const rows = Array.from({ length: count }, () => sensor?.sample());
    stored();
    close();
    return [rows[0], notices];
  }

  it('is kept for the same file, and given up for one of another size', async () => {
    const data = mkdtempSync(join(folder, 'data-'));
    const recording = fileOf('t,row\n0,0\n60,1\n120,2\n');
    expect(await start(recording, data, 1)).toEqual([{ row: 0 }, []]);
    expect(await start(recording, data, 1)).toEqual([{ row: 1 }, []]);
    writeFileSync(recording, 't,row\n0,100\n60,101\n120,102\n');
    const notice = `${recording} has another size than before and begins at its first row`;
    expect(await start(recording, data, 1)).toEqual([{ row: 100 }, [notice]]);
    expect(await start(recording, data, 1)).toEqual([{ row: 101 }, []]);
  });
});
