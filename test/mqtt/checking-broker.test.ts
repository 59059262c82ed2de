/** The checking broker must notice what it is there to notice: a client that is a list of packets. */
import { generate, type Packet, parser } from 'mqtt-packet';
import type { Stream } from '../../hal/contract.js';
import { Scheduler, SimNetwork, seededRandom } from '../../hal/sim/sim.js';
import { CheckingBroker } from '../../sim/world/broker.js';

const CONNECT = {
  cmd: 'connect',
  clientId: 'c',
  clean: true,
  keepalive: 60,
  protocolId: 'MQTT',
  protocolVersion: 4,
} as const;
const KEEP_SESSION = { ...CONNECT, clean: false };
const WILL = { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: true } as const;

function publish(packetId: number, payload: string, dup = false): Packet {
  return { cmd: 'publish', topic: 't', payload: Buffer.from(payload), qos: 1, dup, retain: false, messageId: packetId };
}

class Wire {
  readonly scheduler = new Scheduler();
  readonly broker: CheckingBroker;
  readonly answers: Packet[] = [];
  closed: string | undefined;
  readonly #network = new SimNetwork({ scheduler: this.scheduler, random: seededRandom(1) });
  readonly #link = this.#network.link();
  #stream: Stream | undefined;

  constructor() {
    this.broker = new CheckingBroker({ network: this.#network });
  }

  /** Opens a connection and sends the packets. */
  connect(...packets: Packet[]): this {
    this.closed = undefined;
    this.answers.length = 0;
    const reader = parser({ protocolVersion: 4 });
    reader.on('packet', (packet) => this.answers.push(packet));
    const stream = new this.#link.TCP({
      host: 'broker',
      port: 1883,
      onReadable: (byteCount) => {
        const bytes = new Uint8Array(byteCount);
        stream.read(bytes);
        reader.parse(Buffer.from(bytes));
      },
      onWritable: () => {},
      onError: (reason) => {
        this.closed = reason;
      },
    });
    this.#stream = stream;
    this.scheduler.runFor(1);
    return this.send(...packets);
  }

  send(...packets: Packet[]): this {
    this.sendBytes(Buffer.concat(packets.map((packet) => generate(packet))));
    return this;
  }

  sendBytes(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#stream?.write(bytes);
    this.scheduler.runFor(1);
  }

  /** Ends the connection without a word. */
  drop(): this {
    this.#stream?.close();
    this.scheduler.runFor(1);
    return this;
  }

  get commands(): string[] {
    return this.answers.map(({ cmd }) => cmd);
  }
}

describe('violations', () => {
  it.each<[string, (wire: Wire) => unknown]>([
    ['MQTT-3.1.0-1', (wire) => wire.connect({ cmd: 'pingreq' })],
    ['MQTT-3.1.0-2', (wire) => wire.connect(CONNECT, CONNECT)],
    ['MQTT-3.1.2-2', (wire) => wire.connect({ ...CONNECT, protocolId: 'MQIsdp', protocolVersion: 3 })],
    ['MQTT-3.14.4-2', (wire) => wire.connect(CONNECT, { cmd: 'disconnect' }, { cmd: 'pingreq' })],
    ['MQTT-4.8.0-1', (wire) => wire.connect(CONNECT).sendBytes(Uint8Array.of(0xc1, 0))],
    ['MQTT-4.8.0-1', (wire) => wire.connect(CONNECT, { cmd: 'pubrel', messageId: 1 })],
    ['MQTT-4.8.0-1', (wire) => wire.connect(CONNECT, { ...publish(1, 'a'), qos: 2 } as Packet)],
    ['MQTT-2.3.1-1', (wire) => wire.connect(CONNECT).sendBytes(Uint8Array.of(0x32, 5, 0, 1, 0x74, 0, 0))],
    ['MQTT-3.3.1-2', (wire) => wire.connect(CONNECT).sendBytes(Uint8Array.of(0x38, 3, 0, 1, 0x74))],
    ['MQTT-3.3.2-2', (wire) => wire.connect(CONNECT).sendBytes(Uint8Array.of(0x30, 3, 0, 1, 0x23))],
    ['MQTT-4.7.3-1', (wire) => wire.connect(CONNECT).sendBytes(Uint8Array.of(0x30, 2, 0, 0))],
    ['MQTT-4.3.2-1', (wire) => wire.connect(CONNECT, publish(1, 'a', true))],
    ['MQTT-4.3.2-2', (wire) => wire.connect(CONNECT, { cmd: 'puback', messageId: 9 })],
    [
      'MQTT-2.3.1-2',
      (wire) => {
        wire.broker.dropPubacks(1);
        wire.connect(CONNECT, publish(1, 'a'), publish(1, 'b'));
      },
    ],
    ['MQTT-3.3.1-1', (wire) => wire.connect(CONNECT, publish(1, 'a')).drop().connect(CONNECT, publish(1, 'a'))],
    [
      'MQTT-2.3.1-3',
      (wire) =>
        wire
          .connect(KEEP_SESSION, publish(1, 'a'))
          .drop()
          .connect(KEEP_SESSION, publish(2, 'a', true)),
    ],
    [
      'MQTT-4.6.0-1',
      (wire) =>
        wire
          .connect(CONNECT, publish(1, 'a'), publish(2, 'b'))
          .drop()
          .connect(CONNECT, publish(2, 'b', true), publish(1, 'a', true)),
    ],
    [
      'MQTT-4.6.0-2',
      (wire) => {
        wire.connect(CONNECT, { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] });
        for (const payload of ['a', 'b']) wire.broker.publish('x', Buffer.from(payload), { qos: 1 });
        wire.send({ cmd: 'puback', messageId: 2 });
      },
    ],
  ])('[%s]', (statement, act) => {
    const wire = new Wire();
    act(wire);
    expect(wire.broker.violations.map((violation) => violation.split(' ')[0])).toEqual([`[${statement}]`]);
  });

  it('are not made of what is right', () => {
    const wire = new Wire();
    wire
      .connect(KEEP_SESSION, publish(1, 'a'), publish(2, 'b'), { cmd: 'pingreq' })
      .drop()
      .connect(KEEP_SESSION, publish(1, 'a', true), publish(3, 'c'))
      .send({ cmd: 'subscribe', messageId: 4, subscriptions: [{ topic: 'x', qos: 1 }] })
      .send({ cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['x'] }, { cmd: 'disconnect' });
    expect(wire.broker.violations).toEqual([]);
    expect(wire.commands).toEqual(['connack', 'puback', 'puback', 'suback', 'unsuback']);
  });

  it('are not made of what a client sent before it knew that it was thrown out', () => {
    const wire = new Wire();
    wire.broker.kickAfterConnack = true;
    wire.connect(CONNECT, publish(1, 'a'));
    expect(wire.broker.violations).toEqual([]);
    expect(wire.closed).toBe('closed by the peer');
  });
});

describe('the broker', () => {
  it('[MQTT-3.1.2-24] cuts off a client that is silent for one and a half times its keep-alive', () => {
    const wire = new Wire().connect(CONNECT);
    wire.scheduler.runFor(89_990);
    expect(wire.closed).toBeUndefined();
    wire.scheduler.runFor(20);
    expect(wire.closed).toBe('closed by the peer');
    expect(wire.broker.keepAliveExpiries).toHaveLength(1);
  });

  it('[MQTT-3.1.2-8] [MQTT-3.1.2-17] publishes the will of a client that is gone, retained if it was said so', () => {
    const wire = new Wire().connect({ ...CONNECT, will: WILL }).drop();
    expect(Buffer.from(wire.broker.retained('will') as Uint8Array).toString()).toBe('gone');
  });

  it('[MQTT-3.14.4-3] discards the will of a client that takes leave', () => {
    const wire = new Wire().connect({ ...CONNECT, will: WILL }, { cmd: 'disconnect' }).drop();
    expect(wire.broker.retained('will')).toBeUndefined();
  });

  it('[MQTT-3.1.4-2] disconnects the client that had the identifier before', () => {
    const wire = new Wire().connect({ ...CONNECT, will: WILL }).connect(CONNECT);
    expect(wire.broker.connectedClients).toEqual(['c']);
    expect(wire.broker.retained('will')).toBeDefined();
  });

  it('[MQTT-3.1.3-8] refuses an empty client identifier without a clean session', () => {
    const wire = new Wire().connect();
    wire.sendBytes(Uint8Array.of(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 60, 0, 0));
    expect(wire.answers).toMatchObject([{ cmd: 'connack', returnCode: 2 }]);
    expect(wire.closed).toBe('closed by the peer');
  });

  it('[MQTT-3.1.2-5] [MQTT-4.4.0-1] keeps messages for a session, and sends them again with DUP until acknowledged', () => {
    const subscribe: Packet = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'x/+', qos: 1 }] };
    const wire = new Wire().connect(KEEP_SESSION, subscribe).drop();
    wire.broker.publish('x/a', Buffer.from('1'), { qos: 1 });
    wire.broker.publish('x/a', Buffer.from('0'));
    wire.connect(KEEP_SESSION).drop().connect(KEEP_SESSION);
    expect(wire.answers).toMatchObject([
      { cmd: 'connack', sessionPresent: true },
      { cmd: 'publish', dup: true, messageId: 1, payload: Buffer.from('1'), retain: false },
    ]);
    wire.send({ cmd: 'puback', messageId: 1 }).drop().connect(KEEP_SESSION);
    expect(wire.commands).toEqual(['connack']);
  });

  it('[MQTT-3.3.1-6] [MQTT-3.3.1-10] sends the retained message to a new subscriber, until it is deleted', () => {
    const subscribe: Packet = { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] };
    const wire = new Wire();
    wire.broker.publish('x', Buffer.from('1'), { retain: true, qos: 1 });
    wire.connect(CONNECT, subscribe);
    expect(wire.answers.at(-1)).toMatchObject({ cmd: 'publish', topic: 'x', qos: 0, retain: true });
    wire.broker.publish('x', Buffer.from(''), { retain: true });
    wire.drop().connect(CONNECT, subscribe);
    expect(wire.commands).toEqual(['connack', 'suback']);
  });

  it('forgets sessions and retained messages in a restart only if told so', () => {
    const wire = new Wire().connect(KEEP_SESSION);
    wire.broker.publish('x', Buffer.from('1'), { retain: true });
    wire.broker.restart({ loseSessions: false });
    wire.connect(KEEP_SESSION);
    expect(wire.answers).toMatchObject([{ sessionPresent: true }]);
    expect(wire.broker.retained('x')).toBeDefined();
    wire.broker.restart({ loseSessions: true });
    wire.connect(KEEP_SESSION);
    expect(wire.answers).toMatchObject([{ sessionPresent: false }]);
    expect(wire.broker.retained('x')).toBeUndefined();
  });

  it('drops as many acknowledgements as it is told', () => {
    const wire = new Wire();
    wire.broker.dropPubacks(2);
    wire.connect(CONNECT, publish(1, 'a'), publish(2, 'b'), publish(3, 'c'));
    expect(wire.answers.slice(1)).toMatchObject([{ cmd: 'puback', messageId: 3 }]);
    expect(wire.broker.inFlightMax('c')).toBe(3);
  });
});
