/** The table of a study as plain text cells, which the terminal, Markdown, HTML and LaTeX draw each in their way. */
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, MetricSummary, StudyResults } from '../study/results.js';
import { finishedRuns, orderArms, type primaryMetrics } from './arms.js';
import { formatInterval, formatRank, formatSummary, hasSeveralModels } from './labels.js';

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

/** `compact` fits a terminal; `full` gives the ends of the intervals and more metrics. */
export type TableDetail = 'compact' | 'full';

/** Marks the ranks of arms that are tied with the best. */
export const tiedMark = '●';

/** What {@link tiedMark} means, for below a table. */
export const tiedKey = `${tiedMark} no arm is surely better: tied with the best.`;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether ranks say something: more than one arm is compared, with more than one seed. */
export const hasRanks = ({ comparison }: StudyResults): boolean => (comparison?.seeds ?? 0) > 1;

interface Column {
  readonly heading: readonly string[];
  cell(arm: ArmResult): string;
}

function columnsOf(results: StudyResults, detail: TableDetail): Column[] {
  const unit = results.dataset.depthUnit;
  // An interval would give the published measures weight; they are for a look at the ranking. In a narrow table one of
  // one seed would pass for more than the choice of images.
  const bare = (summary: MetricSummary | undefined, digits: number) => summary?.mean.toFixed(digits) ?? '–';
  const format = detail === 'full' ? formatInterval : hasRanks(results) ? formatSummary : bare;
  const number = (name: string, heading: readonly string[], text = format): Column => ({
    heading,
    cell: (arm) => text(arm.summary[name], metricInfo(name).digits),
  });
  const ranked = (column: Column, name: (typeof primaryMetrics)[number]): Column[] => {
    const tied = results.comparison?.metrics[name]?.tied ?? [];
    const rank = (arm: ArmResult) =>
      arm.kind === 'control'
        ? ''
        : `${formatRank(arm.summary[name])}${tied.includes(arm.name) ? ` ${tiedMark}` : ''}`;
    return hasRanks(results) ? [column, { heading: ['rank'], cell: rank }] : [column];
  };
  const timed = (heading: readonly string[], read: (run: ArmResult['runs'][number]) => number): Column => ({
    heading,
    cell: (arm) => (arm.kind === 'control' ? '–' : mean(finishedRuns(arm).map(read)).toFixed(1)),
  });
  return [
    ...ranked(number('miou', ['mIoU ↑']), 'miou'),
    ...ranked(number('mrmse', ['RMSE ↓', '(0–1)']), 'mrmse'),
    ...(unit && (detail === 'full' || !hasRanks(results))
      ? [number('rmseMetres', ['RMSE ↓', `(${unit})`], bare)]
      : []),
    ...(detail === 'full' ? [number('alignedRmse', ['aligned', 'RMSE ↓'], bare)] : []),
    ...(detail === 'full' ? [number('boundaryF1', ['boundary', 'F1 ↑'], bare)] : []),
    ...(detail === 'full' || !hasRanks(results)
      ? [
          number('publishedMiou', ['publ.', 'mIOU ↑'], bare),
          number('publishedMrmse', ['publ.', 'mRMSE ↓'], bare),
        ]
      : []),
    timed(['step', '(ms)'], (run) => run.stepMs),
    timed(['total', '(s)'], (run) => run.seconds),
  ];
}

/**
 * The table: trained arms in the order of `orderArms`, then controls. Columns: segmentation and depth loss, model and
 * variant where the study has several, mIoU and RMSE with their ranks, further metrics by `detail`, the two published measures, median
 * step time and total time, both averaged over seeds.
 */
export function studyTable(results: StudyResults, detail: TableDetail = 'compact'): StudyTable {
  const models = hasSeveralModels(results);
  const variants = results.arms.some(({ variant }) => variant);
  const columns = columnsOf(results, detail);
  const row = (arm: ArmResult): TableRow => {
    const names = [arm.segmentation, arm.kind === 'duplicate' ? `${arm.depth} (again)` : arm.depth];
    if (models) names.push(arm.kind === 'control' ? '' : arm.model);
    if (variants) names.push(arm.variant ?? '');
    if (finishedRuns(arm).length > 0) return { names, cells: columns.map(({ cell }) => cell(arm)) };
    const run = arm.runs[0];
    const failure = `${run?.status ?? 'not run'}${run?.cause ? `: ${run.cause}` : ''}`;
    return { names, cells: [], failure };
  };
  return {
    nameHeadings: ['segmentation', 'depth', ...(models ? ['model'] : []), ...(variants ? ['variant'] : [])],
    headings: columns.map(({ heading }) => heading),
    arms: orderArms(results.arms).map(row),
    controls: results.arms.filter((arm) => arm.kind === 'control').map(row),
  };
}

/** What one must know to read the table; one note a line. */
export function tableNotes(results: StudyResults, detail: TableDetail = 'compact'): string[] {
  const { comparison } = results;
  const seeds = comparison?.seeds ?? results.seeds.length;
  const images = comparison?.images ?? results.dataset.test;
  const over = seeds > 1 ? `${seeds} seeds and ${images} test images` : `the choice of ${images} test images`;
  const intervals = detail === 'full' || hasRanks(results) ? ` Intervals are 95 %, over ${over}.` : '';
  return [
    `Ordered by the mean of the ranks in mIoU and RMSE.${intervals}`,
    ...(hasRanks(results)
      ? [`Rank: the places an arm may have, at 95 % for all arms together. ${tiedKey}`]
      : []),
    ...(detail === 'full' || !hasRanks(results) ? ['publ.: as the published study defined them.'] : []),
  ];
}
