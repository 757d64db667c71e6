/** Gathers a study's results from its files: the plan, the controls, and the status of every run. */
import { join } from 'node:path';
import type { ControlResult } from '../study/controls.js';
import type { PlannedArm } from '../study/plan.js';
import type { ArmResult, RunResult, StudyResults } from '../study/results.js';
import { readJson, type StudyRecord, studyFiles } from '../study/study-folder.js';
import { readRunState } from '../train/run-folder.js';
import { summarise } from './summarise.js';

/** A study as its files tell it. */
export interface CollectedStudy {
  readonly plan: StudyRecord;
  readonly results: StudyResults;
}

/**
 * Collects the results of the study in `folder`. A run that has not ended counts as interrupted.
 *
 * Throws a FathomError of code `data` that names the file when one is missing or unreadable.
 */
export async function collectStudy(folder: string): Promise<CollectedStudy> {
  const files = studyFiles(folder);
  const plan = await readJson<StudyRecord>(files.plan);
  const controls = await readJson<ControlResult[]>(files.controls);
  const trained = await Promise.all(plan.arms.map((arm) => collectArm(folder, arm)));
  const { study, protocol, device, dataset, epochs, seeds } = plan;
  const arms = [...trained, ...controls.map(controlArm)];
  return { plan, results: { study, protocol, device, dataset, epochs, seeds, arms } };
}

async function collectArm(folder: string, arm: PlannedArm): Promise<ArmResult> {
  const runs = await Promise.all(
    arm.runs.map(async ({ seed, folder: run }): Promise<RunResult> => {
      const outcome = (await readRunState(join(folder, run)))?.outcome;
      if (outcome) return { seed, ...outcome, folder: run };
      const unfinished = { status: 'interrupted', cause: 'not finished', seconds: 0, stepMs: 0 } as const;
      return { seed, ...unfinished, parameters: 0, metrics: {}, folder: run };
    }),
  );
  const { name, segmentation, depth, kind, label } = arm;
  return { name, segmentation, depth, model: label, kind, runs, summary: summarise(runs) };
}

function controlArm({ name, segmentation, depth, metrics }: ControlResult): ArmResult {
  const timing = { seconds: 0, stepMs: 0, parameters: 0 };
  const runs: RunResult[] = [{ seed: 0, status: 'done', ...timing, metrics, folder: '' }];
  return { name, segmentation, depth, model: '', kind: 'control', runs, summary: summarise(runs) };
}
