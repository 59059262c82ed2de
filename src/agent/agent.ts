/**
 * The device: wires sensors, outbox and connection, and shows the books.
 *
 *     sensor -> Sampler -> pack -> Outbox -> Publisher -> Connection -> broker
 *                                    ^                                     |
 *                                    +---- release(sequence) <---- PUBACK -+
 *
 * A reading is durable when `#store` returns, whatever the connection does; sampling never waits for the network. Each
 * boot gets a number, and, once the wall clock can be believed, an anchor record. Alarms take the same way over a log of their
 * own (events.ts), whose messages go first.
 */
import type { Hal, Sample, Sensor, Timer } from '../../hal/contract.js';
import { openArchive } from '../archive/archive.js';
import type { Log, LogRecord } from '../archive/log.js';
import { Connection } from '../mqtt/connection.js';
import { type Message, textPayload } from '../mqtt/packet.js';
import { openOutbox } from '../outbox/outbox.js';
import { Anchors, isBelievable } from '../reading/anchor.js';
import { type Channel, ChannelTables, type SensorTable } from '../reading/channel.js';
import { packReading, type Reading, readingBytesMax, type StoredReading } from '../reading/reading.js';
import { Sampler, type SamplerOptions, type SensorStatistics } from '../sampling/sampler.js';
import { nextBoot } from './boot-number.js';
import { BrokerOptions } from './broker.js';
import { Composer, type ComposerOptions } from './composer.js';
import type { Configuration, SensorConfiguration } from './configuration.js';
import { Events, hasAlarms } from './events.js';
import { formatIfAsked } from './format.js';
import { Latest } from './latest.js';
import { Feed, Publisher } from './publisher.js';
import { SYSTEM_STREAM } from './schema.js';
import { type Accounts, Status } from './status.js';
import { stateOf } from './telemetry.js';
import { payloadBytesOf } from './transmit.js';
import { wrong } from './validate.js';

/** Largest payload of the outbox, in bytes: what its format allows. Wider readings are stored in parts. */
const PAYLOAD_BYTES_MAX = 255;

/** Of its period after which a state message may follow the last: timers are never early, and a little late. */
const STATE_TOLERANCE = 0.9;

/** Time between two looks at the clock and at what waits. */
const BEAT_MILLISECONDS_MAX = 10_000;

/** The program's drivers by name: each gives a sensor, configured. `options` come from the configuration. */
export interface Drivers {
  readonly [name: string]: (options: object) => Sensor;
}

export interface AgentOptions {
  readonly hal: Hal;
  readonly configuration: Configuration;
  readonly drivers: Drivers;
  /** One sentence for each thing that a person might want to know. */
  onEvent?(event: string): void;
}

export interface ConnectionSnapshot {
  readonly state: 'stopped' | 'waiting' | 'connecting' | 'online';
  /** Until the next attempt, while `waiting`. */
  readonly retryInMilliseconds?: number | undefined;
  /** Why the last connection ended. */
  readonly cause?: string | undefined;
  /** Connections the broker accepted since boot. */
  readonly sessions: number;
  readonly inFlight: number;
}

export interface AgentSnapshot extends Accounts {
  readonly device: string;
  readonly boot: number;
  readonly connection: ConnectionSnapshot;
  /** The latest values of the channels that have one. */
  readonly values: readonly { readonly channel: string; readonly value: number }[];
  /** Of the sensors that gave no value the last time: why. */
  readonly faults: readonly { readonly sensor: string; readonly reason: string }[];
  readonly sensors: readonly SensorStatistics[];
}

export class Agent {
  /**
   * What sampler and connection call; in here, since it calls what is private. Methods of one object, since a closure for each
   * would take seven times the RAM. They return what they call, which leaves no frame of theirs on the stack below.
   */
  private static readonly Wires = class extends BrokerOptions implements SamplerOptions {
    readonly #agent: Agent;

    constructor(agent: Agent) {
      super(agent.#hal, agent.#configuration);
      this.#agent = agent;
    }

    get sensors(): readonly SensorConfiguration[] {
      return this.#agent.#configuration.sensors;
    }

    create(i: number): Sensor {
      return this.#agent.create(i);
    }

    onSample(i: number, sample: Sample, milliseconds: number) {
      return this.#agent.sampled(i, sample, milliseconds);
    }

    onFault(i: number, reason: string, milliseconds: number) {
      return this.#agent.failed(i, reason, milliseconds);
    }

    will(session: number): Message {
      return this.#agent.#status.will(session);
    }

    onConnected({ session }: { session: number }) {
      return this.#agent.connected(session);
    }

    onDisconnected(cause: Error): void {
      this.#agent.#onEvent(`disconnected: ${cause.message}`);
    }

    onAcknowledged(token: number) {
      return this.#agent.acknowledged(token);
    }

    onReady() {
      return this.#agent.ready();
    }
  };

  readonly #hal: Hal;
  readonly #configuration: Configuration;
  readonly #drivers: Drivers;
  readonly #onEvent: (event: string) => void;
  readonly #boot: number;
  readonly #outbox: Log;
  readonly #anchors: Anchors;
  /** Only where a channel has an alarm. */
  readonly #events: Events | undefined;
  readonly #publisher: Publisher;
  /** Of the log of readings. */
  readonly #composer: Composer;
  readonly #status: Status;
  readonly #connection: Connection;
  readonly #sampler: Sampler;
  readonly #record: Uint8Array;
  readonly #latest: Latest;
  /** By sensor. */
  readonly #tables: SensorTable[] = [];
  /** By sensor: why it gave no value the last time. */
  readonly #faults: (string | undefined)[];
  #session = 0;
  #delivers = false;
  /** Since this connection began there were values that no state message has told of. */
  #isStateNew = false;
  #stateDueMilliseconds = 0;
  #statusDueMilliseconds = 0;
  #heartbeat: Timer | undefined;

  /**
   * Counts the boot and opens the log, after formatting it when the settings ask for that; writes no reading yet. Throws a
   * ConfigurationError when a driver is unknown, and an OutboxError when the partition holds no log and is not blank; an Error
   * when that is so for the one of events.
   */
  constructor({ hal, configuration, drivers, onEvent = ignored }: AgentOptions) {
    const { sensors } = configuration;
    this.#hal = hal;
    this.#configuration = configuration;
    this.#drivers = drivers;
    this.#onEvent = onEvent;
    requireDrivers(sensors, drivers);
    this.#latest = new Latest(sensors);
    this.#faults = sensors.map(() => undefined);
    this.#record = new Uint8Array(readingBytesOf(sensors));
    formatIfAsked(hal, configuration.outbox);
    this.#outbox = openLog(hal, configuration);
    this.#events = hasAlarms(sensors) ? openEvents(hal, configuration, this.#onEvent) : undefined;
    this.#boot = nextBoot(hal.keyValue, this.#outbox, this.#events?.log);
    this.#anchors = new Anchors(hal.keyValue, this.#boot);
    this.#status = new Status({
      topic: configuration.topics.status,
      boot: this.#boot,
      clock: hal.clock,
      system: hal.system,
      log: this.#outbox,
      events: this.#events,
    });
    const feeds = this.feeds();
    this.#composer = (feeds[feeds.length - 1] as Feed).composer;
    this.#publisher = new Publisher(feeds);
    const wires = new Agent.Wires(this);
    this.#sampler = new Sampler(wires);
    this.#connection = new Connection(wires);
  }

  start(): void {
    const alarms = this.#events === undefined ? '' : ` and ${this.#events.log.statistics().queued} alarms`;
    this.#onEvent(`boot ${this.#boot}, ${this.#outbox.statistics().queued} readings${alarms} queued`);
    // In a turn of its own, since the stack is short; before a sample that falls due then: after it, the device would not be idle.
    this.#heartbeat = this.#hal.clock.setTimer(() => this.beat(), 0);
    this.#connection.start();
    this.#sampler.start();
  }

  /** Stops sampling, saves the acknowledged position, says goodbye to the broker. What is queued stays in flash. */
  stop(): void {
    this.#sampler.stop();
    if (this.#heartbeat !== undefined) this.#hal.clock.clearTimer(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#connection.publish(this.#status.stopped(this.#session));
    this.#connection.stop();
    this.flush();
  }

  snapshot(): AgentSnapshot {
    const { state, retryAtMilliseconds, statistics } = this.#connection;
    return {
      device: this.#configuration.device,
      boot: this.#boot,
      connection: {
        state: state === 'connected' ? 'online' : state,
        retryInMilliseconds: retryAtMilliseconds && Math.max(0, retryAtMilliseconds - this.#hal.clock.milliseconds()),
        cause: statistics.lastCause?.message,
        sessions: statistics.connects,
        inFlight: this.#publisher.inFlight,
      },
      ...this.#status.accounts(),
      values: this.#configuration.sensors.flatMap(({ channels }, i) =>
        channels.flatMap(({ name: channel }, c) => {
          const value = this.#latest.values(i)[c];
          return value === undefined ? [] : [{ channel, value }];
        }),
      ),
      faults: this.#configuration.sensors.flatMap(({ name: sensor }, i) => {
        const reason = this.#faults[i];
        return reason === undefined ? [] : [{ sensor, reason }];
      }),
      sensors: this.#sampler.statistics(),
    };
  }

  // What the constructor makes is made in functions: all that is open while it opens the logs takes room on the stack below.

  private feeds(): Feed[] {
    const { sensors, topics, publish } = this.#configuration;
    const tables = new ChannelTables(this.#hal.keyValue);
    for (const { name: sensor, channels } of sensors)
      this.#tables.push(tables.declare(this.#tables.length, this.#boot, { sensor, channels }));
    const { telemetry: topic, unresolved: unresolvedTopic, events } = topics;
    const feed = this.feed(this.#outbox, tables, { topic, unresolvedTopic, timeWaitSeconds: publish.timeWaitSeconds });
    if (this.#events === undefined) return [feed];
    // An alarm waits neither behind telemetry nor for the clock.
    return [this.feed(this.#events.log, tables, { topic: events, unresolvedTopic: events, timeWaitSeconds: 0 }), feed];
  }

  private feed(
    log: Log,
    tables: ChannelTables,
    own: Pick<ComposerOptions, 'topic' | 'unresolvedTopic' | 'timeWaitSeconds'>,
  ): Feed {
    const { readingsPerMessageMax, messageBytesMax } = this.#configuration.publish;
    const composer = new Composer({
      ...own,
      log,
      readings: this.#outbox,
      clock: this.#hal.clock,
      boot: this.#boot,
      anchors: this.#anchors,
      tables,
      readingsPerMessageMax,
      messageBytesMax,
      payloadBytesMax: payloadBytesOf(this.#configuration, own.topic),
    });
    return new Feed(log, composer);
  }

  /** Saves the acknowledged positions. */
  private flush(): void {
    this.#events?.log.flush();
    this.#outbox.flush();
  }

  private create(i: number): Sensor {
    const { driver, options } = this.#configuration.sensors[i] as SensorConfiguration;
    return (this.#drivers[driver] as (options: object) => Sensor)(options);
  }

  private sampled(i: number, sample: Sample, milliseconds: number): void {
    if (!this.#latest.take(i, sample)) {
      this.failed(i, `gave none of its channels`, milliseconds);
      return;
    }
    const boot = this.#boot;
    const values = this.#latest.values(i);
    this.#faults[i] = undefined;
    if (this.#events !== undefined) {
      this.learnTime();
      this.#events.check(i, values, { boot, milliseconds });
    }
    this.store(i, { kind: 'values', boot, milliseconds, values, table: this.#tables[i] as SensorTable });
    this.#isStateNew = true;
  }

  private failed(i: number, reason: string, milliseconds: number): void {
    const table = this.#tables[i] as SensorTable;
    this.#faults[i] = reason;
    this.#latest.forget(i);
    this.#onEvent(`sensor ${table.sensor}: ${reason}`);
    this.store(i, { kind: 'fault', boot: this.#boot, milliseconds, reason, table });
  }

  /** Puts a reading into flash. It is sent in a turn of the connection, with those that other sensors gave at the same time. */
  private store(stream: number, reading: StoredReading & { readonly table: SensorTable }): void {
    this.learnTime();
    const isConnected = this.#connection.announce();
    try {
      const record = this.append(stream, reading, reading.table.channels);
      if (isConnected && record !== undefined) this.#composer.offer(record, reading, this.#latest);
    } catch (error) {
      this.#status.refused();
      this.#onEvent(`a reading could not be stored: ${messageOf(error)}`);
    }
  }

  /** Gives the record, unless one was not enough. */
  private append(stream: number, reading: Reading, channels: readonly Channel[]): LogRecord | undefined {
    const byteLength = packReading(this.#record, reading, channels);
    if (byteLength > this.#outbox.payloadBytesMax && reading.kind === 'values') {
      const { values } = reading;
      const isThere = (value: number | undefined) => value !== undefined;
      const middle = (values.findIndex(isThere) + values.findLastIndex(isThere)) >> 1;
      this.append(stream, { ...reading, values: values.map((v, i) => (i <= middle ? v : undefined)) }, channels);
      this.append(stream, { ...reading, values: values.map((v, i) => (i > middle ? v : undefined)) }, channels);
      return undefined;
    }
    const payload = this.#record.subarray(0, byteLength);
    const sequence = this.#outbox.append(payload, stream);
    this.#status.stored();
    return { sequence, end: sequence + 1, stream, payload };
  }

  /** The first believable wall time of this boot becomes its anchor. */
  private learnTime(): void {
    if (this.#anchors.startOf(this.#boot) !== undefined) return;
    const unixMilliseconds = this.#hal.clock.wallMilliseconds();
    if (!isBelievable(unixMilliseconds)) return;
    const milliseconds = this.#hal.clock.milliseconds();
    try {
      this.append(SYSTEM_STREAM, { kind: 'anchor', boot: this.#boot, milliseconds, unixMilliseconds }, []);
      this.#anchors.learn(this.#boot, milliseconds, unixMilliseconds);
    } catch (error) {
      this.#onEvent(`the time could not be stored: ${messageOf(error)}`);
    }
  }

  private connected(session: number): void {
    this.#session = session;
    this.#isStateNew = false;
    this.#onEvent(`connected, session ${session}`);
    this.#connection.publish(this.#status.online(session));
    this.#statusDueMilliseconds = this.#hal.clock.milliseconds() + this.statusPeriodMilliseconds;
    // `onReady` follows in this turn, higher up on the stack, which is short on a device.
    this.#publisher.begin();
  }

  /** Once a reading has gone all the way, the firmware has done what it is for: an update on trial may stay. */
  private acknowledged(token: number): void {
    this.#publisher.acknowledged(token);
    if (this.#delivers) return;
    this.#delivers = true;
    this.#hal.system.markValid?.();
  }

  private ready(): void {
    if (this.#isStateNew) this.publishState(this.#hal.clock.milliseconds());
    this.#publisher.fill(this.#connection);
  }

  /** The latest values, at most once a period: lost when offline, since old values must not look new. */
  private publishState(milliseconds: number): void {
    if (milliseconds < this.#stateDueMilliseconds) {
      this.#isStateNew = false;
      return;
    }
    if (!this.#connection.publish(this.state(milliseconds))) return;
    this.#isStateNew = false;
    this.#stateDueMilliseconds = milliseconds + this.#configuration.publish.statePeriodMilliseconds * STATE_TOLERANCE;
  }

  private state(milliseconds: number): Message {
    const start = this.#anchors.startOf(this.#boot);
    const text = stateOf(this.#latest.textOfAll(), start === undefined ? undefined : start + milliseconds);
    return { topic: this.#configuration.topics.state, payload: textPayload(text), qos: 0, retain: false };
  }

  /**
   * Now and then, whatever the sensors do: learns the time, sends the status with the books, and saves the acknowledged
   * positions when nothing is in flight.
   */
  private beat(): void {
    const { clock } = this.#hal;
    const period = Math.min(this.statusPeriodMilliseconds, BEAT_MILLISECONDS_MAX);
    this.#heartbeat = clock.setTimer(() => this.beat(), period);
    this.learnTime();
    if (this.isIdle) this.maintain();
    if (this.#connection.state !== 'connected') return;
    this.#connection.announce();
    if (clock.milliseconds() < this.#statusDueMilliseconds) return;
    this.#statusDueMilliseconds = clock.milliseconds() + this.statusPeriodMilliseconds;
    this.#connection.publish(this.#status.online(this.#session));
    if (this.#publisher.inFlight === 0) this.flush();
  }

  /** Nothing is on its way. */
  private get isIdle(): boolean {
    const state = this.#connection.state;
    return state === 'waiting' || (state === 'connected' && this.#publisher.inFlight === 0);
  }

  /** Erases now rather than when a reading or an alarm waits for it. */
  private maintain(): void {
    try {
      this.#events?.log.maintain();
      this.#outbox.maintain();
    } catch (error) {
      this.#onEvent(`a block could not be erased in advance: ${messageOf(error)}`);
    }
  }

  private get statusPeriodMilliseconds(): number {
    return this.#configuration.publish.statusPeriodSeconds * 1000;
  }
}

/** Here and not where it stands for `onEvent`: so it is in a device's flash. */
function ignored(): void {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Bytes that the largest reading takes. */
function readingBytesOf(sensors: readonly SensorConfiguration[]): number {
  return Math.max(...sensors.map(({ channels }) => readingBytesMax(channels.length)));
}

function openLog({ flash, crc32c }: Hal, { sensors, outbox }: Configuration): Log {
  const { mode, acknowledgementsUnsavedMax } = outbox;
  const payloadBytesMax = Math.min(PAYLOAD_BYTES_MAX, readingBytesOf(sensors));
  const options = { payloadBytesMax, acknowledgementsUnsavedMax, crc32c };
  return mode === 'plain' ? openOutbox(flash, options) : openArchive(flash, mode, options);
}

function openEvents(
  { eventFlash: flash, crc32c }: Hal,
  configuration: Configuration,
  onEvent: (event: string) => void,
): Events {
  const { sensors, outbox } = configuration;
  const { acknowledgementsUnsavedMax } = outbox;
  return new Events({ flash, crc32c, sensors, acknowledgementsUnsavedMax, onEvent });
}

function requireDrivers(sensors: readonly SensorConfiguration[], drivers: Drivers): void {
  sensors.forEach(({ driver }, i) => {
    if (drivers[driver] === undefined)
      throw wrong(`sensors[${i}].driver`, `one of ${Object.keys(drivers).join(', ')}`, driver);
  });
}
