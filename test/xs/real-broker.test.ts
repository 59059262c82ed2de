/** A device on XS against brokers that other people wrote, in real time, over this machine's sockets. */
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { exitCodes, type XsEngine } from '../../xs/run.js';
import { runInRealTime } from '../../xs/world.js';
import { isMosquittoPresent, type RealBroker, startAedes, startMosquitto } from '../mqtt/real-brokers.js';
import { describeOnXs, engine, withFolder } from './engine.js';

const READINGS = 200;

/** Sequence numbers of the readings that a subscriber saw until the device had ended. */
async function readingsOf(broker: RealBroker, run: () => Promise<unknown>): Promise<Set<number>> {
  const seen = new Set<number>();
  const subscriber = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  subscriber.on('message', (_topic, payload) => {
    const content = JSON.parse(payload.toString()) as { seq: number } | { seq: number }[];
    for (const { seq } of Array.isArray(content) ? content : [content]) seen.add(seq);
  });
  await subscriber.subscribeAsync('godwit/+/telemetry', { qos: 1 });
  await run();
  await subscriber.endAsync();
  return seen;
}

describeOnXs('a device on XS, in real time', () => {
  const play = (start: () => Promise<RealBroker>) =>
    withFolder(async (storage) => {
      const broker = await start();
      const configuration = {
        broker: { host: '127.0.0.1', port: broker.port },
        sensors: [{ name: 'fast', driver: 'wandering', periodMilliseconds: 5, channels: [{ name: 'value' }] }],
      };
      const settings = { configuration: JSON.stringify(configuration), endAfterReadings: READINGS };
      const run = { main: 'xs/scenarios/agent', preloads: ['xs/scenarios/wandering'], storage, settings };
      const seen = await readingsOf(broker, async () => {
        const outcome = await runInRealTime(engine as XsEngine, run, join(storage, 'report'));
        expect({ exitCode: outcome.exitCode, errors: outcome.errors }).toEqual({
          exitCode: exitCodes.ended,
          errors: '',
        });
      });
      await broker.kill();
      for (let sequence = 0; sequence < READINGS; sequence++) expect(seen).toContain(sequence);
    });

  it('delivers to aedes', () => play(startAedes), 30_000);

  (isMosquittoPresent ? it : it.skip)(
    'delivers to mosquitto (needs mosquitto)',
    () => play(() => startMosquitto()),
    30_000,
  );
});
