/**
 * Names that only a configuration knows. On XS a name takes a place in a table, for good, when an object gets a property of
 * that name, or is asked for one; `creation.keys` in manifest.json says how many fit.
 */
import type { XsEngine } from '../../xs/run.js';
import { Stage } from '../../xs/stage.js';
import { describeOnXs, engine, withFolder } from './engine.js';

/** Lives until so many readings have arrived; gives what went wrong, how many names the device made, and what it wrote. */
function live(main: string, sensors: readonly object[], readings: number) {
  return withFolder(async (folder) => {
    const stage = new Stage(engine as XsEngine, folder, {});
    const configuration = JSON.stringify({ broker: { host: 'broker' }, sensors });
    const { output } = await stage.boot((device) => stage.delivered.size >= readings && device.end(), {
      main: `xs/scenarios/${main}`,
      settings: { configuration },
    });
    stage.requireDelivered(0, readings);
    const { problems, reports } = stage.played(() => ({}));
    return { problems, names: reports[0]?.names, output };
  });
}

describeOnXs('names of a configuration, on XS', () => {
  const sensorsOf = (count: number, channels: number) =>
    Array.from({ length: count }, (_, i) => ({
      name: `sensor${i}`,
      driver: 'wandering',
      channels: Array.from({ length: channels }, (_, j) => ({
        name: `channel${i}-${j}`,
        from: j % 2 ? 'value' : 'other',
      })),
    }));

  it('of 10 sensors and 60 channels take no place in the table of names', async () => {
    const few = await live('agent', sensorsOf(1, 1), 10);
    expect(few.problems).toEqual([]);
    expect(await live('agent', sensorsOf(10, 6), 30)).toEqual(few);
  }, 60_000);

  it('of 100 values, which no module has, fit', async () => {
    const channels = Array.from({ length: 100 }, (_, i) => ({ name: `c${i}`, from: `value${i}` }));
    const sensor = { name: 'wide', driver: 'wide', options: { values: 100 }, channels };
    const { problems, names } = await live('names', [sensor], 10);
    expect(problems).toEqual([]);
    expect(names).toBeGreaterThanOrEqual(100);
  }, 60_000);
});

describeOnXs('options of a driver, on XS', () => {
  it.each([
    ['by default', undefined, '{}'],
    ['as given', { values: 2, of: { any: 'kind' } }, '{"values":2,"of":{"any":"kind"}}'],
  ])(
    'can be made JSON of, %s',
    async (_, options, text) => {
      const channels = [{ name: 'channel', from: 'value0' }];
      const { problems, output } = await live('names', [{ name: 'wide', driver: 'wide', options, channels }], 10);
      expect({ problems, output }).toEqual({ problems: [], output: `${text}\n` });
    },
    60_000,
  );
});
