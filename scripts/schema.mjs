/** Writes configuration.schema.json from the schema that the device checks with. Part of `npm run build`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationSchema } from '../build/host/src/agent/schema.js';

const published = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of a godwit agent',
  ...configurationSchema,
};
writeFileSync(join(import.meta.dirname, '..', 'configuration.schema.json'), `${JSON.stringify(published, null, 2)}\n`);
