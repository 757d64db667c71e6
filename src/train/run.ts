/** One run in its folder: trains, or continues where it stood, then reads the test split once and says how it went. */
import { appendFileSync, existsSync } from 'node:fs';
import type { LossFile } from '../config/loss-files.js';
import type { Dataset } from '../data/dataset.js';
import { FathomError } from '../errors.js';
import { GraphError } from '../graph/index.js';
import { balancers } from '../optim/balancing/registry.js';
import { makeSchedule } from '../optim/schedules.js';
import { openHistory } from '../tracking/history.js';
import { openEventFile } from '../tracking/tensorboard.js';
import { type CheckpointNetwork, type CheckpointProgress, readCheckpoint } from './checkpoint.js';
import { type Clock, createClock } from './clock.js';
import { describeEnvironment } from './environment.js';
import { epochHeader, epochLine } from './epoch-line.js';
import { type RunObserver, runEpochs } from './epochs.js';
import type { Compile, EvaluatorPool } from './evaluation.js';
import type { HistoryRecord } from './history.js';
import { initialNorms, type NormPool } from './initial-norms.js';
import { initialState, type Network, type StateBuffers } from './network.js';
import { runPairing } from './pairing.js';
import {
  hasFinished,
  type RunOutcome,
  type RunState,
  readRunState,
  requireSameRun,
  runFiles,
  writeRunState,
} from './run-folder.js';
import {
  type RunSpec,
  requireBatch,
  runIdentity,
  runLosses,
  runNetwork,
  runSources,
  type StepSurroundings,
  scheduleOptions,
  type TrainingData,
  trainerOptions,
} from './run-spec.js';
import { createProbe, type Probe } from './shared-gradients.js';
import { spread, testRun } from './test-run.js';
import { createTrainer, type Trainer } from './trainer.js';
import { appending, jsonText, removeDrafts, writeFileWhole } from './write-file.js';

/** Options of {@link trainRun}. */
export interface RunOptions {
  readonly folder: string;
  readonly spec: RunSpec;
  readonly data: TrainingData;
  /** The configuration of this run alone, kept as `config.yaml`. */
  readonly configText: string;
  readonly compile: Compile;
  /** Compiles the step; `compile` unless given. */
  readonly compileStep?: Compile;
  /** See {@link StepSurroundings.among}. */
  readonly among?: StepSurroundings['among'];
  /** Files of a user's own losses. */
  readonly lossFiles?: readonly LossFile[];
  /** Shared by runs of one network. */
  readonly evaluators: EvaluatorPool;
  /** Shared by runs of the normalised protocol. */
  readonly norms?: NormPool;
  /** Steps from one measurement of the cosine between both gradients to the next; none unless given. */
  readonly cosineEvery?: number;
  /** Threads of the CPU, for the record. */
  readonly threads: number;
  /** Images in each figure. */
  readonly figureRows: number;
  /** Hears where the time goes. */
  readonly clock?: Clock;
  readonly observer?: RunObserver;
  readonly signal?: AbortSignal;
}

/** Steps before the time of a step is taken: memory and caches settle. */
const warmUpSteps = 3;

/**
 * Trains one run, or continues it; a run that has finished is not trained again.
 *
 * Throws a FathomError of code `usage` when the folder holds a run of another configuration, of code `failed-arms`
 * when the run diverged, and the reason of `signal` when it was aborted. `status.json` says the same.
 */
export async function trainRun(options: RunOptions): Promise<RunOutcome> {
  const { folder, spec, data, signal } = options;
  const identity = runIdentity(spec, data, options.lossFiles);
  const found = await readRunState(folder);
  requireSameRun(folder, found, identity);
  if (hasFinished(found)) return found.outcome;
  requireBatch(spec, data);

  const files = runFiles(folder);
  const network = runNetwork(spec, data.dataset);
  const weights = initialState(network, spec.seed);
  const state: RunState = {
    state: 'running',
    identity,
    pairing: runPairing(spec, data, weights),
    norms: found?.norms,
    sources: runSources(spec, data, options.lossFiles),
    seed: spec.seed,
    epochs: spec.train.epochs,
    started: found?.started ?? new Date().toISOString(),
  };
  await writeRunState(folder, state);
  await writeFileWhole(files.config, options.configText);
  const log = (line: string) => appending(files.log, () => appendFileSync(files.log, `${line}\n`));
  const startedAt = performance.now();
  try {
    const outcome = await trainAndTest(options, { network, weights, state, log });
    await writeRunState(folder, { ...state, state: outcome.status, outcome });
    log(`${outcome.status}${outcome.cause ? `: ${outcome.cause}` : ''}, ${outcome.seconds.toFixed(1)} s`);
    return outcome;
  } catch (error) {
    // What is wrong with the machine or its disk says nothing about the losses.
    const status = signal?.aborted || isOfMachine(error) ? 'interrupted' : 'failed';
    const cause = causeOf(error);
    const seconds = (performance.now() - startedAt) / 1000;
    const outcome = {
      status,
      cause,
      seconds,
      stepMs: 0,
      parameters: network.parameterCount,
      metrics: {},
    } as const;
    // On a full disk this fails too; what stopped the run is the better message.
    try {
      await writeRunState(folder, { ...state, state: status, outcome });
      log(`${status}: ${cause}`);
    } catch (second) {
      throw isOfMachine(error) ? error : second;
    }
    throw error;
  }
}

const isOfMachine = (error: unknown): boolean =>
  error instanceof FathomError && (error.code === 'data' || error.code === 'device');

/** An error in a line; what runtimes say of memory in plain words first. */
function causeOf(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  const outOfMemory = /bad_alloc|bad allocation|allocate memory|out of memory/i.test(line);
  return outOfMemory ? `out of memory: ${line}` : line;
}

interface RunContext {
  readonly network: Network;
  /** Before training. */
  readonly weights: StateBuffers;
  state: RunState;
  readonly log: (line: string) => void;
}

/** The step of a run, compiled. A loss that cannot be built fails this run alone. */
async function openTrainer(options: RunOptions, { network, weights, state }: RunContext): Promise<Trainer> {
  const { folder, spec, data, compile, compileStep = compile, among, lossFiles } = options;
  const { norms: pool = new Map() } = options;
  const stepsAnEpoch = Math.floor(data.splits.train.length / spec.train.batch);
  try {
    if (spec.protocol === 'normalised' && !state.norms) {
      const losses = runLosses(spec, lossFiles);
      state.norms = await initialNorms({ spec, data, network, losses, compile, pool });
      await writeRunState(folder, state);
    }
    const { norms } = state;
    const trained = { gaps: data.gaps, compile: compileStep, among, lossFiles, stepsAnEpoch, norms };
    return await createTrainer({ ...trainerOptions(spec, network, trained), weights });
  } catch (error) {
    if (!(error instanceof GraphError) && !(error instanceof FathomError && error.code === 'usage'))
      throw error;
    const { message, hint } = error as FathomError;
    throw new FathomError('failed-arms', message, { hint, cause: error });
  }
}

/** Measures the cosine of both gradients now and then, unless the balancing method has it at every step. */
async function openProbe(
  { spec, data, compile, lossFiles, cosineEvery = 0 }: RunOptions,
  { network, state: { norms } }: RunContext,
): Promise<Probe | undefined> {
  const { weight, train } = spec;
  if (cosineEvery === 0 || (typeof weight === 'string' && balancers[weight].kind === 'gradients'))
    return undefined;
  const losses = runLosses(spec, lossFiles, norms);
  return createProbe({ network, batch: train.batch, gaps: data.gaps, losses, compile });
}

async function trainAndTest(options: RunOptions, context: RunContext): Promise<RunOutcome> {
  const { network, state, log } = context;
  const { folder, spec, data, clock = createClock(), observer = {} } = options;
  const now = () => performance.now();
  const files = runFiles(folder);
  const { batch, epochs } = spec.train;
  const { evaluator, trainer, probe } = await clock.time('sessions', async () => ({
    evaluator: await options.evaluators.get({ network, batch, gaps: data.gaps }),
    trainer: await openTrainer(options, context),
    probe: await openProbe(options, context),
  }));
  // Sessions are no time of the run: the first one would pay for those that share them.
  const startedAt = now();
  const started = await resume(files.last, trainer, state);
  await writeFileWhole(
    files.environment,
    jsonText({
      ...describeEnvironment(spec.device, options.threads),
      parameters: network.parameterCount,
      dataset: data.dataset.fingerprint,
      identity: state.identity,
    }),
  );
  const history = openHistory(files.history, { upToStep: started.step });
  const events = openEventFile(files.events, {
    startedAt: Date.parse(state.started) / 1000,
    records: history.kept,
  });
  const records: HistoryRecord[] = [...history.kept];
  log(started.epoch > 0 ? `continues after epoch ${started.epoch}` : epochHeader);
  try {
    const trained = await runEpochs({
      ...{ folder, spec, data, trainer, evaluator, clock, observer, now, signal: options.signal, probe },
      cosineEvery: options.cosineEvery,
      schedule: makeSchedule(scheduleOptions(spec.train), spec.train.optimizer.lr),
      progress: { ...started, seconds: started.seconds + (now() - startedAt) / 1000 },
      network: checkpointNetwork(network, data.dataset),
      // Half as many as in the figure of a run: there is a picture an epoch, and it is drawn beside training.
      shown: spread(data.splits.validation, Math.ceil(options.figureRows / 2)),
      append(record) {
        records.push(record);
        appending(files.history, () => history.append(record));
        appending(files.events, () => events.append(record));
        if (record.kind === 'epoch') log(epochLine(record, epochs));
      },
    });
    if (trained.epoch < epochs)
      log(`stopped after epoch ${trained.epoch}: nothing better since epoch ${trained.bestEpoch}`);
    const testedAt = now();
    const weights = trained.epoch === trained.bestEpoch ? trainer.weights : undefined;
    const tested = await testRun({ ...options, network, evaluator, weights, clock });
    const times = records.flatMap((record) =>
      record.kind === 'step' && record.step > warmUpSteps ? [record.stepMs] : [],
    );
    return {
      ...tested,
      seconds: trained.seconds + (now() - testedAt) / 1000,
      stepMs: median(
        times.length > 0 ? times : records.flatMap((r) => (r.kind === 'step' ? [r.stepMs] : [])),
      ),
      parameters: network.parameterCount,
      bestEpoch: trained.bestEpoch,
      ...(trained.epoch < epochs && { stoppedAfter: trained.epoch }),
    };
  } finally {
    history.close();
    events.close();
    for (const checkpoint of [files.best, files.last]) removeDrafts(checkpoint);
    await clock.time('sessions', async () => {
      await trainer.dispose();
      await probe?.dispose();
    });
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const checkpointNetwork = (network: Network, dataset: Dataset): CheckpointNetwork => ({
  model: network.spec.model.name,
  width: network.spec.width,
  size: [dataset.height, dataset.width],
  background: network.spec.background,
  maxDepth: dataset.maxDepth,
  depthUnit: dataset.depthUnit,
});

/** Puts the trainer where the last checkpoint of this run stands; without one, at the beginning. */
async function resume(
  file: string,
  trainer: Trainer,
  { identity, seed }: RunState,
): Promise<CheckpointProgress> {
  const start = { step: 0, epoch: 0, seed, seconds: 0, bestEpoch: 0, bestScore: null, identity };
  if (!existsSync(file)) return start;
  const { tensors, progress } = await readCheckpoint(file);
  if (progress.identity !== identity) return start;
  trainer.restore(tensors, progress.step);
  return progress;
}
