/** Brokers that answer CONNECT with the wrong thing: a server that is a list of bytes. */

import { Scheduler, SimClock, SimNetwork, seededRandom } from '../../hal/sim/sim.js';
import { Connection } from '../../src/mqtt/connection.js';
import { bytesOf } from './packets.js';
import { World } from './world.js';

function causeOf(answer: string, clean: boolean): string | undefined {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  network.listen('server', 1883, (peer) => {
    peer.onData = () => peer.send(bytesOf(answer));
  });
  const causes: Error[] = [];
  const connection = new Connection({
    clock: new SimClock(scheduler),
    random: () => 0.9,
    Stream: network.link().TCP,
    host: 'server',
    port: 1883,
    clientId: 'c',
    clean,
    onDisconnected: (cause) => causes.push(cause),
  });
  connection.start();
  scheduler.runFor(10);
  connection.stop();
  return causes[0]?.message;
}

it.each([
  ['[MQTT-3.2.0-1] the first packet is not the CONNACK that answers CONNECT', 'd0 00', true],
  ['[MQTT-3.2.0-1] the first packet is not the CONNACK that answers CONNECT', '30 03 00 01 61', true],
  ['[MQTT-3.2.2-1] CONNACK says that a session is present, a clean one was asked for', '20 02 01 00', true],
  ['[MQTT-3.2.2-4] CONNACK with return code 4 says that a session is present', '20 02 01 04', false],
  ['[MQTT-3.2.2-6] CONNACK return code is 9, expected 0 to 5', '20 02 00 09', true],
  ['[MQTT-4.8.0-1] PINGREQ is not for a broker to send (section 2.2.1)', 'c0 00', true],
])('%s', (message, answer, clean) => {
  expect(causeOf(answer, clean)).toBe(message);
});

it('accepts a session that is present when one was asked for', () => {
  expect(causeOf('20 02 01 00', false)).toBeUndefined();
});

it("asks for a clean session 'once': until the broker has accepted the client, and then no more", () => {
  const world = new World({ connection: { clean: 'once' } });
  world.broker.refuse(3);
  world.connection.start();
  world.run(100);
  world.broker.refuse(0);
  world.run(15_000);
  world.link.cut();
  world.run(15_000);
  world.link.cut();
  world.run(15_000);
  expect(world.broker.connects.map(({ packet }) => packet.clean)).toEqual([true, true, false, false]);
  expect(world.events.filter((event) => event.startsWith('connected'))).toEqual([
    'connected 2',
    'connected 3',
    'connected 4, session present',
  ]);
  expect(world.broker.violations).toEqual([]);
});

it('is not fooled by a server that speaks first', () => {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  network.listen('server', 22, (peer) => peer.send(Uint8Array.from(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'))));
  const causes: Error[] = [];
  const connection = new Connection({
    clock: new SimClock(scheduler),
    random: () => 0.9,
    Stream: network.link().TCP,
    host: 'server',
    port: 22,
    clientId: 'c',
    onDisconnected: (cause) => causes.push(cause),
  });
  connection.start();
  scheduler.runFor(10);
  connection.stop();
  expect(causes[0]?.message).toBe('[MQTT-4.3.2-2] PUBREC belongs to QoS 2, which this client does not use');
});
