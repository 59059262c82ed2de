/** QoS 1 from end to end: whatever happens to link and broker, every message arrives, in order, and redelivery is marked. */
import { ProtocolError } from '../../src/mqtt/packet.js';
import { CLIENT_ID, World } from './world.js';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Nothing lost, nothing invented, first arrivals in order, and no rule broken. */
function expectDelivered(world: World, count: number): void {
  expect(world.queued).toBe(0);
  expect([...world.acknowledged].sort((one, other) => one - other)).toEqual(numbers(count));
  const first = [...new Set(world.receivedPayloads.map((payload) => Number.parseInt(payload, 10)))];
  expect(first).toEqual(numbers(count));
  expect(world.broker.violations).toEqual([]);
  // A broken link must not leave half a packet behind for the next connection.
  expect(world.causes.filter((cause) => cause instanceof ProtocolError)).toEqual([]);
}

it('delivers what was published before, while and after connecting', () => {
  const world = new World({ latencyMilliseconds: 50 });
  world.enqueue(3);
  world.connection.start();
  world.run(60);
  world.enqueue(3);
  world.run(1000);
  world.enqueue(3);
  world.run(1000);
  expectDelivered(world, 9);
  expect(world.receivedPayloads).toEqual(numbers(9).map(String));
});

it.each([1, 2, 20])('[MQTT-4.3.2-1] has at most windowMax = %i messages in flight', (windowMax) => {
  const world = new World({ connection: { windowMax, acknowledgeTimeoutMilliseconds: 3_600_000 } });
  world.broker.dropPubacks(Number.POSITIVE_INFINITY);
  world.enqueue(50);
  world.connect();
  world.run(10_000);
  expect(world.broker.received).toHaveLength(windowMax);
  expect(world.connection.ready).toBe(false);
  expect(world.connection.statistics.inFlight).toBe(windowMax);
});

it('takes a window of messages in each round trip', () => {
  const world = new World({ latencyMilliseconds: 50, connection: { windowMax: 20 } });
  world.connect();
  const start = world.scheduler.now;
  world.enqueue(100);
  while (world.queued > 0) world.run(10);
  expect(world.scheduler.now - start).toBeLessThanOrEqual(510);
  expect(world.broker.inFlightMax(CLIENT_ID)).toBeLessThanOrEqual(20);
});

it('[MQTT-3.3.1-1] sends again after a reconnect, with DUP, what was not acknowledged', () => {
  const world = new World();
  world.broker.dropPubacks(3);
  world.connect();
  world.enqueue(5);
  world.run(1000);
  world.link.cut();
  world.runUntilDelivered();
  expect(world.receivedPayloads).toEqual(['1', '2', '3', '4', '5', '1 dup', '2 dup', '3 dup']);
  // [MQTT-3.1.2-6] The session is a new one, and so are its packet identifiers.
  expect(world.broker.received.map(({ packetId }) => packetId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expectDelivered(world, 5);
});

it('[MQTT-4.4.0-1] [MQTT-2.3.1-3] sends again with the same packet identifiers when the session was kept', () => {
  const world = new World({ connection: { clean: false } });
  world.broker.dropPubacks(2);
  world.connect();
  world.enqueue(3);
  world.run(1000);
  world.link.cut();
  world.runUntilDelivered();
  const packetIds = world.broker.received.map(({ dup, packetId }) => [packetId, dup]);
  expect(packetIds).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [1, true],
    [2, true],
  ]);
  expect(world.events).toEqual(['connected 1', 'disconnected: connection reset', 'connected 2, session present']);
  expectDelivered(world, 3);
});

it.each([false, true])('survives a restart of the broker (sessions lost: %s)', (loseSessions) => {
  const world = new World({ connection: { clean: false }, latencyMilliseconds: 20 });
  world.connect();
  world.enqueue(500);
  world.run(70);
  world.broker.restart({ loseSessions });
  world.runUntilDelivered();
  expectDelivered(world, 500);
  expect(world.events.at(-1)).toBe(`connected 2${loseSessions ? '' : ', session present'}`);
});

it('survives a broker that is away for a minute', () => {
  const world = new World({ latencyMilliseconds: 20 });
  world.connect();
  world.enqueue(100);
  world.run(70);
  world.broker.stop();
  world.run(60_000);
  expect(world.connection.state).toBe('waiting');
  expect(world.causes.at(-1)?.message).toBe('connection refused');
  world.broker.start();
  world.runUntilDelivered();
  expectDelivered(world, 100);
});

it('never sends again on a live connection, but ends one that does not acknowledge', () => {
  const world = new World({ connection: { acknowledgeTimeoutMilliseconds: 30_000 } });
  world.broker.dropPubacks(1);
  world.connect();
  world.enqueue(2);
  world.run(29_000);
  expect(world.receivedPayloads).toEqual(['1', '2']);
  expect(world.connection.state).toBe('connected');
  world.runUntilDelivered();
  expect(world.causes.map(({ message }) => message)).toEqual(['no PUBACK within 30000 ms']);
  expect(world.receivedPayloads).toEqual(['1', '2', '1 dup']);
  expectDelivered(world, 2);
});

it('delivers everything through random loss of acknowledgements, links that break, tiny writes and fragments', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World({
      seed,
      latencyMilliseconds: seed % 3 === 0 ? 0 : 35,
      connection: {
        clean: seed % 2 === 0,
        windowMax: 1 + (seed % 7),
        acknowledgeTimeoutMilliseconds: 2000,
        backoffMaxMilliseconds: 4000,
      },
    });
    world.link.writeSpaceBytes = seed % 5 === 0 ? 7 : 1460;
    world.link.fragmentBytes = 1 + (seed % 11);
    world.broker.dropPubacks(0.02);
    world.connect();
    world.enqueue(150);
    for (let round = 0; round < 30 && world.queued > 0; round++) {
      world.run(200 + 37 * round);
      if (round % 4 === 1) world.link.cut();
      if (round % 9 === 5) world.broker.restart({ loseSessions: seed % 4 === 1 });
    }
    world.broker.dropPubacks(0);
    world.runUntilDelivered();
    expectDelivered(world, 150);
  }
});

it('survives a cut after any number of bytes', () => {
  let cuts = 0;
  for (let isDone = false; !isDone; cuts++) {
    // Byte by byte in each direction, and nothing more at a time: every moment at which a cut can fall is tried.
    const world = new World({ latencyMilliseconds: 1, connection: { clean: cuts % 2 === 0 } });
    world.link.fragmentBytes = 1;
    world.link.writeSpaceBytes = 1;
    world.enqueue(3);
    world.connection.start();
    for (let step = 0; step < cuts; step++) world.scheduler.step();
    isDone = world.queued === 0;
    world.link.cut();
    world.runUntilDelivered();
    expectDelivered(world, 3);
  }
  expect(cuts).toBeGreaterThan(150);
});
