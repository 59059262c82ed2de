/**
 * `godwit start`: devices, their broker, and the screen, from the first line to the books at the end.
 *
 * Wires the parts and knows none of their insides. All that can be refused is refused before the first reading.
 */
import { setMaxListeners } from 'node:events';
import { parseConfiguration } from '../../src/agent/configuration.js';
import { readConfigurationFile } from './configuration-file.js';
import { Device } from './device.js';
import { type EmbeddedBroker, startEmbeddedBroker } from './embedded-broker.js';
import { Inputs } from './inputs.js';
import type { StartOptions } from './options.js';
import { type StatusScreen, statusScreen } from './screen.js';
import { bookText, type Status, totalOf } from './status.js';

const embeddedPortDefault = 1883;
const refreshMilliseconds = 250;

/**
 * Runs until `stop` is aborted or the time of `--for` is over. Resolves to whether the books of every device balance.
 * Rejects with an Error of one sentence when the run cannot begin.
 */
export async function run(options: StartOptions, output: NodeJS.WriteStream, stop: AbortSignal): Promise<boolean> {
}
