/** The JSON Schema of the configuration, for editors: `docs/config.schema.json`. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from './schema.js';

/** Where this installation of Fathom keeps the JSON Schema. */
export const schemaFile = (): string =>
  fileURLToPath(new URL('../../docs/config.schema.json', import.meta.url));

/** Makes the JSON Schema (draft 2020-12) of what a configuration file may hold. */
export function configJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // zod bounds every integer by what a double can hold, which tells a reader nothing.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { title: 'Fathom configuration', ...schema };
}
