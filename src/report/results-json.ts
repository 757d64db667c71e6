/** `results.json`: the same results always give the same bytes. */
import { FathomError } from '../errors.js';
import type { ArmResult, RunResult, StudyResults } from '../study/results.js';
import { metricNames } from './csv.js';

/** Keys of a record in a given order; keys outside it are not written, nor those without a value. */
function ordered<T extends object>(value: T, keys: readonly (keyof T & string)[]): Partial<T> {
  return Object.fromEntries(
    keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]),
  ) as Partial<T>;
}

/**
 * Text of `results.json`: keys in the order of {@link StudyResults}, metrics in the order of the tables, two spaces
 * of indent. A number that is not finite is written as null.
 */
export function resultsJson(results: StudyResults): string {
  const names = metricNames(results);
  const run = (value: RunResult) => ({
    ...ordered(value, ['seed', 'status', 'cause', 'seconds', 'stepMs', 'parameters', 'bestEpoch']),
    metrics: ordered(value.metrics, names),
    folder: value.folder,
  });
  const arm = (value: ArmResult) => ({
    ...ordered(value, ['name', 'segmentation', 'depth', 'model', 'kind']),
    runs: value.runs.map(run),
    summary: Object.fromEntries(
      names.flatMap((name) => {
        const summary = value.summary[name];
        return summary ? [[name, ordered(summary, ['mean', 'low', 'high'])]] : [];
      }),
    ),
  });
  const dataset = ordered(results.dataset, [
    ...(['name', 'train', 'validation', 'test', 'height', 'width', 'maxDepth', 'depthUnit'] as const),
  ]);
  const text = {
    ...ordered(results, ['study', 'protocol', 'device']),
    dataset,
    ...ordered(results, ['epochs', 'seeds']),
    arms: results.arms.map(arm),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

/**
 * Results from the text of a `results.json`; null becomes NaN.
 *
 * @param file its name, for the error
 * @throws FathomError of code `data` when the text is not a study's results
 */
export function parseResults(text: string, file: string): StudyResults {
  const hint = 'run the study again: it continues from its finished runs and writes the file anew';
  let value: Partial<StudyResults> | null;
  try {
    value = JSON.parse(text, (key, entry) => (entry === null && key !== '' ? Number.NaN : entry));
  } catch (cause) {
    throw new FathomError('data', `${file}: not valid JSON: ${(cause as Error).message}`, { hint, cause });
  }
  if (!value || !Array.isArray(value.arms) || !value.dataset || !Array.isArray(value.seeds))
    throw new FathomError('data', `${file}: expected the results of a study`, { hint });
  return value as StudyResults;
}
