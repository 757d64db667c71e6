/** The one look at the test split: metrics, the sums of every image, and predictions for the figures. */
import { finalize } from '../metrics/finalize.js';
import { readCheckpoint } from './checkpoint.js';
import type { Clock } from './clock.js';
import type { Evaluator, Measurement } from './evaluation.js';
import { pickExtremes, tasks } from './extremes.js';
import { writeImageSums } from './image-sums.js';
import { loadWeights, type Network, type StateBuffers } from './network.js';
import { shownPrediction, writePredictions } from './predictions-file.js';
import { type RunOutcome, runFiles } from './run-folder.js';
import type { RunSpec, TrainingData } from './run-spec.js';

/** `count` of the values, evenly spread. */
export const spread = <T>(values: readonly T[], count: number): T[] =>
  values.length <= count
    ? [...values]
    : Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);

/** What {@link testRun} reads and with what. */
export interface TestOptions {
  readonly folder: string;
  readonly spec: RunSpec;
  readonly data: TrainingData;
  readonly network: Network;
  readonly evaluator: Evaluator;
  /** Those of the selected checkpoint, where they are at hand. */
  readonly weights?: StateBuffers;
  /** Images in the published figure. */
  readonly figureRows: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * Measures the selected checkpoint on the test split; leaves `test.ndjson`, and the predictions of a few images: those of
 * the published figure, and the worst, median and best of each task.
 */
export async function testRun(
  options: TestOptions,
): Promise<Pick<RunOutcome, 'status' | 'cause' | 'metrics'>> {
  const { folder, spec, data, network, evaluator, figureRows, clock, signal } = options;
  const files = runFiles(folder);
  const { dataset, splits } = data;
  const weights = options.weights ?? loadWeights(network, (await readCheckpoint(files.best)).tensors);
  const measured = await clock.time('validation', () =>
    evaluator.measure(weights, dataset, splits.test, { signal }),
  );
  await writeImageSums(files.test, measured);
  const sets = [
    { file: files.predictionData, indices: spread(splits.test, figureRows) },
    ...tasks.map((task) => ({
      file: files.extremes(task),
      indices: pickExtremes(measured, task).map((position) => splits.test[position]),
    })),
  ];
  const chosen = sets.flatMap(({ indices }) => indices);
  const { predictions } = await clock.time('validation', () =>
    evaluator.measure(weights, dataset, chosen, { shown: chosen, signal }),
  );
  const shown = predictions.map((prediction) => shownPrediction(prediction, measured.names));
  await Promise.all(
    sets.map(({ file, indices }) =>
      writePredictions(file, shown.splice(0, indices.length), network.spec.size),
    ),
  );
  const metrics = finalize(measured.rows, measured.names, {
    batch: spec.train.batch,
    maxDepth: dataset.maxDepth,
  });
  const cause = collapse(measured);
  return { status: cause ? 'collapsed' : 'done', ...(cause && { cause }), metrics };
}

/** Says so when the mask of every image is all background or all foreground. */
function collapse({ names, rows }: Measurement): string | undefined {
  const total = (name: 'tp' | 'fp' | 'fn' | 'tn') => {
    const column = names.indexOf(name);
    return rows.reduce((sum, row) => sum + row[column], 0);
  };
  if (total('tp') + total('fp') === 0) return 'the predicted mask is all background';
  if (total('fn') + total('tn') === 0) return 'the predicted mask is all foreground';
  return undefined;
}
