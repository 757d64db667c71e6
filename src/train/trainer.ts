/** Trains one network step by step: holds its state in two sets of buffers that each step swaps. */
import type { Batch } from '../data/dataset.js';
import { FathomError } from '../errors.js';
import { sumRows } from '../metrics/finalize.js';
import type { SumName } from '../metrics/sums.js';
import { randomStream } from '../nn/initialisers.js';
import type { Feeds } from '../runtime/executable.js';
import { keptGroup } from './balance.js';
import { batchFeeds } from './batch-inputs.js';
import type { Compile } from './evaluation.js';
import {
  allocateState,
  initialState,
  type NamedTensors,
  type Network,
  restoreViews,
  type StateBuffers,
  viewsOf,
} from './network.js';
import { buildStep, type StepSpec } from './step.js';

/** What one step measured. */
export interface StepResult {
  /** The joint loss. */
  readonly loss: number;
  readonly segmentationLoss: number;
  readonly depthLoss: number;
  /** What the gradients of both losses were multiplied by; on the shared encoder, for methods that mix gradients. */
  readonly weights: readonly [number, number];
  /** Of both gradients on the shared encoder, where the balancing method computes it. */
  readonly cosine?: number;
  /** Sums of each image of the batch before the step; columns {@link Trainer.sumNames}. */
  readonly sums: readonly Float64Array[];
}

/** A network in training. */
export interface Trainer {
  readonly network: Network;
  readonly sumNames: readonly SumName[];
  /** Whether a loss reads {@link Batch.distance}, so that batches must carry it. */
  readonly needsDistance: boolean;
  /** Steps taken so far. */
  readonly steps: number;
  /** Current parameters and running statistics, for an evaluator; valid until the next step. */
  readonly weights: StateBuffers;
  /**
   * Takes one step. Throws a FathomError of code `failed-arms` when the loss is not finite; the state is then that
   * of before the step.
   */
  step(batch: Batch, learningRate: number): Promise<StepResult>;
  /**
   * Every tensor that the next step depends on, by name: parameters, running statistics, optimizer slots. Views, which the step after
   * the next one overwrites.
   */
  tensors(): NamedTensors;
  /** Those of them that the network is made of: parameters and running statistics. */
  weightTensors(): NamedTensors;
  /** Continues from such tensors after `steps` steps. Throws a FathomError of code `data` when one does not fit. */
  restore(tensors: NamedTensors, steps: number): void;
  dispose(): Promise<void>;
}

/** Options of {@link createTrainer}. */
export interface TrainerOptions extends StepSpec {
  /** Decides the initial weights, and what a balancing method draws. */
  readonly seed: number;
  /** The {@link initialState} of that seed where it is at hand; it becomes the trainer's own. */
  readonly weights?: StateBuffers;
  /** Steps in an epoch, for balancing methods that look at epochs; without it there is one. */
  readonly stepsAnEpoch?: number;
  readonly compile: Compile;
}

/**
 * Compiles the training step and sets the initial weights.
 *
 * @example
 * const trainer = await createTrainer({ network, batch: 32, gaps, losses, weight: 2, optimizer, seed: 0, compile });
 * for await (const batch of loadBatches(dataset, order, { batch: 32, dropLast: true })) await trainer.step(batch, 0.01);
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { network, batch: size, gaps, optimizer, weight, seed, compile } = options;
  const initial = options.weights ?? initialState(network, seed);
  const { stepsAnEpoch = Number.POSITIVE_INFINITY } = options;
  const { outputs, sumNames, groups, choices } = buildStep(options);
  const executable = await compile(outputs);
  const weightGroups = [...network.parameters, ...network.buffers];
  let current: StateBuffers = { ...allocateState(groups), ...initial };
  let next = allocateState(groups);
  let steps = 0;
  const losses = new Float32Array(3);
  const balancer = typeof weight === 'number' ? undefined : weight;
  const kept = keptGroup(weight);
  if (kept && balancer?.kind === 'losses') current[kept.name].set(balancer.initial);
  const weights = new Float32Array(outputs.weights?.size ?? 0);
  const needsDistance = executable.inputs.some(({ name }) => name === 'distance');
  const sums = new Float32Array(size * sumNames.length);

  const chosen = Object.fromEntries(
    Object.entries(choices).map(([name, way]) => [name, Float32Array.of(way)]),
  );
  const [allViews, weightViews] = [viewsOf(groups), viewsOf(weightGroups)];

  const fedBalance = (): Feeds => {
    if (balancer?.kind !== 'losses' || balancer.fedCount === 0) return {};
    const within = steps % stepsAnEpoch;
    const epoch = 1 + Math.round((steps - within) / stepsAnEpoch);
    const random = randomStream(seed, `balance/${steps + 1}`);
    return { 'balance.fed': Float32Array.from(balancer.fed({ epoch, first: within === 0, random })) };
  };

  return {
    network,
    sumNames,
    needsDistance,
    get steps() {
      return steps;
    },
    get weights() {
      return Object.fromEntries(weightGroups.map(({ name }) => [name, current[name]]));
    },
    async step(batch, learningRate) {
      const fetches: Record<string, Float32Array> = { losses, sums, ...(balancer && { weights }) };
      for (const { name } of groups) fetches[`next.${name}`] = next[name];
      await executable.run(
        {
          ...batchFeeds(needsDistance ? batch : { ...batch, distance: undefined }, network, size, gaps),
          ...current,
          optimizer: optimizer.scalars(steps + 1, learningRate),
          ...chosen,
          ...fedBalance(),
        },
        fetches,
      );
      const [loss, segmentationLoss, depthLoss] = losses;
      if (!Number.isFinite(loss)) throw divergence(losses, steps + 1);
      [current, next] = [next, current];
      steps++;
      const [first, second, cosine] = weights;
      return {
        ...{ loss, segmentationLoss, depthLoss, sums: sumRows(sums, sumNames.length) },
        weights: typeof weight === 'number' ? [1, weight] : [first, second],
        ...(cosine !== undefined && { cosine }),
      };
    },
    tensors: () => allViews(current),
    weightTensors: () => weightViews(current),
    restore(tensors, count) {
      restoreViews(allViews(current), tensors);
      steps = count;
    },
    dispose: () => executable.dispose(),
  };
}

function divergence([loss, segmentation, depth]: Float32Array, step: number): FathomError {
  const parts = { segmentation, depth };
  const culprits = Object.entries(parts).filter(([, value]) => !Number.isFinite(value));
  const whose = culprits.length === 1 ? `${culprits[0][0]} loss` : 'loss';
  return new FathomError(
    'failed-arms',
    `${whose} became ${Number.isNaN(loss) ? 'NaN' : 'infinite'} at step ${step}`,
    {
      hint: 'lower the learning rate, or set train.clipNorm',
    },
  );
}
