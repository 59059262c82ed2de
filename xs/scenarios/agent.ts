/**
 * The whole agent, as a device runs it: setting `configuration` (JSON), and drivers that measure without hardware.
 * It runs until the world ends it, or until as many readings are delivered as setting `endAfterReadings` says.
 */
import { xsHal } from '../../hal/xs/hal.js';
import { Agent } from '../../src/agent/agent.js';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { Wandering } from './wandering.js';

const hal = xsHal();
native.mark('start');
const configuration = parseConfiguration(JSON.parse(native.setting('configuration') as string), hal.system.hardwareId);

native.mark('configured');

const drivers = { wandering: () => new Wandering() };
const agent = new Agent({ hal, configuration, drivers });
native.mark('open');
agent.start();

const readings = Number(native.setting('endAfterReadings') ?? Number.POSITIVE_INFINITY);
function endWhenDelivered(): void {
  if (agent.snapshot().books.delivered >= readings) native.end();
  native.setTimer(endWhenDelivered, 50);
}
if (readings < Number.POSITIVE_INFINITY) endWhenDelivered();
