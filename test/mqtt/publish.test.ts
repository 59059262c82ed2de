/** What `publish` takes, what it puts off, and what it refuses for ever. */
import { textPayload } from '../../src/mqtt/packet.js';
import { CLIENT_ID, World } from './world.js';

const message = { topic: 't', payload: new Uint8Array(10), qos: 1, retain: false } as const;

it('says "not now" without a connection', () => {
  const world = new World();
  expect(world.connection.publish(message, 1)).toBe(false);
  world.connection.start();
  expect(world.connection.publish(message, 1)).toBe(false);
  world.run(1000);
  expect(world.connection.publish(message, 1)).toBe(true);
});

it('says "not now" when the transmit buffer is full, and tells when it is not', () => {
  let ready = 0;
  const world: World = new World({
    connection: {
      transmitBytesMax: 100,
      onReady: () => {
        ready++;
      },
    },
  });
  world.connect();
  const large = { ...message, payload: new Uint8Array(60), qos: 0 } as const;
  expect(world.connection.publish(large)).toBe(true);
  expect(world.connection.publish(large)).toBe(false);
  ready = 0;
  world.run(1);
  expect(ready).toBeGreaterThan(0);
  expect(world.connection.publish(large)).toBe(true);
});

it.each([50, 1_000_000])('lets a publisher of QoS 0 send all it has, with %i bytes of space in the stream', (space) => {
  let left = 500;
  const world: World = new World({
    connection: {
      transmitBytesMax: 200,
      onReady: () => {
        while (left > 0 && world.publish('state', String(left))) left--;
      },
    },
  });
  world.link.writeSpaceBytes = space;
  world.connect();
  world.run(10_000);
  expect(left).toBe(0);
  expect(world.broker.received.map(({ payload }) => Number(Buffer.from(payload)))).toEqual(
    Array.from({ length: 500 }, (_, index) => 500 - index),
  );
});

it('tells one turn later that it is ready, when something is announced', () => {
  let ready = 0;
  const world = new World({
    connection: {
      onReady: () => {
        ready++;
      },
    },
  });
  world.connection.announce();
  world.connect();
  ready = 0;
  world.connection.announce();
  world.connection.announce();
  expect(ready).toBe(0);
  world.run(0);
  expect(ready).toBe(1);
});

it('does not spin when the stream takes nothing of what is too large for the room that is left', () => {
  const large = { ...message, payload: new Uint8Array(150), qos: 0 } as const;
  let ready = 0;
  let isTalkative = false;
  const world: World = new World({
    connection: {
      transmitBytesMax: 200,
      onReady: () => {
        ready++;
        if (isTalkative) while (world.connection.publish(large));
      },
    },
  });
  world.link.writeSpaceBytes = 50;
  world.connect();
  world.link.stalled = true;
  isTalkative = true;
  ready = 0;
  world.connection.announce();
  world.run(1000);
  expect(ready).toBeGreaterThan(0);
  expect(ready).toBeLessThan(5);
});

it('does not spin while there is nothing to send', () => {
  let ready = 0;
  const world = new World({
    connection: {
      onReady: () => {
        ready++;
      },
    },
  });
  world.connect();
  ready = 0;
  world.run(600_000);
  // A ping in every 54 s, and its answer.
  expect(ready).toBeLessThan(40);
});

it('refuses for ever what can never be sent', () => {
  const world = new World({ connection: { transmitBytesMax: 100 } });
  const { connection } = world;
  expect(() => connection.publish({ ...message, payload: new Uint8Array(100) }, 1)).toThrow(
    'a message of 107 bytes can never be sent, transmitBytesMax is 100',
  );
  expect(() => connection.publish({ ...message, topic: 'a/#' }, 1)).toThrow('MQTT-3.3.2-2');
  expect(() => connection.publish(message)).toThrow('a QoS 1 message needs a token');
  expect(() => connection.subscribe([{ filter: 'x'.repeat(100), qos: 1 }], () => {})).toThrow('can never be sent');
  expect(() => connection.unsubscribe([], () => {})).toThrow('MQTT-3.10.3-2');
});

it('refuses text that is not ASCII, and holds nothing of it', () => {
  const world = new World();
  world.connect();
  const { connection } = world;
  expect(() => connection.publish({ ...message, payload: textPayload('warm: 21 °C') }, 1)).toThrow(
    'payload: text has to be ASCII',
  );
  expect(connection.statistics.inFlight).toBe(0);
  expect(connection.publish({ ...message, payload: textPayload('warm: 21 C') }, 1)).toBe(true);
  world.run(1000);
  expect(world.broker.received.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['warm: 21 C']);
  expect(world.acknowledged).toEqual([1]);
});

it('goes on with the right topic after one that was refused', () => {
  const world = new World();
  world.connect();
  world.publish('a', '1');
  expect(() => world.publish('a/#', '2')).toThrow('MQTT-3.3.2-2');
  expect(() => world.publish('a/#', '2')).toThrow('MQTT-3.3.2-2');
  world.publish('a', '3');
  world.publish('b', '4');
  world.run(10);
  expect(world.broker.received.map(({ payload, topic }) => `${topic} ${Buffer.from(payload)}`)).toEqual([
    'a 1',
    'a 3',
    'b 4',
  ]);
});

it('[MQTT-3.3.1-1] sets DUP when the publisher says that it may have sent the message before this program began', () => {
  const world = new World();
  world.connect();
  world.connection.publish(message, 1, true);
  world.connection.publish({ ...message, payload: new Uint8Array(11) }, 2, false);
  world.connection.publish({ ...message, qos: 0 }, undefined, true);
  world.run(10);
  expect(world.broker.received.map(({ dup }) => dup)).toEqual([true, false, false]);
});

it('passes RETAIN on', () => {
  const world = new World();
  world.connect();
  world.connection.publish({ topic: 'status', payload: Uint8Array.of(7), qos: 0, retain: true });
  world.run(10);
  expect(world.broker.retained('status')).toEqual(Uint8Array.of(7));
});

describe('options that make no sense are named', () => {
  it.each<[object, string]>([
    [{ protocolVersion: 5 }, 'protocolVersion 5 is not supported, only 4 (MQTT 3.1.1) is'],
    [{ windowMax: 0 }, 'windowMax is 0, expected a whole number from 1 to 10000'],
    [{ keepAliveSeconds: 1.5 }, 'keepAliveSeconds is 1.5, expected a whole number from 0 to 65535'],
    [{ packetBytesMax: 10 }, 'packetBytesMax is 10'],
    [{ port: 0 }, 'port is 0'],
    [{ host: '' }, 'host is empty'],
    [{ clientId: '', clean: false }, 'MQTT-3.1.3-7'],
    [{ password: 'secret' }, 'MQTT-3.1.2-22'],
    [{ will: { topic: '#', payload: new Uint8Array(0), qos: 0, retain: false } }, 'MQTT-3.3.2-2'],
    [{ clientId: 'x'.repeat(5000) }, 'can never be sent, transmitBytesMax is 4096'],
  ])('%j', (connection, text) => {
    expect(() => new World({ connection })).toThrow(text);
  });
});

it('[MQTT-3.1.3-7] an empty client identifier makes the broker choose one', () => {
  const world = new World({ connection: { clientId: '' } });
  world.connect();
  expect(world.broker.connectedClients).toEqual(['assigned-1']);
  expect(world.broker.inFlightMax(CLIENT_ID)).toBe(0);
});
