/** Carries out a study: its folder is locked and its data are read while what trains and draws is loaded. */
import { loadLossFiles } from '../config/index.js';
import type { ResolvedConfig } from '../config/schema.js';
import { missingDevice } from '../runtime/device-error.js';
import { type Clock, createClock } from '../train/clock.js';
import type { RunObserver } from '../train/epochs.js';
import type { RunOutcome } from '../train/run-folder.js';
import { requireBatch } from '../train/run-spec.js';
import type { Study } from './carry-out.js';
import { lockFolder } from './lock.js';
import { type OpenedData, openStudyData } from './open-data.js';
import { type Pictures, withPictures } from './pictures.js';
import { type PlannedArm, type PlannedRun, planStudy } from './plan.js';

/** Hears of a study's progress. */
export interface StudyObserver {
  /** When the data set is open and nothing of it has been read. */
  opened?(data: OpenedData): void;
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
  /** Draws the pictures of runs; the last ones may be left to it. Without it, all are drawn when the study ends. */
  readonly pictures?: Pictures;
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
  await withStudy(options, ({ carryOutStudy }, study) => carryOutStudy(study));
}

/**
 * Carries out the first run of a configuration's plan alone, with `folder` as the run's own. Throws as
 * {@link executeStudy} does; a run that fails is an outcome here too.
 */
export async function executeFirstRun(options: StudyOptions): Promise<RunOutcome> {
  return withStudy(options, ({ carryOutFirstRun }, study) => carryOutFirstRun(study));
}

type CarryOut = typeof import('./carry-out.js');

async function withStudy<T>(
  options: StudyOptions,
  work: (carryOut: CarryOut, study: Study) => Promise<T>,
): Promise<T> {
  const { pictures } = options;
  if (!pictures) return withPictures((own) => withStudy({ ...options, pictures: own }, work));
  const plan = planStudy(options.config);
  const release = await lockFolder(options.folder);
  try {
    const { carryOut, ...study } = await load(options);
    try {
      return await work(carryOut, { options, plan, pictures, ...study });
    } finally {
      await study.data.close();
    }
  } finally {
    await release();
  }
}

/**
 * Loads what trains and draws while the data are read: on other threads, some hundred small samples are decoded meanwhile. What else
 * is wrong is said at once, since reading may take minutes.
 */
async function load(
  options: StudyOptions,
): Promise<Pick<Study, 'data' | 'lossFiles' | 'clock'> & { carryOut: CarryOut }> {
  const { config, cache, observer, signal, clock = createClock() } = options;
  const missing = missingDevice(config.device);
  if (missing) throw missing;
  const failure = new AbortController();
  const reading = openStudyData(config, {
    cache,
    onOpened(opened) {
      requireBatch(config, opened);
      observer?.opened?.(opened);
    },
    onProgress: observer?.data,
    signal: signal ? AbortSignal.any([signal, failure.signal]) : failure.signal,
  });
  reading.catch(() => {});
  try {
    const lossFiles = await loadLossFiles(config.losses);
    const loading = Promise.all([import('./carry-out.js'), import('../runtime/require-device.js')]);
    // Whichever fails first.
    await Promise.race([loading, reading]);
    const [carryOut, { requireDevice }] = await loading;
    await clock.time('sessions', () => requireDevice(config.device));
    return { carryOut, lossFiles, clock, data: await clock.time('data', () => reading) };
  } catch (error) {
    failure.abort(error);
    await reading.then((data) => data.close()).catch(() => {});
    throw error;
  }
}
