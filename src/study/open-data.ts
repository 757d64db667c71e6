/** Opens the data set of a configuration: cached, split by scene, read through once before any training. */
import type { ResolvedConfig } from '../config/schema.js';
import { cached } from '../data/cache.js';
import { checkSamples } from '../data/check.js';
import { concatDatasets } from '../data/concat.js';
import type { Dataset, Sample, Splits } from '../data/dataset.js';
import { openComposite } from '../data/formats/composite.js';
import { openFolder } from '../data/formats/folder.js';
import { assertDisjoint, splitByScene, takeFraction, withGivenTest } from '../data/splits.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { FathomError } from '../errors.js';
import type { TrainingData } from '../train/run-spec.js';

/** A data set and its splits, of which no sample has been read. */
export interface OpenedData {
  readonly dataset: Dataset;
  readonly splits: Splits;
}

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
  /** Called before the first sample is read; what it throws ends the reading. */
  readonly onOpened?: (opened: OpenedData) => void;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The data set and its splits, without reading a sample.
 *
 * Throws a FathomError of code `data` for files that are missing or do not match, and for too few scenes to split.
 */
export async function openSplits(config: Pick<ResolvedConfig, 'dataset' | 'seed'>): Promise<OpenedData> {
  const { dataset, split } = await openUnsplit(config);
  try {
    return { dataset, splits: split() };
  } catch (error) {
    await dataset.close?.();
    throw error;
  }
}

/** The data set, and what splits it; both throw as {@link openSplits} does, which does both. */
export async function openUnsplit({
  dataset: options,
  seed,
}: Pick<ResolvedConfig, 'dataset' | 'seed'>): Promise<{ dataset: Dataset; split: () => Splits }> {
  const { validation, test } = options.split;
  const part = (indices: readonly number[]) => takeFraction(indices, options.fraction, seed);
  const parts = (splits: Splits): Splits => ({
    train: part(splits.train),
    validation: part(splits.validation),
    test: part(splits.test),
  });
  const { dataset, test: given } = await openDataset(options, seed);
  const split = () =>
    given
      ? withGivenTest(dataset, given, { validation, seed })
      : splitByScene(dataset, { validation, test, seed });
  return { dataset, split: () => parts(split()) };
}

/** The data set of a configuration, and its test samples where they are not drawn. */
async function openDataset(
  options: ResolvedConfig['dataset'],
  seed: number,
): Promise<{ dataset: Dataset; test?: readonly number[] }> {
  if (options.kind === 'synthetic')
    return { dataset: syntheticDataset({ count: options.count, size: options.size, seed }) };
  if (options.kind === 'composite') {
    const { kind: _, fraction: __, split: ___, ...composite } = options;
    return { dataset: await openComposite(composite) };
  }
  if (options.kind === 'nyu') {
    const { kind: _, fraction: __, split: ___, ...nyu } = options;
    const { openNyu } = await import('../data/formats/nyu-mat.js');
    return openNyu(nyu);
  }
  const { kind: _, fraction: __, split: ___, test: path, ...folder } = options;
  const first = await openFolder(folder);
  if (path === undefined) return { dataset: first };
  const second = await openFolder({ ...folder, path });
  if (second.fingerprint === first.fingerprint) {
    await Promise.all([first.close?.(), second.close?.()]);
    throw new FathomError('usage', `dataset.test: expected other images than those of ${first.name}`, {
      hint: 'a test on the images of the training says nothing; leave dataset.test out to split them by scene',
    });
  }
  const test = Array.from({ length: second.length }, (_, i) => first.length + i);
  return { dataset: concatDatasets(first, second), test };
}

/**
 * Opens the data and reads every sample that will be used, so that a bad file is found before training starts.
 *
 * Throws a FathomError of code `data` that names each bad file, and the reason of `signal` when it is aborted.
 */
export async function openStudyData(
  config: Pick<ResolvedConfig, 'dataset' | 'seed'>,
  { cache, onOpened, onProgress, signal }: OpenDataOptions,
): Promise<StudyData> {
  const { dataset: source, splits } = await openSplits(config);
  assertDisjoint(source, splits);
  const dataset = await cached(source, cache);
  try {
    onOpened?.({ dataset, splits });
    const indices = [...splits.train, ...splits.validation, ...splits.test];
    const facts = survey(splits);
    await checkSamples(dataset, { indices, onSample: facts.add, onProgress, signal });
    return { dataset, splits, ...facts.result(), close: async () => dataset.close?.() };
  } catch (error) {
    await dataset.close?.();
    throw error;
  }
}

/** Gathers which truths have gaps, and the mean depth of the training split. */
function survey(splits: Splits): {
  add(index: number, sample: Sample): void;
  result(): Pick<StudyData, 'gaps' | 'meanTrainingDepth'>;
} {
  const training = new Set(splits.train);
  const gaps = { mask: false, depth: false };
  // Of integers, so that the order of the samples does not matter.
  let sum = 0;
  let count = 0;
  return {
    add(index, { maskValid, depthValid, depth }) {
      gaps.mask ||= maskValid.includes(0);
      gaps.depth ||= depthValid.includes(0);
      if (!training.has(index)) return;
      for (let i = 0; i < depth.length; i++)
        if (depthValid[i]) {
          sum += depth[i];
          count++;
        }
    },
    result: () => ({ gaps, meanTrainingDepth: count > 0 ? sum / count / 65535 : 0 }),
  };
}
