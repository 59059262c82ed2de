import { Scheduler, SimClock, type SimLink, SimNetwork, seededRandom } from '../../hal/sim/sim.js';
import { CheckingBroker } from '../../sim/world/broker.js';
import { Client, type ClientOptions, text } from '../../src/mqtt/client.js';
import { REQUESTS_MAX } from '../../src/mqtt/session.js';

interface Setup {
  readonly scheduler: Scheduler;
  readonly link: SimLink;
  readonly broker: CheckingBroker;
  readonly client: Client;
  readonly events: string[];
}

function setUp(options: Partial<ClientOptions> = {}): Setup {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  const broker = new CheckingBroker({ network });
  const link = network.link();
  const events: string[] = [];
  const client = new Client({
    clock: new SimClock(scheduler),
    random: seededRandom(2),
    Stream: link.TCP,
    host: 'broker',
    port: 1883,
    clientId: 'c',
    onConnect: ({ session }) => events.push(`connected ${session}`),
    onClose: (cause) => events.push(`closed: ${cause.message}`),
    ...options,
  });
  return { scheduler, link, broker, client, events };
}

it('connects, subscribes, publishes, and gets what it published', () => {
  const { broker, client, events, scheduler } = setUp();
  client.subscribe('example/#', 1, (topic, payload) => events.push(`${topic}: ${text(payload)}`));
  client.start();
  scheduler.runFor(10);
  client.publish('example/count', 'drei: €', { qos: 1 }, () => events.push('acknowledged'));
  scheduler.runFor(10);
  expect(events).toEqual(['connected 1', 'example/count: drei: €', 'acknowledged']);
  expect(broker.violations).toEqual([]);
  expect(client.queued).toBe(0);
});

describe('the queue', () => {
  it('keeps QoS 1 messages while there is no connection, in order', () => {
    const { broker, client, scheduler } = setUp();
    for (const payload of ['1', '2', '3']) client.publish('t', payload, { qos: 1 });
    expect(client.queued).toBe(3);
    client.start();
    scheduler.runFor(1000);
    expect(broker.received.map(({ payload }) => text(payload))).toEqual(['1', '2', '3']);
    expect(client.queued).toBe(0);
  });

  it('sends again after a reconnect what was not acknowledged, with DUP, before what is new', () => {
    const { broker, client, link, scheduler } = setUp({ windowMax: 2 });
    const acknowledged: string[] = [];
    broker.dropPubacks(2);
    client.start();
    scheduler.runFor(10);
    for (const payload of ['1', '2', '3']) {
      client.publish('t', payload, { qos: 1 }, () => acknowledged.push(payload));
    }
    scheduler.runFor(10);
    link.cut();
    scheduler.runFor(10_000);
    expect(broker.received.map(({ dup, payload }) => `${text(payload)}${dup ? ' dup' : ''}`)).toEqual([
      '1',
      '2',
      '1 dup',
      '2 dup',
      '3',
    ]);
    expect(acknowledged).toEqual(['1', '2', '3']);
    expect(broker.violations).toEqual([]);
  });

  it('is bounded, and says so', () => {
    const { client } = setUp({ queueMax: 2 });
    client.publish('t', '1', { qos: 1 });
    client.publish('t', '2', { qos: 1 });
    expect(() => client.publish('t', '3', { qos: 1 })).toThrow(
      'the queue is full: 2 messages wait for their acknowledgement',
    );
    expect(() => setUp({ queueMax: 0 })).toThrow('queueMax is 0');
  });

  it('keeps a copy of the payload', () => {
    const { broker, client, scheduler } = setUp();
    const payload = Uint8Array.of(1, 2);
    client.publish('t', payload, { qos: 1 });
    payload.fill(9);
    client.start();
    scheduler.runFor(10);
    expect(broker.received[0]?.payload).toEqual(Uint8Array.of(1, 2));
  });

  it('takes nothing that can never be sent, connected or not', () => {
    const { client } = setUp({ transmitBytesMax: 100 });
    expect(() => client.publish('a/+', '', { qos: 1 })).toThrow('MQTT-3.3.2-2');
    expect(() => client.publish('a', new Uint8Array(100), { qos: 1 })).toThrow('can never be sent');
    expect(() => client.subscribe('a#', 1, () => {})).toThrow('MQTT-4.7.1-2');
    expect(client.queued).toBe(0);
  });

  it('is not for QoS 0, which goes now or never', () => {
    const { broker, client, scheduler } = setUp();
    expect(client.publish('t', 'lost')).toBe(false);
    client.start();
    scheduler.runFor(10);
    expect(client.publish('t', 'sent', { retain: true })).toBe(true);
    scheduler.runFor(10);
    expect(broker.received.map(({ payload }) => text(payload))).toEqual(['sent']);
    expect(text(broker.retained('t') as Uint8Array)).toBe('sent');
  });
});

describe('subscriptions', () => {
  it('are made again after a reconnect without session', () => {
    const { broker, client, events, link, scheduler } = setUp();
    client.start();
    scheduler.runFor(10);
    client.subscribe('a', 1, (_, payload) => events.push(text(payload)));
    scheduler.runFor(10);
    link.cut();
    scheduler.runFor(10_000);
    broker.publish('a', Uint8Array.of(0x78), { qos: 1 });
    scheduler.runFor(10);
    expect(events.at(-1)).toBe('x');
    expect(broker.violations).toEqual([]);
  });

  it('are not made again when the broker kept the session', () => {
    const { broker, client, link, scheduler } = setUp({ clean: false });
    client.subscribe('a', 1, () => {});
    client.start();
    scheduler.runFor(10);
    link.cut();
    scheduler.runFor(10_000);
    expect(client.statistics).toMatchObject({ connects: 2, sentPackets: 3 });
    expect(broker.session('c')?.filters).toEqual(['a']);
  });

  it('of any number are made, though only some requests may wait at the same time', () => {
    const { broker, client, scheduler } = setUp();
    for (let count = 0; count < 30; count++) client.subscribe(`a/${count}`, 1, () => {});
    client.start();
    scheduler.runFor(1000);
    expect(broker.session('c')?.filters).toHaveLength(30);
  });

  it('that overlap get each message once each', () => {
    const { broker, client, events, scheduler } = setUp();
    client.subscribe('a/#', 1, (topic) => events.push(`one ${topic}`));
    client.subscribe('a/+', 0, (topic) => events.push(`two ${topic}`));
    client.start();
    scheduler.runFor(10);
    broker.publish('a/b', Uint8Array.of());
    broker.publish('a/b/c', Uint8Array.of());
    scheduler.runFor(10);
    expect(events.slice(1)).toEqual(['one a/b', 'two a/b', 'one a/b/c']);
  });

  it('are told when the broker refuses them', () => {
    const { broker, client, events, scheduler } = setUp();
    broker.refuseSubscriptions = true;
    client.subscribe(
      'a',
      1,
      () => {},
      (error) => events.push(error?.message ?? 'subscribed'),
    );
    client.start();
    scheduler.runFor(10);
    broker.refuseSubscriptions = false;
    client.subscribe(
      'b',
      1,
      () => {},
      (error) => events.push(error?.message ?? 'subscribed'),
    );
    scheduler.runFor(10);
    expect(events).toEqual(['connected 1', 'the broker refused the subscription to a', 'subscribed']);
  });

  it('whose request was lost with the connection are asked for, or given up, again', () => {
    const { broker, client, link, scheduler } = setUp({ clean: false });
    client.subscribe('old', 1, () => {});
    client.start();
    scheduler.runFor(10);
    link.latencyMilliseconds = 50;
    client.subscribe('new', 1, () => {});
    client.unsubscribe('old');
    scheduler.runFor(20);
    link.cut();
    scheduler.runFor(60);
    expect(broker.session('c')?.filters).toEqual(['old']);
    scheduler.runFor(10_000);
    expect(broker.session('c')?.filters).toEqual(['new']);
    expect(broker.violations).toEqual([]);
  });

  it('that are given up and wanted again at once stay', () => {
    const { broker, client, scheduler } = setUp();
    client.start();
    scheduler.runFor(10);
    client.subscribe('x', 1, () => {});
    scheduler.runFor(10);
    // As many requests as may wait: giving up x has to, and by then it is wanted again.
    const wantAgain = () => client.subscribe('x', 1, () => {});
    for (let count = 0; count < REQUESTS_MAX; count++) client.subscribe(`a/${count}`, 1, () => {}, wantAgain);
    client.unsubscribe('x');
    scheduler.runFor(1000);
    expect(broker.session('c')?.filters).toContain('x');
  });

  it('end with unsubscribe, also when the link was down at that time', () => {
    const { broker, client, events, link, scheduler } = setUp({ clean: false });
    client.subscribe('a', 1, (topic) => events.push(topic));
    client.subscribe('b', 1, (topic) => events.push(topic));
    client.start();
    scheduler.runFor(10);
    client.unsubscribe('a');
    scheduler.runFor(10);
    expect(broker.session('c')?.filters).toEqual(['b']);
    link.setConnected(false);
    scheduler.runFor(10);
    client.unsubscribe('b');
    client.unsubscribe('never');
    link.setConnected(true);
    scheduler.runFor(10_000);
    expect(broker.session('c')?.filters).toEqual([]);
  });
});

it('gives messages of a session of old to onMessage', () => {
  const messages: string[] = [];
  const first = setUp({ clean: false });
  first.client.subscribe('a', 1, () => {});
  first.client.start();
  first.scheduler.runFor(10);
  first.client.stop();
  first.scheduler.runFor(10);
  first.broker.publish('a', Uint8Array.of(0x31), { qos: 1 });
  // The same client identifier after a restart of the program, which has not subscribed yet.
  const second = new Client({
    clock: new SimClock(first.scheduler),
    random: seededRandom(3),
    Stream: first.link.TCP,
    host: 'broker',
    port: 1883,
    clientId: 'c',
    clean: false,
    onMessage: (topic, payload) => messages.push(`${topic} ${text(payload)}`),
  });
  second.start();
  first.scheduler.runFor(10);
  expect(messages).toEqual(['a 1']);
  expect(second.state).toBe('connected');
});
