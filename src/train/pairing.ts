/** What runs must have in common to be compared, as hashes: two runs of one seed differ in nothing but their losses. */
import { createHash } from 'node:crypto';
import { epochOrder } from '../data/batches.js';
import type { RunPairing } from '../study/results.js';
import type { StateBuffers } from './network.js';
import type { RunSpec, TrainingData } from './run-spec.js';

/** Epochs whose order of samples is hashed. */
const hashedEpochs = 3;

function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 16);
}

/** The hashes of a run, from what it is about to train with. */
export function runPairing(
  spec: RunSpec,
  { dataset, splits }: TrainingData,
  weights: StateBuffers,
): RunPairing {
  const epochs = Array.from({ length: Math.min(hashedEpochs, spec.train.epochs) }, (_, i) => i + 1);
  const orders = epochs.map((epoch) => epochOrder(splits.train, spec.seed, epoch));
  return {
    initialWeights: hashOf(
      ...Object.values(weights).map(
        ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
      ),
    ),
    trainingSubset: hashOf(dataset.fingerprint, JSON.stringify(splits.train)),
    batchOrder: hashOf(JSON.stringify([spec.train.batch, orders])),
    augmentation: hashOf(JSON.stringify([spec.train.augment, spec.seed])),
  };
}
