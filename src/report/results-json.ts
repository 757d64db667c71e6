/** `results.json`: the same results always give the same bytes. */
import { FathomError } from '../errors.js';
import type {
  ArmResult,
  Estimate,
  FactorialEffects,
  MetricComparison,
  RunResult,
  StudyComparison,
  StudyResults,
} from '../study/results.js';
import { primaryMetrics } from './arms.js';
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
    ...ordered(value, [
      'seed',
      'status',
      'cause',
      'seconds',
      'stepMs',
      'parameters',
      'bestEpoch',
      'norms',
      'pairing',
    ]),
    metrics: ordered(value.metrics, names),
    folder: value.folder,
  });
  const arm = (value: ArmResult) => ({
    ...ordered(value, ['name', 'segmentation', 'depth', 'model', 'weight', 'protocol', 'variant', 'kind']),
    runs: value.runs.map(run),
    summary: Object.fromEntries(
      names.flatMap((name) => {
        const summary = value.summary[name];
        return summary ? [[name, ordered(summary, ['mean', 'low', 'high', 'rank', 'seeds', 'images'])]] : [];
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
    ...(results.comparison && { comparison: comparisonJson(results.comparison) }),
    ...(results.time && {
      time: ordered(results.time, ['total', 'steps', 'validation', 'data', 'sessions', 'other']),
    }),
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

const estimateKeys = ['mean', 'low', 'high'] as const;

function comparisonJson({ metrics, ...comparison }: StudyComparison) {
  const estimates = (values: readonly Estimate[]) => values.map((value) => ordered(value, estimateKeys));
  const effects = (value: FactorialEffects) => ({
    ...ordered(value, ['of', 'segmentation', 'depth']),
    mean: ordered(value.mean, estimateKeys),
    segmentationEffects: estimates(value.segmentationEffects),
    depthEffects: estimates(value.depthEffects),
    interaction: value.interaction.map(estimates),
    shares: ordered(value.shares, ['segmentation', 'depth', 'interaction', 'seeds', 'noise']),
  });
  const metric = (value: MetricComparison) => ({
    ...ordered(value, ['images', 'tied']),
    ...(value.noiseFloor && { noiseFloor: ordered(value.noiseFloor, ['floor', 'observed']) }),
    differences: value.differences.map((difference) =>
      ordered(difference, [
        ...(['a', 'b', ...estimateKeys, 'p', 'betterOnImages', 'betterWithSeeds'] as const),
        ...(['wilcoxon', 'verdict'] as const),
      ]),
    ),
    controls: value.controls.map((control) => ordered(control, ['name', 'better', 'worse'])),
    ...(value.effects && { effects: value.effects.map(effects) }),
  });
  return {
    ...ordered(comparison, ['arms', 'seeds', 'images', 'preliminary']),
    metrics: Object.fromEntries(
      primaryMetrics.flatMap((name) => (metrics[name] ? [[name, metric(metrics[name])]] : [])),
    ),
  };
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
