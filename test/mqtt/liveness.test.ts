/** Keep-alive, and peers that are dead without saying so. */
import { World } from './world.js';

it('[MQTT-3.1.2-23] [MQTT-3.12.4-1] keeps an idle connection up with a ping in every interval', () => {
  const world = new World({ latencyMilliseconds: 100, connection: { keepAliveSeconds: 60 } });
  world.connect();
  world.run(3_600_000);
  expect(world.connection.state).toBe('connected');
  expect(world.broker.keepAliveExpiries).toEqual([]);
  const { receivedPackets, sentPackets } = world.connection.statistics;
  expect(sentPackets - 1).toBe(Math.floor(3600 / 54));
  expect(receivedPackets).toBe(sentPackets);
});

it('does not ping while acknowledgements prove that the peer is alive', () => {
  const world = new World({ connection: { keepAliveSeconds: 60 } });
  world.connect();
  for (let count = 0; count < 60; count++) {
    world.enqueue(1);
    world.run(50_000);
  }
  expect(world.connection.statistics.sentPackets).toBe(1 + 60);
});

it('does not ping with keep-alive off', () => {
  const world = new World({ connection: { keepAliveSeconds: 0 } });
  world.connect();
  world.link.vanish();
  world.run(86_400_000);
  expect(world.connection.state).toBe('connected');
  expect(world.connection.statistics.sentPackets).toBe(1);
});

/** Milliseconds until the client notices that the peer is dead, while it does `work` every second. */
function detection(
  kill: (world: World) => void,
  work: (world: World) => void,
): { milliseconds: number; cause: string } {
  const world = new World({ latencyMilliseconds: 20, connection: { keepAliveSeconds: 60 } });
  world.connect();
  world.run(5000);
  kill(world);
  const start = world.scheduler.now;
  while (world.causes.length === 0 && world.scheduler.now - start < 600_000) {
    work(world);
    world.run(1000);
  }
  return { milliseconds: world.scheduler.now - start, cause: world.causes[0]?.message ?? 'none' };
}

const vanish = (world: World) => world.link.vanish();
const stall = (world: World) => {
  world.link.stalled = true;
};
const fallSilent = (world: World) => {
  world.broker.silent = true;
};
const DEAD = 'the peer is dead: it is silent, and no PINGRESP came';

describe.each([
  ['packets vanish', vanish],
  ['the link stalls', stall],
  ['the broker is half dead', fallSilent],
])('%s', (_, kill) => {
  it('is noticed when idle, within interval and response time', () => {
    const { cause, milliseconds } = detection(kill, () => {});
    expect(cause).toBe(DEAD);
    expect(milliseconds).toBeLessThanOrEqual(65_000);
  });

  it('is noticed as quickly when publishing QoS 0 all the time', () => {
    const { cause, milliseconds } = detection(kill, (world) => world.publish('state', 'x'.repeat(40)));
    expect(cause).toBe(DEAD);
    expect(milliseconds).toBeLessThanOrEqual(65_000);
  });

  it('is noticed by the missing acknowledgement when publishing QoS 1', () => {
    const { cause, milliseconds } = detection(kill, (world) => world.enqueue(1));
    expect(cause).toBe('no PUBACK within 30000 ms');
    expect(milliseconds).toBeLessThanOrEqual(31_000);
  });
});

it('takes a slow link for what it is: bytes that come in are a sign of life', () => {
  const world = new World({ connection: { keepAliveSeconds: 10 } });
  world.connect();
  expect(world.connection.subscribe([{ filter: 'big', qos: 0 }], () => {})).toBe(true);
  world.run(1000);
  // A minute and a half of messages, one a second: the answers to pings wait behind them.
  world.link.bandwidthBytesPerSecond = 1000;
  for (let count = 0; count < 90; count++) world.broker.publish('big', new Uint8Array(990));
  world.run(80_000);
  const { receivedPackets } = world.connection.statistics;
  expect(receivedPackets - world.messages.length).toBe(2);
  world.run(40_000);
  expect(world.causes).toEqual([]);
  expect(world.messages).toHaveLength(90);
});

it('survives a stall that is shorter than the timeouts, without a loss or a reconnect', () => {
  const world = new World({ latencyMilliseconds: 20 });
  world.connect();
  world.enqueue(100);
  world.run(30);
  world.link.stalled = true;
  world.run(25_000);
  world.link.stalled = false;
  world.runUntilDelivered();
  expect(world.causes).toEqual([]);
  expect(world.broker.violations).toEqual([]);
});
