/** Gathers a study's results from its files: the plan, the controls, and the status of every run. */
import { join } from 'node:path';
import { FathomError } from '../errors.js';
import type { ControlResult } from '../study/controls.js';
import { requirePaired } from '../study/pairing.js';
import type { PlannedArm } from '../study/plan.js';
import type { RunResult, StudyResults } from '../study/results.js';
import { readJson, type StudyRecord, studyFiles } from '../study/study-folder.js';
import { readStudyTime } from '../study/study-time.js';
import type { Measurement } from '../train/evaluation.js';
import { readImageSums } from '../train/image-sums.js';
import { readRunState, runFiles } from '../train/run-folder.js';
import { isFinished } from './arms.js';
import { compareStudy } from './compare.js';
import type { CollectedArm } from './measure-arms.js';

/** A study as its files tell it. */
export interface CollectedStudy {
  readonly plan: StudyRecord;
  readonly results: StudyResults;
}

/**
 * Collects the results of the study in `folder`. A run that has not ended counts as interrupted.
 *
 * Throws a FathomError of code `data` that names the file when one is missing or unreadable, or the arms that began
 * from different weights or data.
 */
export async function collectStudy(folder: string): Promise<CollectedStudy> {
  const files = studyFiles(folder);
  const plan = await readJson<StudyRecord>(files.plan);
  const controls = await readJson<ControlResult[]>(files.controls);
  const trained = await Promise.all(plan.arms.map((arm) => collectArm(folder, arm)));
  const trivial = await Promise.all(controls.map((control) => collectControl(folder, control)));
  requirePaired(
    trained.flatMap(({ arm }) =>
      arm.runs.map(({ seed, pairing }) => ({ arm: arm.name, model: arm.model, seed, pairing })),
    ),
  );
  const { study, protocol, device, dataset, epochs, seeds } = plan;
  const compared = compareStudy([...trained, ...trivial], dataset.maxDepth);
  const time = await readStudyTime(folder);
  return { plan, results: { study, protocol, device, dataset, epochs, seeds, ...compared, time } };
}

async function collectArm(folder: string, arm: PlannedArm): Promise<CollectedArm> {
  const runs = await Promise.all(
    arm.runs.map(async ({ seed, folder: run }): Promise<RunResult> => {
      const { outcome, norms, pairing } = (await readRunState(join(folder, run))) ?? {};
      if (outcome) return { seed, ...outcome, norms, pairing, folder: run };
      const unfinished = { status: 'interrupted', cause: 'not finished', seconds: 0, stepMs: 0 } as const;
      return { seed, ...unfinished, parameters: 0, metrics: {}, folder: run };
    }),
  );
  const sums = await Promise.all(
    runs.map((run) => (isFinished(run) ? requireSums(join(folder, run.folder)) : undefined)),
  );
  const { name, segmentation, depth, kind, label, weight, protocol, variant } = arm;
  const setting = { weight, protocol, ...(variant && { variant }) };
  return { arm: { name, segmentation, depth, model: label, ...setting, kind, runs }, sums };
}

async function requireSums(folder: string): Promise<Measurement> {
  const file = runFiles(folder).test;
  const sums = await readImageSums(file);
  if (sums) return sums;
  throw new FathomError('data', `${file}: no such file`, {
    hint: 'delete the run folder and run the study again: it trains this run anew and keeps the others',
  });
}

/** A study of an earlier version has no sums of its controls: they then have a value without an interval. */
async function collectControl(
  folder: string,
  { name, segmentation, depth, metrics, folder: own = '' }: ControlResult,
): Promise<CollectedArm> {
  const timing = { seconds: 0, stepMs: 0, parameters: 0 };
  const runs: RunResult[] = [{ seed: 0, status: 'done', ...timing, metrics, folder: own }];
  const sums = own ? await readImageSums(runFiles(join(folder, own)).test) : undefined;
  return { arm: { name, segmentation, depth, model: '', kind: 'control', runs }, sums: [sums] };
}
