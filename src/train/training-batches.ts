/** The batches of one epoch as training sees them: shuffled, augmented, whole. */
import { augmented } from '../data/augmentation/augment.js';
import { epochOrder } from '../data/batches.js';
import type { Batch } from '../data/dataset.js';
import { loadBatches } from '../data/loader.js';
import type { RunSpec, TrainingData } from './run-spec.js';
import type { Trainer } from './trainer.js';

/** A function of the run's data, seed and settings, and of `epoch`; whatever ran before. */
export function trainingBatches(
  { seed, train }: Pick<RunSpec, 'seed' | 'train'>,
  { dataset, splits }: TrainingData,
  { needsDistance }: Pick<Trainer, 'needsDistance'>,
  epoch: number,
  signal?: AbortSignal,
): AsyncIterable<Batch> {
  const seen = augmented(dataset, train.augment, { seed, epoch });
  const order = epochOrder(splits.train, seed, epoch);
  return loadBatches(seen, order, { batch: train.batch, dropLast: true, distance: needsDistance, signal });
}
