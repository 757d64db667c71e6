/** Loads a configuration: file, overrides and environment in, every default filled in and every path resolved. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FathomError, unreadable } from '../errors.js';
import type { Loss, Task } from '../losses/loss.js';
import { type ConfigDocument, type ConfigSources, readDocument } from './document.js';
import { loadLossFiles } from './loss-files.js';
import { describeIssue, firstMistake } from './messages.js';
import { configSchema, type ResolvedConfig } from './schema.js';

/**
 * Checks a loss expression beyond its form; throws a FathomError when it names what does not exist. `own` are the
 * losses of the configuration's files.
 */
export type LossCheck = (expression: string, task: Task, own: readonly Loss[]) => unknown;

/** What {@link loadConfig} reads. */
export interface LoadOptions {
  /** Path of a YAML file; without it everything is at its default. */
  readonly file?: string;
  /** Overrides, `a.b=value`. Relative paths in them are relative to the working folder. */
  readonly set?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Looks up the names and options of losses, so that a mistake in one is reported with its line. */
  readonly checkLoss?: LossCheck;
}

/**
 * Loads a configuration.
 *
 * Throws a FathomError of code `usage` whose message is one line, `file:line:column: key: expected …, got …`.
 *
 * @example const config = await loadConfig({ file: 'fathom.yaml', set: ['train.epochs=5'] });
 */
export async function loadConfig(options: LoadOptions = {}): Promise<ResolvedConfig> {
  const { file, set, env = process.env, checkLoss } = options;
  const text = file === undefined ? '' : await readText(file);
  const { config, document } = readConfig({ text, file: file ?? 'configuration', set, env });
  if (!checkLoss) return config;
  const own = await loadLossFiles(config.losses).catch((error) => {
    throw error instanceof FathomError
      ? mistake(document, ['losses'], error.message, error.hint, { cause: error })
      : error;
  });
  const losses = own.flatMap((file) => file.losses);
  checkLosses(document, config, (expression, task) => checkLoss(expression, task, losses));
  return config;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(
      file,
      cause,
      'give the path of a YAML file; `fathom init` writes one to start from',
      'usage',
    );
  }
}

/** As {@link loadConfig}, from text that is already there; files of losses are not loaded. */
export function parseConfig(
  sources: ConfigSources,
  { checkLoss }: Pick<LoadOptions, 'checkLoss'> = {},
): ResolvedConfig {
  const { config, document } = readConfig(sources);
  if (checkLoss) checkLosses(document, config, (expression, task) => checkLoss(expression, task, []));
  return config;
}

function readConfig(sources: ConfigSources): { config: ResolvedConfig; document: ConfigDocument } {
  const document = readDocument(sources);
  const result = configSchema.safeParse(document.values, { error: describeIssue });
  if (!result.success) {
    const { path, problem, hint, atKey } = firstMistake(result.error.issues, document.values);
    throw mistake(document, path, problem, hint, { atKey });
  }
  return { config: resolvePaths(result.data, document, dirname(sources.file)), document };
}

function mistake(
  document: ConfigDocument,
  path: readonly PropertyKey[],
  problem: string,
  hint?: string,
  { atKey, cause }: { readonly atKey?: boolean; readonly cause?: unknown } = {},
): FathomError {
  const key = path.length > 0 ? `${path.join('.')}: ` : '';
  return new FathomError('usage', `${document.position(path, atKey)}: ${key}${problem}`, { hint, cause });
}

function checkLosses(
  document: ConfigDocument,
  { study }: ResolvedConfig,
  check: (expression: string, task: Task) => unknown,
): void {
  const checkAt = (path: readonly PropertyKey[], loss: string, task: Task) => {
    try {
      check(loss, task);
    } catch (error) {
      if (!(error instanceof FathomError)) throw error;
      throw mistake(document, path, error.message.split('\n')[0], error.hint);
    }
  };
  for (const task of ['segmentation', 'depth'] as const) {
    for (const [index, loss] of study[task].entries()) checkAt(['study', task, index], loss, task);
    if (typeof study.pairs === 'string') continue;
    for (const [index, pair] of study.pairs.entries())
      checkAt(['study', 'pairs', index, task], pair[task], task);
  }
}

function resolvePaths(config: ResolvedConfig, document: ConfigDocument, folder: string): ResolvedConfig {
  const absolute = (keys: readonly string[], value: string) =>
    resolve(document.isOverride(keys) ? '.' : folder, value);
  const losses = config.losses.map((path) => absolute(['losses'], path));
  const { dataset } = config;
  const paths = (['path', 'test', 'splits'] as const).flatMap((key) => {
    const value = (dataset as Partial<Record<typeof key, string>>)[key];
    return value === undefined ? [] : [[key, absolute(['dataset', key], value)] as const];
  });
  const { init } = config.train;
  const train = init
    ? { ...config.train, init: { ...init, file: absolute(['train', 'init', 'file'], init.file) } }
    : config.train;
  return { ...config, losses, train, dataset: { ...dataset, ...Object.fromEntries(paths) } };
}
