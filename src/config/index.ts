/** Configuration of a study: loading, writing, and its types. */
export { configJsonSchema } from './json-schema.js';
export { type LoadOptions, type LossCheck, loadConfig, parseConfig } from './load.js';
export type { DatasetConfig, ModelConfig, ResolvedConfig, StudyConfig, TrainConfig } from './schema.js';
export { stringifyConfig } from './stringify.js';
