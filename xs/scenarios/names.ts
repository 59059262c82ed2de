/** The agent with a driver whose values have names that no module has. Setting `configuration` (JSON). */
import { xsHal } from '../../hal/xs/hal.js';
import { Agent } from '../../src/agent/agent.js';
import { parseConfiguration } from '../../src/agent/configuration.js';

const hal = xsHal();
const configuration = parseConfiguration(JSON.parse(native.setting('configuration') as string), hal.system.hardwareId);

/** As many values as option `values` says. Tells its options. */
function wide(options: { readonly values?: number }) {
  native.trace(JSON.stringify(options));
  const sample: { [name: string]: number } = {};
  for (let i = 0; i < (options.values ?? 1); i++) sample[`value${i}`] = i;
  return { configure: () => {}, sample: () => sample, close: () => {} };
}

new Agent({ hal, configuration, drivers: { wide } }).start();
