/** What the broker sends: messages, answers, and nonsense. */
import { ProtocolError } from '../../src/mqtt/packet.js';
import type { RequestDone } from '../../src/mqtt/session.js';
import { bytesOf } from './packets.js';
import { World } from './world.js';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

function subscribed(options: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World(options);
  world.connect();
  world.connection.subscribe([{ filter: 'cmd/#', qos: 1 }], () => {});
  world.run(1000);
  return world;
}

it('delivers messages with their topic, payload, QoS and flags', () => {
  const world = new World();
  world.broker.publish('cmd/kept', bytes('old'), { retain: true, qos: 1 });
  world.connect();
  world.connection.subscribe([{ filter: 'cmd/#', qos: 1 }], () => {});
  world.run(1000);
  world.broker.publish('cmd/a', bytes('1'));
  world.broker.publish('cmd/b', bytes('2'), { qos: 1 });
  world.broker.publish('other', bytes('3'));
  world.run(1000);
  const base = { dup: false, oversized: false, retain: false };
  expect(world.messages).toMatchObject([
    { ...base, topic: 'cmd/kept', payload: bytes('old'), qos: 1, retain: true },
    { ...base, topic: 'cmd/a', payload: bytes('1'), qos: 0 },
    { ...base, topic: 'cmd/b', payload: bytes('2'), qos: 1 },
  ]);
});

it('[MQTT-4.3.2-2] [MQTT-4.6.0-2] acknowledges QoS 1 in the order of arrival, in any fragments', () => {
  for (let fragmentBytes = 1; fragmentBytes < 9; fragmentBytes++) {
    const world = subscribed({ seed: fragmentBytes });
    world.link.fragmentBytes = fragmentBytes;
    for (let count = 0; count < 200; count++) world.broker.publish('cmd/x', bytes(String(count)), { qos: 1 });
    world.run(10_000);
    expect(world.messages.map(({ payload }) => Number(Buffer.from(payload)))).toEqual([...Array(200).keys()]);
    expect(world.broker.session('node-1')?.owed).toBe(0);
    expect(world.broker.violations).toEqual([]);
  }
});

it('takes a burst that is larger than what is fair in one turn, without being reminded', () => {
  const world = new World();
  world.connect();
  const message = bytesOf(`30 65 00 01 61 ${'00'.repeat(98)}`);
  world.broker.sendRaw(
    'node-1',
    new Uint8Array(100 * message.length).map((_, index) => message[index % message.length] as number),
  );
  world.run(1);
  expect(world.messages).toHaveLength(100);
});

it('stops reading while there is no room for acknowledgements, and loses none', () => {
  const world = subscribed({ connection: { transmitBytesMax: 64 } });
  world.link.writeSpaceBytes = 1;
  world.link.latencyMilliseconds = 5;
  for (let count = 0; count < 500; count++) world.broker.publish('cmd/x', new Uint8Array(0), { qos: 1 });
  world.run(30_000);
  expect(world.messages).toHaveLength(500);
  expect(world.broker.session('node-1')?.owed).toBe(0);
  expect(world.broker.violations).toEqual([]);
  expect(world.causes).toEqual([]);
});

it('[MQTT-4.4.0-1] gets again, with DUP, what it had not acknowledged', () => {
  const world = subscribed({ connection: { clean: false } });
  world.messageError = new Error('flash is full');
  world.broker.publish('cmd/x', bytes('1'), { qos: 1 });
  world.broker.publish('cmd/x', bytes('2'), { qos: 1 });
  world.run(10_000);
  expect(world.causes.map(({ message }) => message)).toEqual(['flash is full']);
  expect(world.messages.map(({ dup, payload }) => `${Buffer.from(payload)} ${dup}`)).toEqual([
    '1 false',
    '1 true',
    '2 true',
  ]);
  expect(world.broker.session('node-1')?.owed).toBe(0);
  expect(world.broker.violations).toEqual([]);
});

it('acknowledges a message that is too large, without its payload, and so gets it once', () => {
  const world = subscribed({ connection: { clean: false, packetBytesMax: 100 } });
  world.broker.publish('cmd/big', new Uint8Array(5000), { qos: 1 });
  world.broker.publish('cmd/small', new Uint8Array(50), { qos: 1 });
  world.run(1000);
  world.link.cut();
  world.run(10_000);
  expect(world.messages.map(({ oversized, payload, topic }) => [topic, payload.length, oversized])).toEqual([
    ['cmd/big', 0, true],
    ['cmd/small', 50, false],
  ]);
  expect(world.broker.session('node-1')?.owed).toBe(0);
});

it('forgets half a packet with the connection on which it came', () => {
  for (const part of ['30', '30 05', '30 05 00 03 61', '32 ff 7f 00 01 61 00 01 00 00']) {
    const world = new World();
    world.connect();
    world.broker.sendRaw('node-1', bytesOf(part));
    world.run(1);
    world.link.cut();
    world.run(10_000);
    expect(world.events).toEqual(['connected 1', 'disconnected: connection reset', 'connected 2']);
  }
});

describe('requests', () => {
  it('[MQTT-3.8.4-5] give what was granted', () => {
    const world = new World();
    world.connect();
    const done: unknown[] = [];
    const note: RequestDone = (error, codes) => done.push(error?.message ?? [...codes]);
    const wanted = [
      { filter: 'a', qos: 1 },
      { filter: 'b/+', qos: 0 },
    ] as const;
    expect(world.connection.subscribe(wanted, note)).toBe(true);
    expect(world.connection.unsubscribe(['a', 'never'], note)).toBe(true);
    world.run(1000);
    expect(done).toEqual([[1, 0], []]);
    expect(world.broker.session('node-1')?.filters).toEqual(['b/+']);
  });

  it('are told when the connection ends before the answer', () => {
    const world = new World({ latencyMilliseconds: 100 });
    world.connect();
    const done: unknown[] = [];
    world.connection.subscribe([{ filter: 'a', qos: 1 }], (error) => done.push(error?.message));
    world.run(50);
    world.link.cut();
    world.run(1000);
    expect(done).toEqual(['connection reset']);
  });

  it('are told when the connection is stopped before the answer', () => {
    const world = new World();
    world.connect();
    const done: unknown[] = [];
    world.connection.unsubscribe(['a'], (error) => done.push(error?.message));
    world.connection.stop();
    expect(done).toEqual(['the connection was stopped']);
  });

  it('without an answer end the connection', () => {
    const world = new World({ connection: { responseTimeoutMilliseconds: 7000 } });
    world.connect();
    world.broker.silent = true;
    const done: unknown[] = [];
    world.connection.subscribe([{ filter: 'a', qos: 1 }], (error) => done.push(error?.message));
    world.run(7000);
    expect(done).toEqual(['no SUBACK or UNSUBACK within 7000 ms']);
  });

  it('are refused, not lost, while there is no connection', () => {
    const world = new World();
    const never: RequestDone = () => {
      throw new Error('must not be called');
    };
    expect(world.connection.subscribe([{ filter: 'a', qos: 1 }], never)).toBe(false);
    expect(world.connection.unsubscribe(['a'], never)).toBe(false);
  });
});

describe('nonsense closes the connection and is named', () => {
  it.each([
    ['MQTT-2.2.2-2', 'reserved flags', '93 03 00 01 00'],
    ['MQTT-3.3.1-4', 'QoS 3', '36 05 00 01 61 00 01'],
    ['MQTT-3.8.4-2', 'SUBACK for nothing', '90 03 00 07 00'],
    ['MQTT-3.10.4-4', 'UNSUBACK for nothing', 'b0 02 00 07'],
    ['MQTT-4.8.0-1', 'a second CONNACK', '20 02 00 00'],
    ['MQTT-4.8.0-1', 'CONNECT', '10 00'],
  ])('[%s] %s', (statement, _, hex) => {
    const world = new World();
    world.connect();
    world.broker.sendRaw('node-1', bytesOf(hex));
    world.run(1);
    expect(world.causes[0]).toBeInstanceOf(ProtocolError);
    expect(world.causes[0]?.message.startsWith(`[${statement}] `)).toBe(true);
    expect(world.connection.state).toBe('waiting');
    world.run(10_000);
    expect(world.connection.state).toBe('connected');
  });

  it('ignores and counts a PUBACK for nothing', () => {
    const world = new World();
    world.connect();
    world.broker.sendRaw('node-1', bytesOf('40 02 00 07'));
    world.run(1000);
    expect(world.connection.state).toBe('connected');
    expect(world.connection.statistics.unknownAcknowledgements).toBe(1);
  });
});
