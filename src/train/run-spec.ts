/** One training run as plain data: everything that decides its numbers, and the hash that proves two runs the same. */
import { createHash } from 'node:crypto';
import type { LossFile } from '../config/loss-files.js';
import type { ModelConfig, TrainConfig, WeightConfig } from '../config/schema.js';
import type { Dataset, Splits } from '../data/dataset.js';
import { FathomError } from '../errors.js';
import { mul } from '../graph/index.js';
import type { Task } from '../losses/loss.js';
import { compileLoss } from '../losses/registry.js';
import { findModel } from '../models/registry.js';
import { balancers } from '../optim/balancing/registry.js';
import type { OptimizerOptions } from '../optim/optimizer.js';
import { makeOptimizer } from '../optim/registry.js';
import type { ScheduleOptions } from '../optim/schedules.js';
import type { Gaps } from './batch-inputs.js';
import type { LossChoice, LossFunction } from './chosen-loss.js';
import { fileHash, readWeights } from './initial-weights.js';
import { createNetwork, type Network } from './network.js';
import type { StepSpec } from './step.js';
import type { TrainerOptions } from './trainer.js';

/** What a run trains and how. */
export interface RunSpec {
  /** Loss expressions; the joint loss is `segmentation + weight·depth`, or what a balancing method makes of them. */
  readonly segmentation: string;
  readonly depth: string;
  readonly weight: WeightConfig;
  /** Each loss is divided by the norm of its first gradient on the shared encoder. Left out: losses as written. */
  readonly protocol?: 'normalised';
  /** Decides initial weights and the order of samples. */
  readonly seed: number;
  readonly model: ModelConfig;
  readonly train: TrainConfig;
  readonly device: 'cpu' | 'cuda' | 'webgpu';
}

/** What a run is trained and measured on. */
export interface TrainingData {
  readonly dataset: Dataset;
  readonly splits: Splits;
  readonly gaps: Gaps;
}

/** The files among `files` whose losses a run uses. */
export function usedLossFiles(
  { segmentation, depth }: RunSpec,
  files: readonly LossFile[] = [],
): readonly LossFile[] {
  const own = files.flatMap(({ losses }) => losses);
  const used = {
    segmentation: compileLoss(segmentation, 'segmentation', own).names,
    depth: compileLoss(depth, 'depth', own).names,
  };
  return files.filter(({ losses }) => losses.some(({ name, task }) => used[task].includes(name)));
}

/**
 * A hash of everything that decides a run's numbers, the text of its own losses included. Threads and machine are not
 * among it.
 */
export function runIdentity(
  spec: RunSpec,
  { dataset, splits }: TrainingData,
  files: readonly LossFile[] = [],
): string {
  const lossFiles = usedLossFiles(spec, files).map(({ hash }) => hash);
  const own = lossFiles.length > 0 ? { lossFiles } : {};
  const { init } = spec.train;
  // What the weights are counts, not where they lie.
  const weights = init && { init: { hash: fileHash(init.file), partial: init.partial } };
  const train = { ...spec.train, ...weights };
  const content = JSON.stringify({ ...spec, train, fingerprint: dataset.fingerprint, splits, ...own });
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Hashes of what decides a run beside its configuration: its data, and the files of its own losses, by name. */
export const runSources = (
  spec: RunSpec,
  { dataset, splits }: TrainingData,
  files: readonly LossFile[] = [],
): Record<string, string> => ({
  'the data': createHash('sha256')
    .update(JSON.stringify([dataset.fingerprint, splits]))
    .digest('hex')
    .slice(0, 16),
  ...(spec.train.init && { [spec.train.init.file]: fileHash(spec.train.init.file) }),
  ...Object.fromEntries(usedLossFiles(spec, files).map(({ path, hash }) => [path, hash])),
});

/**
 * The network of a run for images of `dataset`, with its weights where `train.init` names some. Throws a FathomError of
 * code `usage` when it wants backgrounds that the data set does not have, and of code `data` for weights that do not fit.
 */
export function runNetwork(
  { model, device, train }: Pick<RunSpec, 'model' | 'device' | 'train'>,
  dataset: Pick<Dataset, 'name' | 'height' | 'width' | 'hasBackground'>,
): Network {
  const background = model.input ? model.input.length === 2 : dataset.hasBackground;
  if (background && !dataset.hasBackground)
    throw new FathomError('usage', `model.input: ${dataset.name} has no backgrounds`, {
      hint: 'write model: { input: [image] }, or name the folder of backgrounds in dataset.background',
    });
  const network = createNetwork({
    model: findModel(model.kind)!,
    width: model.width,
    size: [dataset.height, dataset.width],
    background,
    // WebGPU takes only a few tensors out of one buffer.
    separate: device === 'webgpu',
  });
  return train.init ? { ...network, initial: readWeights(network, train.init) } : network;
}

/** Throws a FathomError of code `usage` when the training split does not fill one batch. */
export function requireBatch(
  { train }: Pick<RunSpec, 'train'>,
  { splits }: Pick<TrainingData, 'splits'>,
): void {
  if (splits.train.length >= train.batch) return;
  throw new FathomError(
    'usage',
    `train.batch: expected at most the ${splits.train.length} training images, got ${train.batch}`,
    { hint: 'lower train.batch, or raise dataset.count or dataset.fraction' },
  );
}

/** The optimizer's options with those that its kind does not use. */
const optimizerOptions = ({ optimizer }: TrainConfig): OptimizerOptions => ({
  betas: [0.9, 0.999],
  eps: 1e-8,
  momentum: 0,
  ...optimizer,
});

/** The schedule's options with those that its kind does not use. */
export const scheduleOptions = ({ schedule }: TrainConfig): ScheduleOptions => ({
  maxLr: 0,
  pctStart: 0.3,
  divFactor: 25,
  finalDivFactor: 1e4,
  ...schedule,
});

/** What the step of a run takes from the world around it. */
export interface StepSurroundings {
  readonly gaps: Gaps;
  /** Files of a user's own losses. */
  readonly lossFiles?: readonly LossFile[];
  /** What each loss is divided by; 1 unless given. */
  readonly norms?: Readonly<Record<Task, number>>;
  /** Expressions of the losses of all runs that the same step trains. */
  readonly among?: Readonly<Record<Task, readonly string[]>>;
}

/** A loss, ready for a graph. */
function runLoss(
  expression: string,
  task: Task,
  { lossFiles = [], norms }: Pick<StepSurroundings, 'lossFiles' | 'norms'>,
): LossFunction {
  const own = lossFiles.flatMap(({ losses }) => losses);
  const { evaluate } = compileLoss(expression, task, own);
  return norms ? (inputs) => mul(evaluate(inputs), 1 / norms[task]) : evaluate;
}

/** The two losses of a run, ready for a graph. Throws a FathomError of code `usage` for one that does not exist. */
export function runLosses(
  { segmentation, depth }: Pick<RunSpec, Task>,
  lossFiles?: readonly LossFile[],
  norms?: Readonly<Record<Task, number>>,
): Record<Task, LossFunction> {
  const surroundings = { lossFiles, norms };
  return {
    segmentation: runLoss(segmentation, 'segmentation', surroundings),
    depth: runLoss(depth, 'depth', surroundings),
  };
}

/** The step of a run. Throws a FathomError of code `usage` for a loss that does not exist. */
export function runStep(
  spec: RunSpec,
  network: Network,
  { gaps, among, ...surroundings }: StepSurroundings,
): StepSpec {
  const loss = (task: Task): LossFunction | LossChoice =>
    among
      ? {
          among: among[task].map((expression) => runLoss(expression, task, surroundings)),
          chosen: among[task].indexOf(spec[task]),
        }
      : runLoss(spec[task], task, surroundings);
  return {
    network,
    gaps,
    batch: spec.train.batch,
    losses: { segmentation: loss('segmentation'), depth: loss('depth') },
    weight: typeof spec.weight === 'number' ? spec.weight : balancers[spec.weight],
    optimizer: makeOptimizer(optimizerOptions(spec.train)),
    clipNorm: spec.train.clipNorm,
  };
}

/** What a trainer takes from the world around its run. */
export interface TrainerSurroundings
  extends StepSurroundings,
    Pick<TrainerOptions, 'compile' | 'stepsAnEpoch'> {}

/** What a trainer of this run is made from. Throws a FathomError of code `usage` for a loss that does not exist. */
export function trainerOptions(
  spec: RunSpec,
  network: Network,
  { compile, stepsAnEpoch, ...surroundings }: TrainerSurroundings,
): TrainerOptions {
  return { ...runStep(spec, network, surroundings), seed: spec.seed, compile, stepsAnEpoch };
}
