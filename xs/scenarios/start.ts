/**
 * A device of `npm start -- --engine xs`: the whole agent. Configuration, sensors and key-value storage are with the main
 * program, which commands when to begin and when to stop; flash and sockets are the host's.
 */
import type { Sensor } from '../../hal/contract.js';
import { xsHal } from '../../hal/xs/hal.js';
import { Agent } from '../../src/agent/agent.js';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { type BootAnswer, commands } from '../bus.js';
import { ask, keyValue, RemoteSensor, tell } from './main-program.js';

function boot(): Agent {
  const hal = xsHal(keyValue);
  const { configuration, drivers: names } = ask('boot') as BootAnswer;
  const drivers: { [name: string]: (options: object) => Sensor } = {};
  for (const name of names) drivers[name] = (options) => new RemoteSensor(name, options);
  return new Agent({
    hal,
    configuration: parseConfiguration(configuration, hal.system.hardwareId),
    drivers,
    onEvent: (text) => tell('event', text),
  });
}

function run(agent: Agent): void {
  const tellStatus = () => {
    const figures = JSON.parse(native.figures());
    tell('status', agent.snapshot(), figures);
  };
  native.onCommand((command) => {
    if (command === commands.start) agent.start();
    if (command === commands.stop) {
      agent.stop();
      native.onCommand();
    }
    tellStatus();
  });
  tellStatus();
}

try {
  run(boot());
} catch (error) {
  const { name, message, code } = error as Error & { code?: string };
  tell('refused', code === undefined ? { name, message } : { name, message, code });
  native.end();
}
