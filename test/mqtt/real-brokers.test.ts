/** The client against brokers that other people wrote, over real sockets and in real time. */
import { HostClock, hostRandom, TCP } from '../../hal/host/host.js';
import { Client, type ClientOptions, text } from '../../src/mqtt/client.js';
import { isMosquittoPresent, type RealBroker, startAedes, startMosquitto } from './real-brokers.js';

let broker: RealBroker | undefined;
let clients: Client[] = [];

afterEach(async () => {
  for (const client of clients) client.stop();
  clients = [];
  await broker?.kill();
  broker = undefined;
});

function newClient(clientId: string, options: Partial<ClientOptions> = {}): Client {
  const client = new Client({
    clock: new HostClock(),
    random: hostRandom,
    Stream: TCP,
    host: '127.0.0.1',
    port: broker?.port ?? 0,
    clientId,
    backoffBaseMilliseconds: 20,
    ...options,
  });
  clients.push(client);
  return client;
}

/** Starts a client, and comes when it is connected. */
function connected(clientId: string, options: Partial<ClientOptions> = {}): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = newClient(clientId, { onConnect: () => resolve(client), onClose: reject, ...options });
    client.start();
  });
}

function subscribed(client: Client, filter: string, qos: 0 | 1, onMessage: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe(
      filter,
      qos,
      (topic, payload, message) => onMessage(`${topic} ${text(payload)}${message.retain ? ' retained' : ''}`),
      (error) => (error === undefined ? resolve() : reject(error)),
    );
  });
}

function acknowledged(client: Client, topic: string, payload: string, retain = false): Promise<void> {
  return new Promise((resolve) => client.publish(topic, payload, { qos: 1, retain }, resolve));
}

/** Calls itself done when `count` lines have come. */
class Lines {
  readonly lines: string[] = [];
  #wanted = Number.POSITIVE_INFINITY;
  #done: (() => void) | undefined;

  readonly add = (line: string): void => {
    this.lines.push(line);
    if (this.lines.length >= this.#wanted) this.#done?.();
  };

  come(count: number): Promise<string[]> {
    this.#wanted = count;
    return new Promise((resolve) => {
      this.#done = () => resolve(this.lines);
      if (this.lines.length >= count) resolve(this.lines);
    });
  }
}

function suite(start: () => Promise<RealBroker>, run: jest.It, suffix: string): void {
  run(`publishes and receives with QoS 0 and 1${suffix}`, async () => {
    broker = await start();
    const lines = new Lines();
    const reader = await connected('reader');
    await subscribed(reader, 'a/+/c', 1, lines.add);
    const writer = await connected('writer');
    await acknowledged(writer, 'a/b/c', 'eins');
    await acknowledged(writer, 'a/b', 'not wanted');
    writer.publish('a/ü/c', 'zwei €');
    expect(await lines.come(2)).toEqual(['a/b/c eins', 'a/ü/c zwei €']);
  });

  run(`10,000 messages arrive in order${suffix}`, async () => {
    broker = await start();
    const lines = new Lines();
    const reader = await connected('reader');
    await subscribed(reader, 'many', 0, lines.add);
    const writer = await connected('writer', { queueMax: 10_000 });
    for (let count = 0; count < 10_000; count++) writer.publish('many', String(count), { qos: 1 });
    const arrived = await lines.come(10_000);
    expect(arrived.every((line, index) => line === `many ${index}`)).toBe(true);
  });

  run(`retained messages and wills${suffix}`, async () => {
    broker = await start();
    const lines = new Lines();
    const will = { topic: 'status', payload: Uint8Array.from(Buffer.from('offline')), qos: 1, retain: true } as const;
    const writer = await connected('writer', { will });
    await acknowledged(writer, 'status', 'online', true);
    const reader = await connected('reader');
    await subscribed(reader, 'status', 1, lines.add);
    expect(await lines.come(1)).toEqual(['status online retained']);
    // The same client identifier again: the broker throws the first one out, which is no farewell.
    await connected('writer', { backoffBaseMilliseconds: 60_000 });
    expect(await lines.come(2)).toEqual(['status online retained', 'status offline']);
    writer.stop();
  });

  run(`a farewell discards the will${suffix}`, async () => {
    broker = await start();
    const lines = new Lines();
    const reader = await connected('reader');
    await subscribed(reader, '#', 1, lines.add);
    const will = { topic: 'status', payload: new Uint8Array(0), qos: 0, retain: false } as const;
    const writer = await connected('writer', { will });
    writer.stop();
    await acknowledged(await connected('other'), 'later', 'x');
    expect(await lines.come(1)).toEqual(['later x']);
  });

  run(`a persistent session keeps what comes in the meantime${suffix}`, async () => {
    broker = await start();
    const lines = new Lines();
    const first = await connected('reader', { clean: false });
    await subscribed(first, 'a', 1, lines.add);
    first.stop();
    await acknowledged(await connected('writer'), 'a', 'in the meantime');
    const second = newClient('reader', {
      clean: false,
      onMessage: (topic, payload) => lines.add(`${topic} ${text(payload)}`),
    });
    second.start();
    expect(await lines.come(1)).toEqual(['a in the meantime']);
  });

  run(`survives a crash of the broker with all messages, in order${suffix}`, async () => {
    broker = await start();
    const before = new Lines();
    await subscribed(await connected('before', { onClose: () => {} }), 'x', 1, before.add);
    const writer = await connected('writer', { queueMax: 2000, onClose: () => {} });
    const done = Array.from({ length: 2000 }, (_, count) => acknowledged(writer, 'x', String(count)));
    await before.come(200);
    await broker.kill();
    const arrivedBefore = new Set(before.lines);
    const after = new Lines();
    await broker.start();
    await subscribed(await connected('after'), 'x', 1, after.add);
    await Promise.all(done);
    expect(writer.queued).toBe(0);
    // Those that went between the restart and the subscription were acknowledged, too, but nobody listened.
    const numbers = after.lines.map((line) => Number(line.split(' ')[1]));
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(arrivedBefore.size).toBeGreaterThanOrEqual(200);
    expect(writer.statistics.connects).toBe(2);
  });

  run(`pings, and is answered${suffix}`, async () => {
    broker = await start();
    const client = await connected('idle', { keepAliveSeconds: 1 });
    const other = await connected('busy');
    // Round trips of another client until the idle one has been answered: CONNACK and PINGRESP.
    while (client.statistics.receivedPackets < 2) await acknowledged(other, 'time', 'passes');
    expect(client.statistics).toMatchObject({
      sentPackets: 2,
      receivedPackets: 2,
      sentBytes: 18 + 2,
      receivedBytes: 6,
    });
  });
}

describe('aedes', () => {
  suite(startAedes, it, '');
});

describe('mosquitto', () => {
  const run = isMosquittoPresent ? it : it.skip;
  suite(() => startMosquitto(), run as jest.It, ' (needs mosquitto)');

  run('names the refusal of an unknown client (needs mosquitto)', async () => {
    broker = await startMosquitto(['allow_anonymous false']);
    await expect(connected('nobody', { user: 'u', password: 'p' })).rejects.toThrow(
      'refused by CONNACK 5: not authorized',
    );
  });
});

it('names a broker that is not there', async () => {
  broker = await startAedes();
  await broker.kill();
  await expect(connected('early')).rejects.toThrow('connection refused');
  await broker.start();
});
