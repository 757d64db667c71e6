/** Carries out a study: one data set for all arms, run after run, whatever becomes of each. */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type LossFile, loadLossFiles, stringifyConfig } from '../config/index.js';
import type { ResolvedConfig } from '../config/schema.js';
import { FathomError } from '../errors.js';
import { createExecutablePool, type ExecutablePool } from '../runtime/executable-pool.js';
import { compile as compileGraph } from '../runtime/node.js';
import { requireDevice } from '../runtime/require-device.js';
import { withBackground } from '../train/background.js';
import { type Clock, createClock } from '../train/clock.js';
import type { RunObserver } from '../train/epochs.js';
import { type Compile, createEvaluatorPool, type EvaluatorPool } from '../train/evaluation.js';
import type { NormPool } from '../train/initial-norms.js';
import { shownPrediction } from '../train/predictions-file.js';
import { trainRun } from '../train/run.js';
import { type RunOutcome, readRunState } from '../train/run-folder.js';
import { requireBatch, runIdentity, runNetwork, runSources } from '../train/run-spec.js';
import { jsonText, writeFileWhole } from '../train/write-file.js';
import { changedRun } from './changed-run.js';
import { measureControls } from './controls.js';
import { lockFolder } from './lock.js';
import { openStudyData, type StudyData } from './open-data.js';
import {
  cosineInterval,
  type PlannedArm,
  type PlannedRun,
  plannedRuns,
  planStudy,
  runConfig,
  runSpec,
  runTitle,
} from './plan.js';
import { drawRun, drawSamples, type PictureOptions } from './run-pictures.js';
import { describeData, type StudyRecord, studyFiles } from './study-folder.js';

/** Hears of a study's progress. */
export interface StudyObserver {
  /** While the data set is read for the first time. */
  data?(done: number, total: number): void;
  /** Before a run; `index` counts from 0. What it returns hears of the run. */
  run?(
    arm: PlannedArm,
    run: PlannedRun,
    index: number,
    total: number,
  ): Pick<RunObserver, 'step'> & {
    epoch?: (record: Parameters<NonNullable<RunObserver['epoch']>>[0]) => void;
    done?: (outcome: RunOutcome) => void;
  };
}

/** Options of {@link executeStudy}. */
export interface StudyOptions {
  readonly config: ResolvedConfig;
  /** The study's folder, made if needed. */
  readonly folder: string;
  /** Folder of decoded samples; studies may share it. */
  readonly cache: string;
  readonly observer?: StudyObserver;
  readonly signal?: AbortSignal;
  /** Hears where the time goes. */
  readonly clock?: Clock;
}

/** A run of the plan and its folder. */
interface PlacedRun {
  readonly arm: PlannedArm;
  readonly run: PlannedRun;
  readonly path: string;
}

/** Everything the runs of a study share. */
interface Workshop {
  readonly options: StudyOptions;
  readonly data: StudyData;
  readonly lossFiles: readonly LossFile[];
  readonly compile: Compile;
  /** Compiled graphs that later runs will need again. */
  readonly steps: ExecutablePool;
  readonly evaluators: EvaluatorPool;
  readonly norms: NormPool;
  readonly clock: Clock;
}

/**
 * Carries out a study in its folder, or continues one: runs that have finished are kept. A run that fails is recorded
 * with its cause, and the next one starts.
 *
 * Throws a FathomError before any training when a file of the data is bad (code `data`), when the configuration does
 * not fit the data or the folder holds runs of another one (code `usage`); later only when nothing more can run, and
 * the reason of `signal` when it is aborted.
 *
 * @example await executeStudy({ config: await loadConfig(), folder: 'runs/study', cache: '.fathom/cache' })
 */
export async function executeStudy(options: StudyOptions): Promise<void> {
  const { config, folder, observer = {} } = options;
  const plan = planStudy(config);
  const runs = plannedRuns(plan).map(({ arm, run }) => ({ arm, run, path: join(folder, run.folder) }));
  await withWorkshop(options, async (workshop) => {
    const { data, steps } = workshop;
    for (const planned of runs) await requireFit(workshop, planned);
    const files = studyFiles(folder);
    const record: StudyRecord = { ...plan, dataset: describeData(data) };
    await writeFileWhole(files.config, stringifyConfig(config));
    await writeFileWhole(files.plan, jsonText(record));
    await writeFileWhole(files.controls, jsonText(await measureControls(data, config.train.batch, folder)));
    const graphs = runs.map((planned) => graphIdentity(workshop, planned));
    // The pictures of a run are finished on other threads while the next one is compiled.
    await withBackground(async (background) => {
      for (const [index, planned] of runs.entries()) {
        const heard = observer.run?.(planned.arm, planned.run, index, runs.length) ?? {};
        const neededAgain = graphs.includes(graphs[index], index + 1);
        const compile: Compile = (outputs) => steps.compile(outputs, () => neededAgain && hasRoom());
        const { outcome, draw } = await executeRun(workshop, planned, heard, compile);
        heard.done?.(outcome);
        await background.start(draw);
      }
    });
  });
}

/**
 * Carries out the first run of a configuration's plan alone, with `folder` as the run's own. Throws as
 * {@link executeStudy} does; a run that fails is an outcome here too.
 */
export async function executeFirstRun(options: StudyOptions): Promise<RunOutcome> {
  const planned = { ...plannedRuns(planStudy(options.config))[0], path: options.folder };
  return withWorkshop(options, async (workshop) => {
    await requireFit(workshop, planned);
    const heard = options.observer?.run?.(planned.arm, planned.run, 0, 1) ?? {};
    const { outcome, draw } = await executeRun(workshop, planned, heard, workshop.compile);
    await draw();
    heard.done?.(outcome);
    return outcome;
  });
}

async function withWorkshop<T>(options: StudyOptions, work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const release = await lockFolder(options.folder);
  try {
    return await workIn(options, work);
  } finally {
    await release();
  }
}

async function workIn<T>(options: StudyOptions, work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const { config, cache, observer, signal } = options;
  const { clock = createClock() } = options;
  // Before the data: reading them may take minutes.
  await clock.time('sessions', () => requireDevice(config.device));
  const lossFiles = await loadLossFiles(config.losses);
  const data = await clock.time('data', () =>
    openStudyData(config, { cache, signal, onProgress: observer?.data }),
  );
  const runtime = { device: config.device, threads: config.threads, optimise: false };
  const compile: Compile = (outputs) => compileGraph(outputs, runtime);
  const steps = createExecutablePool(runtime);
  // After a validation come files and figures, on other threads too.
  const evaluators = createEvaluatorPool((outputs) => compileGraph(outputs, { ...runtime, spin: false }));
  try {
    return await work({ options, data, lossFiles, compile, steps, evaluators, norms: new Map(), clock });
  } finally {
    await steps.dispose();
    await evaluators.dispose();
    await data.close();
  }
}

/** The same for runs that differ in their seed alone. */
const graphIdentity = ({ options: { config }, data, lossFiles }: Workshop, { arm }: PlacedRun): string =>
  runIdentity(runSpec(config, arm, 0), data, lossFiles);

/** Share of the machine's memory up to which compiled steps are kept; each holds the memory of its activations. */
const memoryShare = 1 / 3;

const hasRoom = () =>
  process.memoryUsage.rss() < memoryShare * Math.min(totalmem(), process.constrainedMemory() || Infinity);

/** Throws a FathomError of code `usage` when a run cannot start; all are asked before the first one does. */
async function requireFit(
  { options: { config }, data, lossFiles }: Workshop,
  { arm, run, path }: PlacedRun,
): Promise<void> {
  const spec = runSpec(config, arm, run.seed);
  requireBatch(spec, data);
  runNetwork(spec, data.dataset);
  const found = await readRunState(path);
  if (!found || found.identity === runIdentity(spec, data, lossFiles)) return;
  throw await changedRun(path, found, {
    configText: stringifyConfig(runConfig(config, arm, run.seed)),
    sources: runSources(spec, data, lossFiles),
  });
}

/** A run that has ended, and what draws its pictures. */
interface ExecutedRun {
  readonly outcome: RunOutcome;
  draw(): Promise<void>;
}

async function executeRun(
  { options, data, lossFiles, evaluators, norms, clock }: Workshop,
  { arm, run, path: folder }: PlacedRun,
  heard: ReturnType<NonNullable<StudyObserver['run']>>,
  compile: Compile,
): Promise<ExecutedRun> {
  const { config, signal } = options;
  const spec = runSpec(config, arm, run.seed);
  const pictures: PictureOptions = { title: runTitle(arm, run), ...describeData(data) };
  try {
    const before = await readRunState(folder);
    const outcome = await trainRun({
      folder,
      spec,
      data,
      lossFiles,
      configText: stringifyConfig(runConfig(config, arm, run.seed)),
      compile,
      evaluators,
      norms,
      cosineEvery: cosineInterval(config),
      clock,
      threads: config.threads,
      figureRows: config.figures.rows,
      signal,
      observer: {
        step: heard.step,
        async epoch(record, predictions, names) {
          heard.epoch?.(record);
          const shown = predictions.map((prediction) => shownPrediction(prediction, names));
          await drawSamples(folder, record.epoch, shown, pictures);
        },
      },
    });
    const isNew = before?.outcome !== outcome;
    return { outcome, draw: async () => (isNew ? drawRun(folder, pictures) : undefined) };
  } catch (error) {
    const outcome = (await readRunState(folder))?.outcome;
    // What stops every run stops the study; what stops this one is a result.
    const stops = signal?.aborted || (error instanceof FathomError && error.code !== 'failed-arms');
    if (stops || outcome?.status !== 'failed') throw error;
    return { outcome, draw: async () => {} };
  }
}
