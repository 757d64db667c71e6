/** Writes everything that a study shows of itself, from its files alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pictures } from '../study/pictures.js';
import { runTitle } from '../study/plan.js';
import type { StudyResults } from '../study/results.js';
import { drawRun } from '../study/run-pictures.js';
import { studyFiles } from '../study/study-folder.js';
import { readStudyTime, recordStudyTime } from '../study/study-time.js';
import type { Clock } from '../train/clock.js';
import { hasFinished, readRunState, runFiles } from '../train/run-folder.js';
import { writeFileWhole } from '../train/write-file.js';
import { type CollectedStudy, collectStudy } from './collect.js';
import { csvTable } from './csv.js';
import { inlineArms, inlineFigures } from './html/figures.js';
import { htmlReport } from './html/report.js';
import { latexTable } from './latex.js';
import { markdownReport } from './markdown.js';
import { readProvenance } from './provenance.js';
import { resultsJson } from './results-json.js';
import { drawStudy } from './study-figures.js';

/** Options of {@link writeReport}. */
export interface ReportOptions {
  /** Draws the pictures of the runs anew too; otherwise only those that are missing. */
  readonly redraw?: boolean;
  /** The clock of the command that carried the study out; its time, the report's included, becomes part of the results. */
  readonly clock?: Clock;
  /** Pictures of runs that are still being drawn. */
  readonly pictures?: Pick<Pictures, 'ended'>;
}

/**
 * Collects the study in `folder` and writes `results.json`, `table.csv`, `table.tex`, `report.md`, `report.html` and
 * `figures/`.
 *
 * Throws a FathomError of code `data` that names the file when one is missing or unreadable.
 */
export async function writeReport(
  folder: string,
  { redraw = false, clock, pictures }: ReportOptions = {},
): Promise<StudyResults> {
  const collected = await collectStudy(folder);
  const { results } = collected;
  const files = studyFiles(folder);
  await writeFileWhole(files.results, resultsJson(results));
  await writeFileWhole(files.table, csvTable(results));
  await writeFileWhole(files.tex, latexTable(results));
  await pictures?.ended();
  await drawRuns(folder, collected, redraw);
  const [figures, arms] = await Promise.all([drawStudy(folder, results), inlineArms(folder, results)]);
  const inlined = { ...(await inlineFigures(folder, figures)), arms };
  const provenance = await readProvenance(folder, results);
  if (clock) await recordStudyTime(folder, clock);
  const timed = clock ? { ...results, time: await readStudyTime(folder) } : results;
  if (clock) await writeFileWhole(files.results, resultsJson(timed));
  await writeFileWhole(files.report, markdownReport(timed, { command: provenance.command, figures }));
  await writeFileWhole(files.page, htmlReport(timed, { figures: inlined, provenance }));
  return timed;
}

/** Draws the pictures of finished runs. */
async function drawRuns(folder: string, { plan }: CollectedStudy, redraw: boolean): Promise<void> {
  for (const arm of plan.arms)
    for (const run of arm.runs) {
      const path = join(folder, run.folder);
      if (!hasFinished(await readRunState(path))) continue;
      if (redraw || !existsSync(runFiles(path).predictions))
        await drawRun(path, { title: runTitle(arm, run), ...plan.dataset });
    }
}
