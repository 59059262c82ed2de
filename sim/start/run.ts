/**
 * `godwit start`: devices, their broker and the screen, from the first line to the books at the end.
 *
 * Wires the parts and knows none of their insides. All that can be refused is refused before the first reading.
 */
import { HostClock } from '../../hal/host/clock.js';
import { type Configuration, ConfigurationError } from '../../src/agent/configuration.js';
import type { XsEngine } from '../../xs/run.js';
import { projectFolder } from '../project-folder.js';
import { readConfigurationFile } from './configuration-file.js';
import { Device } from './device.js';
import { type EmbeddedBroker, startEmbeddedBroker } from './embedded-broker.js';
import { engineText, openEngine } from './engine.js';
import { Inputs } from './inputs.js';
import type { BrokerAddress, StartOptions } from './options.js';
import { type StatusScreen, statusScreen } from './screen.js';
import { bookText, engineTexts, totalOf } from './status.js';

const embeddedPortDefault = 1883;
const refreshMilliseconds = 500;

type JsonObject = Record<string, unknown>;

/**
 * Runs until `stop` is aborted or the time of `--for` is over. Resolves to whether the books of every device balance and
 * none died of itself.
 * Rejects with an Error of one sentence when the run cannot begin.
 */
export async function run(options: StartOptions, output: NodeJS.WriteStream, stop: AbortSignal): Promise<boolean> {
  const engine = options.engine === 'xs' ? openEngine(projectFolder()) : undefined;
  const configured = options.configurationFile === undefined ? {} : readConfigurationFile(options.configurationFile);
  try {
    refuseSharedTopics(configured, options.devices);
    const inputs = await Inputs.prepare(options, configured.sensors);
    return await runConfigured(configured, inputs, options, engine, output, stop);
  } catch (error) {
    if (!(error instanceof ConfigurationError) || options.configurationFile === undefined) throw error;
    throw new Error(`${options.configurationFile}: ${error.message}`);
  }
}

/** A topic that is named in full has no device in it. */
function refuseSharedTopics({ topics }: JsonObject, devices: number): void {
  if (devices === 1 || typeof topics !== 'object' || topics === null) return;
  const named = Object.keys(topics).find((name) => name !== 'prefix');
  if (named === undefined) return;
  throw new ConfigurationError(`topics.${named}: ${devices} devices would share this topic; give a prefix only`);
}

async function runConfigured(
  configured: JsonObject,
  inputs: Inputs,
  options: StartOptions,
  engine: XsEngine | undefined,
  output: NodeJS.WriteStream,
  stop: AbortSignal,
): Promise<boolean> {
  const screen = statusScreen(output);
  const devices: Device[] = [];
  let embedded: EmbeddedBroker | undefined;
  try {
    if (options.broker === undefined && (options.embeddedPort !== undefined || configured.broker === undefined)) {
      embedded = await startEmbeddedBroker(options.embeddedPort ?? embeddedPortDefault);
    }
    const address = options.broker ?? embedded;
    const onEvent = withoutRepetition((device, event) => screen.say(`${device}: ${event}`));
    for (let index = 0; index < options.devices; index++) {
      const configuration = configurationOf(configured, options, inputs.sensors, address, index);
      devices.push(await Device.open({ configuration, dataFolder: options.dataFolder, inputs, engine, onEvent }));
      if (index > 0) continue;
      introduce(screen, options, devices[0]?.configuration, inputs, embedded !== undefined);
      if (engine !== undefined) screen.say(`engine  ${engineText(engine)}`);
    }
    await runDevices(devices, screen, brokerText(devices[0]?.configuration), stop, options.forSeconds);
  } finally {
    await Promise.all(devices.map((device) => device.stop()));
    await embedded?.close();
  }
  return conclude(devices, screen, options.json);
}

/** Somebody is watching, and a few devices storm no broker: shorter than a device's own default. */
const BACKOFF_MAX_SECONDS = 10;

/** The configuration of device `index`, before it is checked: the file's, with what the command line says put over it. */
function configurationOf(
  configured: JsonObject,
  options: StartOptions,
  sensors: unknown,
  address: Partial<BrokerAddress> | undefined,
  index: number,
): JsonObject {
  const several = options.devices > 1;
  const base = configured.device ?? (several ? 'device' : 'device-1');
  const { broker: given = {} } = configured;
  if (typeof given !== 'object' || given === null) return configured;
  const broker: JsonObject = { backoffMaxSeconds: BACKOFF_MAX_SECONDS, ...given };
  if (address !== undefined) {
    const { host, port, tls = false, user, password } = address;
    // Credentials belong to the broker they were given for.
    delete broker.user;
    delete broker.password;
    Object.assign(broker, { host, port, tls }, user !== undefined && { user }, password !== undefined && { password });
  }
  // Two clients of one identifier would take the connection from each other for ever.
  if (several && broker.clientId !== undefined) broker.clientId = `${broker.clientId}-${index + 1}`;
  return { ...configured, device: several ? `${base}-${index + 1}` : base, broker, sensors };
}

/** A broker that stays away and a sensor that stays broken are told once, not at every try. */
function withoutRepetition(say: (device: string, event: string) => void): (device: string, event: string) => void {
  const last = new Map<string, string>();
  return (device, event) => {
    if (last.get(device) === event) return;
    last.set(device, event);
    say(device, event);
  };
}

/** What to know before the first reading comes. `first` is the configuration of the first device. */
function introduce(
  screen: StatusScreen,
  { devices, dataFolder }: StartOptions,
  first: Configuration | undefined,
  inputs: Inputs,
  own: boolean,
): void {
  if (first === undefined) return;
  const { broker, topics, device } = first;
  const levels = topics.telemetry.split('/');
  const everyTopic = levels.map((level) => (level === device ? '+' : level)).join('/');
  const login = broker.user === undefined ? '' : ` -u '${broker.user}' -P PASSWORD`;
  const tls = broker.tls ? ' --tls-use-os-certs' : '';
  screen.say(`broker  ${brokerText(first)}${own ? ' (own, on this computer only)' : ''}`);
  screen.say(`topic   ${devices === 1 ? topics.telemetry : everyTopic}`);
  screen.say(`watch   mosquitto_sub -h ${broker.host} -p ${broker.port}${login}${tls} -t '${everyTopic}' -v`);
  screen.say(`data    ${devices === 1 ? device : `${devices} devices`} in ${dataFolder}`);
  for (const notice of inputs.notices()) screen.say(`input   ${notice}`);
}

async function runDevices(
  devices: readonly Device[],
  screen: StatusScreen,
  broker: string,
  stop: AbortSignal,
  forSeconds: number | undefined,
): Promise<void> {
  const startMilliseconds = performance.now();
  const told = new Set<string>();
  const refresh = () => {
    for (const device of devices) {
      for (const news of device.finished.filter((text) => !told.has(device.name + text))) {
        told.add(device.name + news);
        screen.say(`${device.name}: ${news}`);
      }
    }
    const elapsedSeconds = (performance.now() - startMilliseconds) / 1000;
    screen.show({ broker, elapsedSeconds, devices: devices.map((device) => device.status()) });
  };
  for (const device of devices) device.start();
  const timer = setInterval(refresh, refreshMilliseconds);
  try {
    await stopped(stop, forSeconds);
    refresh();
  } finally {
    clearInterval(timer);
    screen.leave();
  }
}

function stopped(stop: AbortSignal, forSeconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    // Node's own timers take less than 25 days.
    const clock = new HostClock();
    const timer = forSeconds === undefined ? undefined : clock.setTimer(() => done(), forSeconds * 1000);
    const done = () => {
      if (timer !== undefined) clock.clearTimer(timer);
      resolve();
    };
    if (stop.aborted) done();
    else stop.addEventListener('abort', done, { once: true });
  });
}

function conclude(devices: readonly Device[], screen: StatusScreen, json: boolean): boolean {
  const accounts = devices.map((device) => {
    const { boot, books, events, unstored } = device.snapshot();
    const engine = device.engine();
    return { device: device.name, boot, ...books, unstored, ...(events && { events }), ...(engine && { engine }) };
  });
  const total = totalOf(accounts);
  for (const { device, engine, events, ...books } of accounts) {
    screen.say(`${device}: ${bookText(books)}`);
    if (events !== undefined) screen.say(`${device}, alarms: ${bookText(events)}`);
    if (engine !== undefined) screen.say(`${device}: ${engineTexts(engine).join(', ')}`);
  }
  if (devices.length > 1) screen.say(`total: ${bookText(total)}`);
  const unstored = accounts.reduce((sum, account) => sum + account.unstored, 0);
  if (unstored > 0) screen.say(`readings that could not be stored and are in no book: ${unstored}`);
  const faults = accounts.reduce((sum, { engine }) => sum + (engine?.faults ?? 0), 0);
  if (faults > 0) screen.say(`boots after a fault: ${faults}`);
  const balanced = total.balanced && accounts.every(({ events }) => events?.balanced ?? true);
  screen.say(balanced ? 'stopped, the books balance' : 'stopped, the books DO NOT BALANCE');
  if (json) screen.say(JSON.stringify({ devices: accounts, total }));
  return balanced && unstored === 0 && faults === 0;
}

function brokerText(configuration: Configuration | undefined): string {
  if (configuration === undefined) return '';
  const { host, port, tls } = configuration.broker;
  return `${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
