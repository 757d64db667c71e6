/** Carries out a study: one data set for all arms, run after run, whatever becomes of each. */
import { join } from 'node:path';
import { stringifyConfig } from '../config/index.js';
import type { ResolvedConfig } from '../config/schema.js';
import { FathomError } from '../errors.js';
import { compile as compileGraph } from '../runtime/node.js';
import type { RunObserver } from '../train/epochs.js';
import { type Compile, createEvaluatorPool, type EvaluatorPool } from '../train/evaluation.js';
import { shownPrediction } from '../train/predictions-file.js';
import { trainRun } from '../train/run.js';
import { type RunOutcome, readRunState } from '../train/run-folder.js';
import { requireBatch, runIdentity, runNetwork } from '../train/run-spec.js';
import { jsonText, writeFileWhole } from '../train/write-file.js';
import { measureControls } from './controls.js';
import { openStudyData, type StudyData } from './open-data.js';
import {
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
}

/** Everything the runs of a study share. */
interface Workshop {
  readonly options: StudyOptions;
  readonly data: StudyData;
  readonly compile: Compile;
  readonly evaluators: EvaluatorPool;
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
  const { config, folder, cache, observer = {}, signal } = options;
  const plan = planStudy(config);
  const data = await openStudyData(config, { cache, signal, onProgress: observer.data });
  const compile: Compile = (outputs) =>
    compileGraph(outputs, { device: config.device, threads: config.threads });
  const evaluators = createEvaluatorPool(compile);
  try {
    await requireFit(options, data);
    const files = studyFiles(folder);
    const record: StudyRecord = { ...plan, dataset: describeData(data) };
    await writeFileWhole(files.config, stringifyConfig(config));
    await writeFileWhole(files.plan, jsonText(record));
    await writeFileWhole(files.controls, jsonText(await measureControls(data, config.train.batch)));
    const runs = plannedRuns(plan);
    for (const [index, { arm, run }] of runs.entries()) {
      const heard = observer.run?.(arm, run, index, runs.length) ?? {};
      const outcome = await executeRun({ options, data, compile, evaluators }, arm, run, heard);
      heard.done?.(outcome);
    }
  } finally {
    await evaluators.dispose();
    await data.close();
  }
}

/** Throws a FathomError of code `usage` when a run cannot start, before the first one does. */
async function requireFit({ config, folder }: StudyOptions, data: StudyData): Promise<void> {
  for (const { arm, run } of plannedRuns(planStudy(config))) {
    const spec = runSpec(config, arm, run.seed);
    requireBatch(spec, data);
    runNetwork(spec, data.dataset);
    const state = await readRunState(join(folder, run.folder));
    if (state && state.identity !== runIdentity(spec, data))
      throw new FathomError('usage', `${join(folder, run.folder)}: holds a run of another configuration`, {
        hint: 'give another --out, or delete the folder to train it anew',
      });
  }
}

async function executeRun(
  { options, data, compile, evaluators }: Workshop,
  arm: PlannedArm,
  run: PlannedRun,
  heard: ReturnType<NonNullable<StudyObserver['run']>>,
): Promise<RunOutcome> {
  const { config, signal } = options;
  const folder = join(options.folder, run.folder);
  const pictures: PictureOptions = { title: runTitle(arm, run), ...describeData(data) };
  try {
    const before = await readRunState(folder);
    const outcome = await trainRun({
      folder,
      spec: runSpec(config, arm, run.seed),
      data,
      configText: stringifyConfig(runConfig(config, arm, run.seed)),
      compile,
      evaluators,
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
    if (before?.outcome !== outcome) await drawRun(folder, pictures);
    return outcome;
  } catch (error) {
    const outcome = (await readRunState(folder))?.outcome;
    // What stops every run stops the study; what stops this one is a result.
    const stops = signal?.aborted || (error instanceof FathomError && error.code !== 'failed-arms');
    if (stops || outcome?.status !== 'failed') throw error;
    return outcome;
  }
}
