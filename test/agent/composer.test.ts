import { SimKeyValue } from '../../hal/sim/key-value.js';
import { Composer } from '../../src/agent/composer.js';
import { Anchors } from '../../src/reading/anchor.js';
import { ChannelTables } from '../../src/reading/channel.js';
import { EPOCH } from './fixture.js';

const table = { sensor: 'counter', channels: [{ name: 'count', unit: '', decimals: 0 }] };
const payload = new Uint8Array(8);
/** Of a text of values, so that a reading takes between 100 and 200 bytes. */
const VALUES = `"count":${'1'.repeat(80)}`;

/** A composer to which 1000 readings were offered, none of which could be sent, and how many of them it keeps. */
function crowded(publish: { readingsPerMessageMax: number; messageBytesMax: number }) {
  const keyValue = new SimKeyValue();
  const anchors = new Anchors(keyValue, 1);
  anchors.learn(1, 0, EPOCH);
  let kept = 0;
  const pass = () => {
    kept++;
    return true;
  };
  const composer = new Composer({
    log: { next: () => undefined, pass, rewind: () => {} },
    readings: { lookAhead: () => {} },
    clock: { milliseconds: () => 0, wallMilliseconds: () => EPOCH, setTimer: () => 0, clearTimer: () => {} },
    boot: 1,
    anchors,
    tables: new ChannelTables(keyValue),
    topic: 'telemetry',
    unresolvedTopic: 'unresolved',
    timeWaitSeconds: 0,
    payloadBytesMax: 2000,
    ...publish,
  });
  for (let sequence = 0; sequence < 1000; sequence++) {
    composer.offer(
      { sequence, end: sequence + 1, stream: 0, payload },
      { kind: 'values', boot: 1, milliseconds: sequence, values: [1], table },
      { text: () => VALUES },
    );
  }
  return { composer, kept: () => kept };
}

describe('what is kept in RAM while the connection takes nothing', () => {
  it('is one message by its bytes, and the reading that is too much for it', () => {
    const { composer, kept } = crowded({ readingsPerMessageMax: 100, messageBytesMax: 1024 });
    const composed = composer.compose(0, undefined);
    expect(composed?.message.payload.length).toBeGreaterThan(800);
    expect(composed?.message.payload.length).toBeLessThanOrEqual(1024);
    expect(kept()).toBe((composed?.end ?? 0) + 1);
  });

  it('is one message by its readings', () => {
    const { composer, kept } = crowded({ readingsPerMessageMax: 3, messageBytesMax: 1024 });
    expect(composer.compose(0, undefined)).toMatchObject({ first: 0, end: 3 });
    expect(kept()).toBe(3);
  });
});
