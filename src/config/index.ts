/** Configuration of a study: loading, writing, and its types. */
export { loadConfig, parseConfig } from './load.js';
export { type LossFile, loadLossFiles } from './loss-files.js';
export type { ResolvedConfig } from './schema.js';
export { stringifyConfig } from './stringify.js';
