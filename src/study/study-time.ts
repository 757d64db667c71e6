/** Where the wall time of a study went: a file of seconds, added up over the commands that carried it out. */
import { existsSync } from 'node:fs';
import type { Clock } from '../train/clock.js';
import { jsonText, writeFileWhole } from '../train/write-file.js';
import { readJson, studyFiles } from './study-folder.js';

/** Seconds, from the start of the process to its report. */
export interface StudyTime {
  readonly total: number;
  /** Training steps. */
  readonly steps: number;
  /** Evaluation of the validation and test splits. */
  readonly validation: number;
  /** Reading, decoding and checking the data, and steps that waited for their batch. */
  readonly data: number;
  /** Making and releasing compiled graphs. */
  readonly sessions: number;
  /** All else: figures, checkpoints, records, the start of the program. */
  readonly other: number;
}

/** Reads what {@link recordStudyTime} wrote; undefined where there is none. */
export async function readStudyTime(folder: string): Promise<StudyTime | undefined> {
  const { time } = studyFiles(folder);
  return existsSync(time) ? readJson<StudyTime>(time) : undefined;
}

/** Adds the time of a clock to the study's and keeps the sum, unless nothing was trained. */
export async function recordStudyTime(folder: string, { total, spent }: Clock): Promise<void> {
  if (spent.steps === 0) return;
  const before = await readStudyTime(folder);
  const { steps, validation, data, sessions } = spent;
  const now: StudyTime = {
    ...{ total, steps, validation, data, sessions },
    other: total - steps - validation - data - sessions,
  };
  const keys = Object.keys(now) as (keyof StudyTime)[];
  const sum = Object.fromEntries(keys.map((key) => [key, now[key] + (before?.[key] ?? 0)]));
  await writeFileWhole(studyFiles(folder).time, jsonText(sum));
}

/**
 * One line that says where the time went. What a study adds to its training is data, sessions, the start, figures and files, as a
 * share of the steps; validation is part of training and stands by itself.
 *
 * @example studyTimeLine(time) // '165 s: steps 150.0 s, validation 9.0 s (6.0 % of the steps), data …'
 */
export function studyTimeLine({ total, steps, validation, data, sessions, other }: StudyTime): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const share = (value: number) => `${((100 * value) / steps).toFixed(1)} % of the steps`;
  return (
    `${seconds(total)}: steps ${seconds(steps)}, validation and test ${seconds(validation)} (${share(validation)}), ` +
    `data ${seconds(data)}, sessions ${seconds(sessions)}, start, figures and files ${seconds(other)} ` +
    `(together ${share(data + sessions + other)})`
  );
}
