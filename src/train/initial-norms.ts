/** The normalised protocol: how long each loss's gradient is before training, on the encoder that both tasks share. */
import { FathomError } from '../errors.js';
import type { Task } from '../losses/loss.js';
import type { LossFunction } from './chosen-loss.js';
import type { Compile } from './evaluation.js';
import { initialState, type Network } from './network.js';
import type { RunSpec, TrainingData } from './run-spec.js';
import { createProbe } from './shared-gradients.js';
import { trainingBatches } from './training-batches.js';

/** Norms by loss, model and seed: arms that share a loss share its norm. */
export type NormPool = Map<string, Promise<number>>;

/** Options of {@link initialNorms}. */
export interface InitialNormsOptions {
  readonly spec: RunSpec;
  readonly data: TrainingData;
  readonly network: Network;
  readonly losses: Readonly<Record<Task, LossFunction>>;
  readonly compile: Compile;
  readonly pool: NormPool;
}

/**
 * Norm of the gradient of each loss on the shared encoder, at the initial weights, over the first batch of the run.
 * Throws a FathomError of code `failed-arms` for a loss without a gradient there, by which nothing can be divided.
 */
export async function initialNorms(options: InitialNormsOptions): Promise<Record<Task, number>> {
  const norm = (task: Task): Promise<number> => {
    const { spec, pool } = options;
    const key = JSON.stringify([task, spec[task], spec.model, spec.seed]);
    const known = pool.get(key) ?? measureNorm(options, task);
    pool.set(key, known);
    return known;
  };
  return { segmentation: await norm('segmentation'), depth: await norm('depth') };
}

async function measureNorm(
  { spec, data, network, losses, compile }: InitialNormsOptions,
  task: Task,
): Promise<number> {
  const { batch } = spec.train;
  const probe = await createProbe({
    network,
    batch,
    gaps: data.gaps,
    losses: { [task]: losses[task] },
    compile,
  });
  try {
    for await (const images of trainingBatches(spec, data, probe, 1)) {
      const [norm] = (await probe.measure(images, initialState(network, spec.seed))).norms;
      if (norm > 0 && Number.isFinite(norm)) return norm;
      throw new FathomError('failed-arms', `${task} loss: its first gradient has the norm ${norm}`, {
        hint: 'it cannot be normalised; take protocol: as-is, or another loss',
      });
    }
    throw new FathomError('internal', 'initialNorms: no batch');
  } finally {
    await probe.dispose();
  }
}
