/** When the connection is tried, given up, and tried again. */
import type { Network } from '../../hal/contract.js';
import { ConnectionError } from '../../src/mqtt/cause.js';
import { World } from './world.js';

const most = () => 1 - 2 ** -32;
const kindOf = (world: World) => world.causes.map((cause) => (cause as ConnectionError).kind);

describe('causes', () => {
  it('names a refused stream', () => {
    const world = new World({ connection: { port: 1 } });
    world.connect();
    expect(world.causes[0]).toBeInstanceOf(ConnectionError);
    expect(world.causes[0]).toMatchObject({ kind: 'stream', message: 'connection refused' });
    expect(world.connection.statistics.lastCause).toBe(world.causes.at(-1));
  });

  it('names a connection that does not come about in time', () => {
    const world = new World({ connection: { connectTimeoutMilliseconds: 5000 } });
    world.link.stalled = true;
    world.connection.start();
    world.run(4999);
    expect(world.causes).toEqual([]);
    world.run(1);
    expect(world.causes[0]).toMatchObject({ kind: 'timeout', message: 'no connection within 5000 ms' });
  });

  it('names a CONNACK that does not come in time', () => {
    const world = new World();
    world.broker.silent = true;
    world.connection.start();
    world.run(10_000);
    expect(world.causes[0]).toMatchObject({ kind: 'timeout', message: 'no CONNACK within 10000 ms' });
  });

  it.each([
    [1, 'refused by CONNACK 1: unacceptable protocol version'],
    [2, 'refused by CONNACK 2: client identifier rejected'],
    [3, 'refused by CONNACK 3: server unavailable'],
    [4, 'refused by CONNACK 4: bad user name or password'],
    [5, 'refused by CONNACK 5: not authorized'],
  ])('tells CONNACK %i from the close that follows it', (code, message) => {
    const world = new World({ connection: { user: 'u', password: 'secret' } });
    world.broker.refuse(code);
    world.connect();
    expect(world.causes[0]).toMatchObject({ kind: 'refused', message });
    expect(world.events.join()).not.toContain('secret');
  });

  it('names the close by the peer', () => {
    const world = new World();
    world.connect();
    world.broker.kick('node-1');
    world.run(1);
    expect(world.causes[0]).toMatchObject({ kind: 'stream', message: 'closed by the peer' });
  });
});

describe('back-off', () => {
  it('grows while connecting fails, up to its maximum, and has jitter', () => {
    const world = new World({
      connection: { random: most, backoffBaseMilliseconds: 1000, backoffMaxMilliseconds: 30_000 },
    });
    world.broker.stop();
    world.connection.start();
    const waits: number[] = [];
    for (let failures = 1; failures <= 8; failures++) {
      while (world.causes.length < failures) world.scheduler.step();
      waits.push((world.connection.retryAtMilliseconds as number) - world.clock.milliseconds() + 1);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('grows though CONNACK accepts each time', () => {
    const world = new World({ connection: { random: most } });
    world.broker.kickAfterConnack = true;
    world.connection.start();
    world.run(3_600_000);
    // 1 + 2 + ... + 64 s, then 120 s each: about 36 in an hour, where a client that forgets would make 3600.
    expect(world.broker.connects.length).toBeLessThan(40);
    expect(world.connection.statistics.connects).toBe(world.broker.connects.length);
  });

  it('starts anew after a connection that was stable, and only then', () => {
    const waitAfter = (upMilliseconds: number): number => {
      const world = new World({ connection: { random: most, stableMilliseconds: 60_000 } });
      world.broker.stop();
      world.connection.start();
      world.run(10_000);
      world.broker.start();
      while (world.connection.state !== 'connected') world.run(1);
      world.run(upMilliseconds);
      world.broker.kick('node-1');
      world.run(1);
      return (world.connection.retryAtMilliseconds as number) - world.clock.milliseconds();
    };
    expect(waitAfter(60_000)).toBeLessThanOrEqual(1000);
    expect(waitAfter(59_000)).toBeGreaterThan(15_000);
  });

  it('spreads the reconnects of a fleet', () => {
    const attempts = Array.from({ length: 50 }, (_, index) => {
      const world = new World({ seed: index + 1, connection: { backoffBaseMilliseconds: 10_000 } });
      world.connect();
      world.broker.restart({ loseSessions: false });
      world.run(1);
      return (world.connection.retryAtMilliseconds as number) - world.clock.milliseconds();
    });
    for (const quarter of [0, 2500, 5000, 7500]) {
      const count = attempts.filter((wait) => wait >= quarter && wait < quarter + 2500).length;
      expect(count).toBeGreaterThan(4);
      expect(count).toBeLessThan(25);
    }
  });
});

describe('the network below', () => {
  it('is not tried while it is down', () => {
    const world = new World();
    world.link.setConnected(false);
    world.connection.start();
    world.run(3_600_000);
    expect(world.causes).toEqual([]);
    expect(world.connection.state).toBe('waiting');
    expect(world.connection.retryAtMilliseconds).toBeUndefined();
    expect(world.scheduler.pending).toBe(0);
  });

  it('is used at once when it comes up, whatever the back-off says', () => {
    const world = new World({ connection: { random: most } });
    world.broker.stop();
    world.connection.start();
    while (world.causes.length < 6) world.run(100);
    expect(world.connection.retryAtMilliseconds as number).toBeGreaterThan(world.clock.milliseconds() + 20_000);
    world.link.setConnected(false);
    world.broker.start();
    world.run(1000);
    expect(world.connection.state).toBe('waiting');
    world.link.setConnected(true);
    world.run(1);
    expect(world.connection.state).toBe('connected');
  });

  it('ends the connection when it goes, and brings it back when it comes', () => {
    const world = new World();
    world.connect();
    world.link.setConnected(false);
    world.run(60_000);
    expect(world.causes.map(({ message }) => message)).toEqual(['the network is down']);
    world.link.setConnected(true);
    world.run(1);
    expect(world.connection.state).toBe('connected');
  });

  it('that was down for a moment, which the connection survived, does not excuse a failure later', () => {
    let connected = true;
    let onChanged = () => {};
    const network: Network = {
      get connected() {
        return connected;
      },
      watch(changed) {
        onChanged = changed;
      },
    };
    const world = new World({ connection: { network, random: most } });
    world.connect();
    for (const isUp of [false, true]) {
      connected = isUp;
      onChanged();
      world.run(10);
    }
    world.broker.kick('node-1');
    world.run(10);
    expect(world.connection.state).toBe('waiting');
    world.run(1000);
    expect(world.connection.state).toBe('connected');
    // Down when the connection fails, though not the reason: coming up ends the waiting.
    connected = false;
    onChanged();
    world.run(10);
    world.broker.kick('node-1');
    world.run(10);
    connected = true;
    onChanged();
    world.run(10);
    expect(world.connection.state).toBe('connected');
  });

  it('does not excuse a broker that fails later from the back-off', () => {
    const world = new World({ connection: { random: most } });
    world.link.setConnected(false);
    world.connection.start();
    world.run(1000);
    world.link.setConnected(true);
    world.run(120_000);
    world.broker.stop();
    world.run(1);
    expect(world.connection.state).toBe('waiting');
    world.run(600_000);
    expect(world.causes.length).toBeLessThan(15);
  });
});

describe('stop', () => {
  it('[MQTT-3.14.4-1] [MQTT-3.14.4-2] sends DISCONNECT as the last packet, so that the will is not published', () => {
    const will = { topic: 'status', payload: Uint8Array.of(1), qos: 1, retain: true } as const;
    const world = new World({ connection: { will } });
    world.connect();
    world.enqueue(2);
    world.connection.stop();
    world.run(1000);
    expect(world.broker.disconnects).toEqual(['node-1']);
    expect(world.receivedPayloads).toEqual(['1', '2']);
    expect(world.broker.retained('status')).toBeUndefined();
    expect(world.broker.connectedClients).toEqual([]);
    expect(world.broker.violations).toEqual([]);
    expect(world.events).toEqual(['connected 1']);
    expect(world.connection.state).toBe('stopped');
  });

  it('leaves nothing behind that would still run', () => {
    for (const milliseconds of [0, 15, 25, 1000]) {
      const world = new World({ latencyMilliseconds: 10 });
      world.connection.start();
      world.run(milliseconds);
      world.connection.stop();
      world.run(100);
      expect(world.scheduler.pending).toBe(0);
      world.connection.stop();
    }
  });

  it('can be followed by a start, and unacknowledged messages are sent again', () => {
    const world = new World();
    world.broker.dropPubacks(1);
    world.connect();
    world.enqueue(1);
    world.run(10);
    world.connection.stop();
    world.connection.start();
    world.runUntilDelivered();
    expect(world.receivedPayloads).toEqual(['1', '1 dup']);
    expect(world.broker.violations).toEqual([]);
  });

  it('and a start may come from a callback', () => {
    const world: World = new World({
      connection: {
        onMessage: () => {
          world.connection.stop();
          world.connection.start();
        },
      },
    });
    world.connect();
    world.broker.sendRaw('node-1', Uint8Array.of(0x32, 5, 0, 1, 0x61, 0, 1, 0x32, 5, 0, 1, 0x61, 0, 2));
    world.run(10);
    expect(world.events).toEqual(['connected 1', 'connected 2']);
    expect(world.broker.disconnects).toEqual(['node-1']);
    expect(world.broker.violations).toEqual([]);
  });

  it('may come from any callback', () => {
    for (const callback of ['onConnected', 'onAcknowledged', 'onMessage', 'onReady', 'onDisconnected']) {
      let calls = 0;
      const world: World = new World({
        connection: {
          [callback]: () => {
            calls++;
            world.connection.stop();
          },
        },
      });
      world.connect();
      world.publish('loop', 'x');
      world.enqueue(1);
      world.broker.sendRaw('node-1', Uint8Array.of(0x30, 3, 0, 1, 0x61, 0x30, 3, 0, 1, 0x61));
      world.run(1000);
      world.broker.kick('node-1');
      world.run(100_000);
      expect([callback, calls, world.connection.state]).toEqual([callback, 1, 'stopped']);
    }
  });
});

describe('an error thrown by a callback', () => {
  it.each(['onConnected', 'onAcknowledged', 'onReady'])('in %s closes the connection with it', (callback) => {
    const error = new Error('of the program');
    const world = new World({
      connection: {
        [callback]: () => {
          throw error;
        },
      },
    });
    world.connection.start();
    world.run(1);
    // Only for onAcknowledged is the connection still up here.
    if (world.causes.length === 0)
      world.connection.publish({ topic: 't', payload: Uint8Array.of(), qos: 1, retain: false }, 1);
    world.run(1);
    expect(world.causes[0]).toBe(error);
  });
});

describe('the will', () => {
  it('is asked for at every connect, with the number that onConnected tells', () => {
    const asked: number[] = [];
    const world = new World({
      connection: {
        will: (session) => {
          asked.push(session);
          return { topic: 'status', payload: Uint8Array.of(session), qos: 1, retain: true };
        },
      },
    });
    world.connect();
    world.link.cut();
    world.run(1);
    expect(world.broker.retained('status')).toEqual(Uint8Array.of(1));
    world.run(10_000);
    world.link.vanish();
    world.run(200_000);
    expect(world.broker.retained('status')).toEqual(Uint8Array.of(2));
    expect(asked).toEqual([1, 2, 3]);
    expect(world.events.filter((event) => event.startsWith('connected'))).toEqual([
      'connected 1',
      'connected 2',
      'connected 3',
    ]);
  });

  it('counts attempts that were not accepted, so that a will which is on its way never shares a number with a birth', () => {
    const world = new World();
    world.broker.refuse(3);
    world.connect();
    world.broker.refuse(0);
    world.run(100_000);
    expect(world.events.at(-1)).toBe(`connected ${world.broker.connects.length}`);
    expect(world.broker.connects.length).toBeGreaterThan(1);
  });

  it('that cannot be sent is the cause of the failure', () => {
    const world = new World({
      connection: { will: () => ({ topic: 'a/#', payload: Uint8Array.of(), qos: 0, retain: false }) },
    });
    world.connect();
    expect(world.causes[0]?.message).toContain('MQTT-3.3.2-2');
  });
});

it('tells kinds of causes apart', () => {
  const world = new World();
  world.connect();
  world.link.cut();
  world.run(1);
  world.broker.refuse(5);
  world.run(10_000);
  expect(kindOf(world).slice(0, 2)).toEqual(['stream', 'refused']);
});
