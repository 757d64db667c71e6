/** The controls of a study: trivial predictions that any trained network has to beat, on the same test images. */
import { join } from 'node:path';
import { fractions } from '../data/fractions.js';
import { finalize } from '../metrics/finalize.js';
import { constantPredictorRows, constantPredictors } from '../metrics/predictors.js';
import { evaluationSums } from '../metrics/sums.js';
import { writeImageSums } from '../train/image-sums.js';
import { runFiles } from '../train/run-folder.js';
import type { StudyData } from './open-data.js';

/** A trivial predictor and its test metrics. */
export interface ControlResult {
  readonly name: string;
  /** What it says of the mask, and of the depth. */
  readonly segmentation: string;
  readonly depth: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Where its `test.ndjson` lies, relative to the study's folder. */
  readonly folder: string;
}

/**
 * Measures predict-everything and predict-nothing, both with the mean depth of the training split, and leaves the sums
 * of every test image in the study's folder, as a run does.
 */
export async function measureControls(
  data: StudyData,
  batch: number,
  folder: string,
): Promise<ControlResult[]> {
  const { dataset, splits, meanTrainingDepth } = data;
  const predictors = constantPredictors(meanTrainingDepth);
  const rows = predictors.map((): Float64Array[] => []);
  const ids: string[] = [];
  for (const index of splits.test) {
    const sample = await dataset.read(index);
    ids.push(sample.id);
    const target = {
      ...sample,
      mask: fractions(sample.mask, 255),
      depth: fractions(sample.depth, 65535),
      height: dataset.height,
      width: dataset.width,
    };
    for (const [i, row] of constantPredictorRows(target, predictors).entries()) rows[i].push(row);
  }
  return Promise.all(
    predictors.map(async ({ name }, i) => {
      const own = `controls/${name}`;
      await writeImageSums(runFiles(join(folder, own)).test, { ids, names: evaluationSums, rows: rows[i] });
      return {
        name,
        segmentation: name.replaceAll('-', ' '),
        depth: 'predict the mean',
        metrics: finalize(rows[i], evaluationSums, { batch, maxDepth: dataset.maxDepth }),
        folder: own,
      };
    }),
  );
}
