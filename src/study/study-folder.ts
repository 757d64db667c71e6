/** The folder of a study: where its files lie, and what it says of its data. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FathomError, unreadable } from '../errors.js';
import type { TrainingData } from '../train/run-spec.js';
import type { StudyPlan } from './plan.js';
import type { StudyResults } from './results.js';

/** Paths of a study's files. */
export const studyFiles = (folder: string) => ({
  config: join(folder, 'study.yaml'),
  plan: join(folder, 'plan.json'),
  controls: join(folder, 'controls.json'),
  time: join(folder, 'time.json'),
  results: join(folder, 'results.json'),
  table: join(folder, 'table.csv'),
  tex: join(folder, 'table.tex'),
  report: join(folder, 'report.md'),
  page: join(folder, 'report.html'),
  figures: join(folder, 'figures'),
});

/** The data of a study as its results describe it. */
export type DataDescription = StudyResults['dataset'];

/** What `plan.json` holds: the plan, and the data it is carried out on. */
export interface StudyRecord extends StudyPlan {
  readonly dataset: DataDescription;
}

/** Describes a data set and its splits. */
export const describeData = ({ dataset, splits }: TrainingData): DataDescription => ({
  name: dataset.name,
  train: splits.train.length,
  validation: splits.validation.length,
  test: splits.test.length,
  height: dataset.height,
  width: dataset.width,
  maxDepth: dataset.maxDepth,
  depthUnit: dataset.depthUnit,
});

/** Reads a JSON file of a study. Throws a FathomError of code `data` that names it. */
export async function readJson<T>(file: string): Promise<T> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw unreadable(file, cause, 'give the folder of a study that has been started with `fathom study`');
  });
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new FathomError('data', `${file}: is not JSON: ${(cause as Error).message}`, {
      hint: 'it was changed or copied in part: put it back, or carry out the study in another folder',
      cause,
    });
  }
}
