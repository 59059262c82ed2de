/** What is replayed when no file is named: a year of weather in Seattle, hour by hour (npm package vega-datasets). */
import { createRequire } from 'node:module';
import { join } from 'node:path';

export function defaultRecordingFile(): string {
  // The package exports nothing but its entry, build/index.js; its data lies beside the folder of that.
  const entry = createRequire(import.meta.url).resolve('vega-datasets');
  return join(entry, '..', '..', 'data', 'seattle-weather-hourly-normals.csv');
}
