import { SimKeyValue } from '../../hal/sim/sim.js';
import { ChannelTables } from '../../src/reading/channel.js';

const air = (...names: string[]) => ({
  sensor: 'air',
  channels: names.map((name) => ({ name, unit: '', decimals: 1 })),
});

describe('the channel table of a stream', () => {
  it('is known by boot, also after a later boot declared another', () => {
    const keyValue = new SimKeyValue();
    new ChannelTables(keyValue).declare(0, 1, air('temperature'));
    new ChannelTables(keyValue).declare(0, 5, air('temperature', 'humidity'));
    const tables = new ChannelTables(keyValue);
    expect(tables.at(0, 4)).toMatchObject(air('temperature'));
    expect(tables.at(0, 5)).toMatchObject(air('temperature', 'humidity'));
    expect(tables.at(0, 9)).toMatchObject(air('temperature', 'humidity'));
    expect(tables.at(1, 9)).toBeUndefined();
  });

  it('is written only when it changes', () => {
    const keyValue = new SimKeyValue();
    new ChannelTables(keyValue).declare(0, 1, air('temperature'));
    const before = keyValue.read('channels.0');
    new ChannelTables(keyValue).declare(0, 2, air('temperature'));
    expect(keyValue.read('channels.0')).toBe(before);
  });

  it('is forgotten after some changes, and then nothing is claimed of old readings', () => {
    const keyValue = new SimKeyValue();
    for (let boot = 1; boot <= 10; boot++) new ChannelTables(keyValue).declare(0, boot, air(`channel${boot}`));
    const tables = new ChannelTables(keyValue);
    expect(tables.at(0, 1)).toBeUndefined();
    expect(tables.at(0, 7)).toMatchObject(air('channel7'));
  });

  it('may be large: older ones make room', () => {
    const keyValue = new SimKeyValue();
    const many = (prefix: string) =>
      air(...Array.from({ length: 250 }, (_, i) => `${prefix}-${i}-temperature-of-the-soil-at-depth`));
    new ChannelTables(keyValue).declare(0, 1, many('north'));
    new ChannelTables(keyValue).declare(0, 2, many('south'));
    const tables = new ChannelTables(keyValue);
    expect(tables.at(0, 2)).toMatchObject(many('south'));
    expect(tables.at(0, 1)).toBeUndefined();
  });

  it('may be larger than a value of key-value storage', () => {
    const keyValue = new SimKeyValue();
    const wide = air(
      ...Array.from({ length: 255 }, (_, i) => `channel-${i}-with-a-name-as-long-as-allowed-${'x'.repeat(20)}`),
    );
    new ChannelTables(keyValue).declare(13, 1, wide);
    expect(new ChannelTables(keyValue).at(13, 1)).toMatchObject(wide);
  });

  it('whose writing was cut is not claimed to be known', () => {
    const keyValue = new SimKeyValue();
    const wide = (prefix: string) => air(...Array.from({ length: 100 }, (_, i) => `${prefix}-${i}`));
    new ChannelTables(keyValue).declare(0, 1, wide('a'));
    keyValue.delete('channels.0.1');
    expect(new ChannelTables(keyValue).at(0, 1)).toBeUndefined();
  });
});
