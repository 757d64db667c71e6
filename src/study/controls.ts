/** The controls of a study: trivial predictions that any trained network has to beat, on the same test images. */
import { finalize } from '../metrics/finalize.js';
import { constantPredictorRow, constantPredictors } from '../metrics/predictors.js';
import { evaluationSums } from '../metrics/sums.js';
import type { StudyData } from './open-data.js';

/** A trivial predictor and its test metrics. */
export interface ControlResult {
  readonly name: string;
  /** What it says of the mask, and of the depth. */
  readonly segmentation: string;
  readonly depth: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Measures predict-everything and predict-nothing, both with the mean depth of the training split. */
export async function measureControls(data: StudyData, batch: number): Promise<ControlResult[]> {
  const { dataset, splits, meanTrainingDepth } = data;
  const predictors = constantPredictors(meanTrainingDepth);
  const rows = predictors.map((): Float64Array[] => []);
  for (const index of splits.test) {
    const sample = await dataset.read(index);
    const target = {
      mask: Float32Array.from(sample.mask, (value) => value / 255),
      maskValid: sample.maskValid,
      depth: Float32Array.from(sample.depth, (value) => value / 65535),
      depthValid: sample.depthValid,
      height: dataset.height,
      width: dataset.width,
    };
    for (const [i, predictor] of predictors.entries()) rows[i].push(constantPredictorRow(target, predictor));
  }
  return predictors.map(({ name }, i) => ({
    name,
    segmentation: name.replaceAll('-', ' '),
    depth: 'predict the mean',
    metrics: finalize(rows[i], evaluationSums, { batch, maxDepth: dataset.maxDepth }),
  }));
}
