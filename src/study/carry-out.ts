/** Carries out the runs of a study on data that are at hand: one after another, whatever becomes of each. */
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type LossFile, stringifyConfig } from '../config/index.js';
import { FathomError } from '../errors.js';
import type { OnnxProgram } from '../onnx/lower.js';
import type { RuntimeOptions } from '../runtime/executable.js';
import { createExecutablePool, type ExecutablePool } from '../runtime/executable-pool.js';
import { compile as compileGraph, lowerFor } from '../runtime/node.js';
import type { Clock } from '../train/clock.js';
import { type Compile, createEvaluatorPool, type EvaluatorPool } from '../train/evaluation.js';
import type { NormPool } from '../train/initial-norms.js';
import { shownPrediction } from '../train/predictions-file.js';
import { type RunOptions, trainRun } from '../train/run.js';
import { type RunOutcome, readRunState } from '../train/run-folder.js';
import { runIdentity, runNetwork, runSources } from '../train/run-spec.js';
import { jsonText, writeFileWhole } from '../train/write-file.js';
import { changedRun } from './changed-run.js';
import { measureControls } from './controls.js';
import type { StudyObserver, StudyOptions } from './execute.js';
import { lowerAhead } from './lower-ahead.js';
import type { StudyData } from './open-data.js';
import { type Pictures, runPictures } from './pictures.js';
import {
  cosineInterval,
  type PlannedArm,
  type PlannedRun,
  plannedRuns,
  runConfig,
  runSpec,
  runTitle,
  type StudyPlan,
} from './plan.js';
import { sharedSteps } from './shared-steps.js';
import { describeData, type StudyRecord, studyFiles } from './study-folder.js';

/** A study that can begin. */
export interface Study {
  readonly options: StudyOptions;
  readonly plan: StudyPlan;
  readonly data: StudyData;
  readonly lossFiles: readonly LossFile[];
  readonly clock: Clock;
  readonly pictures: Pictures;
}

/** Everything the runs of a study share. */
interface Workshop extends Study {
  readonly runtime: RuntimeOptions;
  readonly compile: Compile;
  /** Compiled graphs that later runs will need again. */
  readonly steps: ExecutablePool;
  readonly evaluators: EvaluatorPool;
  readonly norms: NormPool;
}

/** What compiles the graphs of a run. */
type Compiles = Pick<RunOptions, 'compile' | 'compileStep' | 'among'>;

/** A run of the plan and its folder. */
interface PlacedRun {
  readonly arm: PlannedArm;
  readonly run: PlannedRun;
  readonly path: string;
}

/** Carries out all runs; see `executeStudy`. */
export async function carryOutStudy(study: Study): Promise<void> {
  const { options, plan, data } = study;
  const { config, folder, observer = {} } = options;
  const runs = plannedRuns(plan).map(({ arm, run }) => ({ arm, run, path: join(folder, run.folder) }));
  for (const planned of runs) await requireFit(study, planned);
  const files = studyFiles(folder);
  const record: StudyRecord = { ...plan, dataset: describeData(data) };
  await writeFileWhole(files.config, stringifyConfig(config));
  await writeFileWhole(files.plan, jsonText(record));
  await writeFileWhole(files.controls, jsonText(await measureControls(data, config.train.batch, folder)));
  const specs = runs.map(({ arm, run }) => runSpec(config, arm, run.seed));
  const steps = sharedSteps(specs, study);
  await withWorkshop(study, async (workshop) => {
    const programs = new Map<string, OnnxProgram>();
    const lowerNext = async (next: number) => {
      const { key } = steps[next];
      const program = await lowerAhead(study, specs[next], steps[next], runs[next].path);
      if (program && !programs.has(key)) programs.set(key, program);
    };
    for (const [index, planned] of runs.entries()) {
      const heard = observer.run?.(planned.arm, planned.run, index, runs.length) ?? {};
      const { key, among } = steps[index];
      const later = steps.slice(index + 1);
      const neededAgain = later.some((step) => step.key === key);
      const keep = () => neededAgain && hasRoom();
      const [next] = later;
      if (next && next.key !== key && !programs.has(next.key)) void lowerNext(index + 1);
      const lower = async (outputs: Parameters<Compile>[0]) => {
        // Where it is not ready in time, the run lowers its step itself.
        const program = programs.get(key) ?? (await lowerFor(outputs, workshop.runtime));
        programs.set(key, program);
        return program;
      };
      const compiles: Compiles = {
        among,
        compile: (outputs) => workshop.steps.compile(outputs, keep),
        compileStep: (outputs) => workshop.steps.get(key, () => lower(outputs), keep),
      };
      heard.done?.(await executeRun(workshop, planned, heard, compiles));
      if (!neededAgain) programs.delete(key);
    }
  });
}

/** Carries out the first run; see `executeFirstRun`. */
export async function carryOutFirstRun(study: Study): Promise<RunOutcome> {
  const { folder, observer } = study.options;
  const planned = { ...plannedRuns(study.plan)[0], path: folder };
  await requireFit(study, planned);
  return withWorkshop(study, async (workshop) => {
    const heard = observer?.run?.(planned.arm, planned.run, 0, 1) ?? {};
    const outcome = await executeRun(workshop, planned, heard, workshop);
    heard.done?.(outcome);
    return outcome;
  });
}

async function withWorkshop<T>(study: Study, work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const { device, threads } = study.options.config;
  const runtime: RuntimeOptions = { device, threads, optimise: false };
  const compile: Compile = (outputs) => compileGraph(outputs, runtime);
  const steps = createExecutablePool(runtime);
  // After a validation come files and figures, on other threads too.
  const evaluators = createEvaluatorPool((outputs) => compileGraph(outputs, { ...runtime, spin: false }));
  // Its thread loads what draws while the first step is compiled on one core.
  study.pictures.prepare();
  try {
    return await work({ ...study, runtime, compile, steps, evaluators, norms: new Map() });
  } finally {
    await steps.dispose();
    await evaluators.dispose();
  }
}

/** Share of the machine's memory up to which compiled steps are kept; each holds the memory of its activations. */
const memoryShare = 1 / 3;

const hasRoom = () =>
  process.memoryUsage.rss() < memoryShare * Math.min(totalmem(), process.constrainedMemory() || Infinity);

/** Throws a FathomError of code `usage` when a run cannot start; all are asked before the first one does. */
async function requireFit(
  { options: { config }, data, lossFiles }: Study,
  { arm, run, path }: PlacedRun,
): Promise<void> {
  const spec = runSpec(config, arm, run.seed);
  runNetwork(spec, data.dataset);
  const found = await readRunState(path);
  if (!found || found.identity === runIdentity(spec, data, lossFiles)) return;
  throw await changedRun(path, found, {
    configText: stringifyConfig(runConfig(config, arm, run.seed)),
    sources: runSources(spec, data, lossFiles),
  });
}

async function executeRun(
  { options, data, lossFiles, evaluators, norms, pictures, clock }: Workshop,
  { arm, run, path: folder }: PlacedRun,
  heard: ReturnType<NonNullable<StudyObserver['run']>>,
  compiles: Compiles,
): Promise<RunOutcome> {
  const { config, signal } = options;
  const { thread } = pictures;
  const spec = runSpec(config, arm, run.seed);
  const labels = { title: runTitle(arm, run), ...describeData(data) };
  try {
    const before = await readRunState(folder);
    const outcome = await trainRun({
      folder,
      spec,
      data,
      lossFiles,
      configText: stringifyConfig(runConfig(config, arm, run.seed)),
      ...compiles,
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
          await pictures.start(() =>
            thread.call(runPictures, 'drawSamples', folder, record.epoch, shown, labels),
          );
        },
      },
    });
    if (before?.outcome !== outcome)
      await pictures.start(() => thread.call(runPictures, 'drawRun', folder, labels));
    return outcome;
  } catch (error) {
    const outcome = (await readRunState(folder))?.outcome;
    // What stops every run stops the study; what stops this one is a result.
    const stops = signal?.aborted || (error instanceof FathomError && error.code !== 'failed-arms');
    if (stops || outcome?.status !== 'failed') throw error;
    return outcome;
  }
}
