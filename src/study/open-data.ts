/** Opens the data set of a configuration: cached, split by scene, read through once before any training. */
import type { ResolvedConfig } from '../config/schema.js';
import { cached } from '../data/cache.js';
import { checkSamples } from '../data/check.js';
import { concatDatasets } from '../data/concat.js';
import type { Dataset, Splits } from '../data/dataset.js';
import { openFolder } from '../data/formats/folder.js';
import { splitByScene, takeFraction } from '../data/splits.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import type { TrainingData } from '../train/run-spec.js';

/** A data set ready for training. */
export interface StudyData extends TrainingData {
  /** Mean depth, 0–1, over the valid pixels of the training split. */
  readonly meanTrainingDepth: number;
  close(): Promise<void>;
}

/** Options of {@link openStudyData}. */
export interface OpenDataOptions {
  /** Folder of decoded samples, shared by studies. */
  readonly cache: string;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The data set and its splits, without reading a sample.
 *
 * Throws a FathomError of code `data` for files that are missing or do not match.
 */
export async function openSplits({
  dataset: options,
  seed,
}: Pick<ResolvedConfig, 'dataset' | 'seed'>): Promise<{ dataset: Dataset; splits: Splits }> {
  const { validation, test } = options.split;
  const part = (indices: readonly number[]) => takeFraction(indices, options.fraction, seed);
  const parts = (splits: Splits): Splits => ({
    train: part(splits.train),
    validation: part(splits.validation),
    test: part(splits.test),
  });
  if (options.kind === 'synthetic') {
    const dataset = syntheticDataset({ count: options.count, size: options.size, seed });
    return { dataset, splits: parts(splitByScene(dataset, { validation, test, seed })) };
  }
  const { kind: _, fraction: __, split: ___, test: testPath, ...folder } = options;
  const first = await openFolder(folder);
  if (testPath === undefined)
    return { dataset: first, splits: parts(splitByScene(first, { validation, test, seed })) };
  const second = await openFolder({ ...folder, path: testPath });
  const dataset = concatDatasets(first, second);
  const splits = splitByScene(first, { validation, test: 0, seed });
  const testIndices = Array.from({ length: second.length }, (_, i) => first.length + i);
  return { dataset, splits: parts({ ...splits, test: testIndices }) };
}

/**
 * Opens the data and reads every sample that will be used, so that a bad file is found before training starts.
 *
 * Throws a FathomError of code `data` that names each bad file, and the reason of `signal` when it is aborted.
 */
export async function openStudyData(
  config: Pick<ResolvedConfig, 'dataset' | 'seed'>,
  { cache, onProgress, signal }: OpenDataOptions,
): Promise<StudyData> {
  const { dataset: source, splits } = await openSplits(config);
  const dataset = await cached(source, cache);
  try {
    const indices = [...splits.train, ...splits.validation, ...splits.test];
    await checkSamples(dataset, { indices, onProgress, signal });
    return { dataset, splits, ...(await survey(dataset, splits)), close: async () => dataset.close?.() };
  } catch (error) {
    await dataset.close?.();
    throw error;
  }
}

/** Which truths have gaps, and the mean depth of the training split. */
async function survey(
  dataset: Dataset,
  splits: Splits,
): Promise<Pick<StudyData, 'gaps' | 'meanTrainingDepth'>> {
  const gaps = { mask: false, depth: false };
  let sum = 0;
  let count = 0;
  for (const [part, indices] of Object.entries(splits) as [keyof Splits, readonly number[]][])
    for (const index of indices) {
      const { maskValid, depthValid, depth } = await dataset.read(index);
      gaps.mask ||= maskValid.includes(0);
      gaps.depth ||= depthValid.includes(0);
      if (part !== 'train') continue;
      for (let i = 0; i < depth.length; i++)
        if (depthValid[i]) {
          sum += depth[i];
          count++;
        }
    }
  return { gaps, meanTrainingDepth: count > 0 ? sum / count / 65535 : 0 };
}
