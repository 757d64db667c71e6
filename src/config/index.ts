/** Configuration of a study: loading, writing, and its types. */
export { loadConfig, parseConfig } from './load.js';
export type { ResolvedConfig } from './schema.js';
export { stringifyConfig } from './stringify.js';
