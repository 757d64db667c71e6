/** The loop of a run: epochs of training steps, each followed by validation, a checkpoint and its records. */
import { FathomError } from '../errors.js';
import { finalize } from '../metrics/finalize.js';
import type { SumName } from '../metrics/sums.js';
import type { Schedule } from '../optim/schedules.js';
import { type Background, withBackground } from './background.js';
import { type CheckpointNetwork, type CheckpointProgress, startCheckpoint } from './checkpoint.js';
import type { Clock } from './clock.js';
import type { Evaluator, Measurement, PredictedSample } from './evaluation.js';
import type { EpochRecord, HistoryRecord, StepRecord } from './history.js';
import { runFiles } from './run-folder.js';
import type { RunSpec, TrainingData } from './run-spec.js';
import type { Probe } from './shared-gradients.js';
import type { Trainer } from './trainer.js';
import { trainingBatches } from './training-batches.js';
import { type DraftFile, publishInOrder } from './write-file.js';

/** Hears of a run's progress; what it does is not part of the numbers. */
export interface RunObserver {
  step?(record: StepRecord, total: { readonly steps: number; readonly epochs: number }): void;
  /**
   * After an epoch, with predictions of a few validation images that stay the same; `names` are those of the sums. The next epoch
   * waits for it, so what takes long is begun here and goes on beside training.
   */
  epoch?(
    record: EpochRecord,
    predictions: readonly PredictedSample[],
    names: readonly SumName[],
  ): Promise<void>;
}

/** What {@link runEpochs} works with. */
export interface EpochsOptions {
  readonly folder: string;
  readonly spec: RunSpec;
  readonly data: TrainingData;
  readonly trainer: Trainer;
  readonly evaluator: Evaluator;
  readonly schedule: Schedule;
  /** Where the run stands; all zeros for a new one. */
  readonly progress: CheckpointProgress;
  readonly network: CheckpointNetwork;
  /** Validation samples to predict after each epoch. */
  readonly shown: readonly number[];
  /** Measures the cosine of both gradients before every `cosineEvery`-th step, from the first on. */
  readonly probe?: Probe;
  readonly cosineEvery?: number;
  readonly append: (record: HistoryRecord) => void;
  readonly clock: Clock;
  readonly observer: RunObserver;
  readonly signal?: AbortSignal;
  /** Milliseconds since some moment. */
  readonly now: () => number;
}

/**
 * What validation maximises to choose the checkpoint: `mIoU − RMSE`, with RMSE on the 0–1 scale. Both lie in 0–1, so
 * neither task decides alone; a metric without valid pixels counts 0.
 */
export const selectionScore = ({ miou = 0, mrmse = 0 }: Readonly<Record<string, number>>): number =>
  miou - mrmse;

/** Throws a FathomError of code `failed-arms` when a prediction is not finite: the last step broke the weights. */
export function requireFinite({ rows }: Measurement, step: number): void {
  if (!rows.every((row) => row.every(Number.isFinite)))
    throw new FathomError('failed-arms', `predictions became NaN at step ${step}`, {
      hint: 'lower the learning rate, or set train.clipNorm',
    });
}

/** Whether validation has not improved for as many epochs as `train.earlyStop` allows. */
const isExhausted = (
  { train: { earlyStop } }: RunSpec,
  { epoch, bestEpoch }: Pick<CheckpointProgress, 'epoch' | 'bestEpoch'>,
): boolean => earlyStop !== undefined && epoch - bestEpoch >= earlyStop.patience;

/** Trains to the last epoch, or until `train.earlyStop` ends it. Throws the reason of `signal` when it is aborted. Returns where the run then stands. */
export function runEpochs(options: EpochsOptions): Promise<CheckpointProgress> {
  return withBackground((checkpoints) => trainEpochs(options, checkpoints));
}

/** Checkpoints are written until the second step of an epoch, which overwrites the state that they are written from. */
async function trainEpochs(options: EpochsOptions, checkpoints: Background): Promise<CheckpointProgress> {
  const { spec, data, trainer, evaluator, append, clock, observer, signal, now } = options;
  const { probe, cosineEvery = 1 } = options;
  const { epochs, batch } = spec.train;
  const stepsAnEpoch = Math.floor(data.splits.train.length / batch);
  const total = { steps: stepsAnEpoch * epochs, epochs };
  const startedAt = now();
  const seconds = () => options.progress.seconds + (now() - startedAt) / 1000;
  let progress = options.progress;

  for (let epoch = progress.epoch + 1; epoch <= epochs && !isExhausted(spec, progress); epoch++) {
    const sums = { loss: 0, segmentationLoss: 0, depthLoss: 0 };
    let idleSince = now();
    for await (const images of trainingBatches(spec, data, trainer, epoch, signal)) {
      const received = now();
      if (trainer.steps > progress.step) await checkpoints.ended();
      const probed = trainer.steps % cosineEvery === 0 && (await probe?.measure(images, trainer.weights));
      const begun = now();
      const learningRate = options.schedule(trainer.steps + 1, total.steps);
      const taken = await trainer.step(images, learningRate);
      const {
        loss,
        segmentationLoss,
        depthLoss,
        weights,
        cosine = probed ? probed.cosine : undefined,
      } = taken;
      const ended = now();
      const record: StepRecord = {
        kind: 'step',
        step: trainer.steps,
        epoch,
        seconds: seconds(),
        learningRate,
        loss,
        segmentationLoss,
        depthLoss,
        weights,
        ...(cosine !== undefined && { cosine }),
        stepMs: ended - begun,
        waitMs: received - idleSince,
      };
      clock.add('steps', record.stepMs);
      clock.add('data', record.waitMs);
      append(record);
      observer.step?.(record, total);
      sums.loss += loss;
      sums.segmentationLoss += segmentationLoss;
      sums.depthLoss += depthLoss;
      idleSince = now();
    }

    const measured = await clock.time('validation', () =>
      evaluator.measure(trainer.weights, data.dataset, data.splits.validation, {
        shown: options.shown,
        signal,
      }),
    );
    requireFinite(measured, trainer.steps);
    const validation = finalize(measured.rows, measured.names, { batch, maxDepth: data.dataset.maxDepth });
    const score = selectionScore(validation);
    const best = progress.bestScore === null || score > progress.bestScore;
    progress = {
      ...progress,
      step: trainer.steps,
      epoch,
      seconds: seconds(),
      ...(best && { bestEpoch: epoch, bestScore: score }),
    };
    const record: EpochRecord = {
      kind: 'epoch',
      epoch,
      step: trainer.steps,
      seconds: seconds(),
      loss: sums.loss / stepsAnEpoch,
      segmentationLoss: sums.segmentationLoss / stepsAnEpoch,
      depthLoss: sums.depthLoss / stepsAnEpoch,
      validation,
      best,
    };
    append(record);
    const drafts = startCheckpoints(options, progress, best);
    // The last one comes last: a kill before it repeats the epoch, which writes the same best again.
    await checkpoints.start(() => publishInOrder(drafts));
    await observer.epoch?.(record, measured.predictions, measured.names);
  }
  return progress;
}

/** Starts to write the best checkpoint, if this is it, and the last. */
function startCheckpoints(
  { folder, trainer, network }: EpochsOptions,
  progress: CheckpointProgress,
  best: boolean,
): DraftFile[] {
  const files = runFiles(folder);
  const last = startCheckpoint(files.last, { tensors: trainer.tensors(), progress, network });
  if (!best) return [last];
  return [startCheckpoint(files.best, { tensors: trainer.weightTensors(), progress, network }), last];
}
