/** The table of a study as plain text cells, which the terminal and Markdown draw each in their way. */
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, StudyResults } from '../study/results.js';
import { formatSummary, hasSeveralModels } from './labels.js';
import { finishedRuns, orderArms } from './summarise.js';

/** One arm: names, then either a cell for each number or the cause of its failure. */
export interface TableRow {
  readonly names: readonly string[];
  readonly cells: readonly string[];
  readonly failure?: string;
}

/** The whole table; a heading has one or two lines. */
export interface StudyTable {
  readonly nameHeadings: readonly string[];
  readonly headings: readonly (readonly string[])[];
  readonly arms: readonly TableRow[];
  readonly controls: readonly TableRow[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The table: trained arms in the order of `orderArms`, then controls. Columns: segmentation and depth loss, model
 * where the study has several, mIoU, RMSE on the 0–1 scale and in the depth unit where it is known, the two
 * published measures, median step time and total time, both averaged over seeds.
 */
export function studyTable(results: StudyResults): StudyTable {
  const unit = results.dataset.depthUnit;
  const models = hasSeveralModels(results);
  const columns: (readonly [name: string, digits: number, heading: readonly string[]])[] = [
    ['miou', metricInfo('miou').digits, ['mIoU ↑']],
    ['mrmse', metricInfo('mrmse').digits, ['RMSE ↓', '(0–1)']],
    ['rmseMetres', 4, ['RMSE ↓', `(${unit})`]],
    ['publishedMiou', 4, ['publ.', 'mIOU ↑']],
    ['publishedMrmse', 4, ['publ.', 'mRMSE ↓']],
  ];
  const shown = columns.filter(([name]) => name !== 'rmseMetres' || unit);
  const row = (arm: ArmResult): TableRow => {
    const names = [arm.segmentation, arm.kind === 'duplicate' ? `${arm.depth} (again)` : arm.depth];
    if (models) names.push(arm.kind === 'control' ? '' : arm.model);
    const finished = finishedRuns(arm);
    const numbers = shown.map(([name, digits]) => {
      const summary = arm.summary[name];
      // The published measures are for a look at the ranking; an interval would give them weight.
      const bare = name.startsWith('published') && summary;
      return formatSummary(bare ? { ...summary, low: summary.mean, high: summary.mean } : summary, digits);
    });
    if (arm.kind === 'control') return { names, cells: [...numbers, '–', '–'] };
    if (finished.length === 0) {
      const run = arm.runs[0];
      return {
        names,
        cells: [],
        failure: `${run?.status ?? 'not run'}${run?.cause ? `: ${run.cause}` : ''}`,
      };
    }
    const stepMs = mean(finished.map((run) => run.stepMs)).toFixed(1);
    const seconds = mean(finished.map((run) => run.seconds)).toFixed(1);
    return { names, cells: [...numbers, stepMs, seconds] };
  };
  return {
    nameHeadings: ['segmentation', 'depth', ...(models ? ['model'] : [])],
    headings: [...shown.map(([, , heading]) => heading), ['step', '(ms)'], ['total', '(s)']],
    arms: orderArms(results.arms).map(row),
    controls: results.arms.filter((arm) => arm.kind === 'control').map(row),
  };
}
