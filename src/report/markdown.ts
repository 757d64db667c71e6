/** `report.md`: what was run, what was found, the tables, the figures, and how to repeat it. */
import type { StudyResults } from '../study/results.js';
import { studyTimeLine } from '../study/study-time.js';
import { orderArms } from './arms.js';
import { failures } from './cautions.js';
import { armLabel } from './labels.js';
import { matchPublished, publishedCaveat } from './published.js';
import { studyTable, type TableRow, tableNotes } from './table.js';
import { circumstances, verdict } from './verdict.js';

/** Names of the study's figure files, relative to the report. What is absent is not linked. */
export interface ReportFigures {
  readonly comparison?: string;
  /** Of a factorial study, one for each metric. */
  readonly effects?: readonly string[];
  readonly pareto?: string;
  readonly curves?: string;
  /** Worst, median and best test images, one for each task. */
  readonly errors?: readonly string[];
  readonly overview?: string;
  /** Models side by side, one figure a pair of losses. */
  readonly models?: readonly string[];
  /** By the arm's name. */
  readonly arms?: Readonly<Record<string, { readonly predictions?: string; readonly curves?: string }>>;
}

/** Input of {@link markdownReport} beside the results. */
export interface MarkdownOptions {
  /** The command that repeats the study, such as `npx fathom study study.yaml`. */
  readonly command: string;
  readonly figures?: ReportFigures;
}

/** Text that Markdown takes literally inside a table cell. */
const literal = (text: string) => text.replace(/[\\|*_<>`[\]]/g, '\\$&');

const tableLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function tableLines(
  headings: readonly string[],
  names: number,
  rows: readonly (readonly string[])[],
): string[] {
  const rule = headings.map((_, column) => (column < names ? '---' : '---:'));
  return [tableLine(headings.map(literal)), tableLine(rule), ...rows.map(tableLine)];
}

/** A row's cells; the cause of a failure stands in the first cell and leaves the others empty. */
function rowCells(row: TableRow, columns: number): string[] {
  const cells = row.failure === undefined ? [...row.cells] : [`**${literal(row.failure)}**`];
  while (cells.length < columns) cells.push('');
  return [...row.names.map(literal), ...cells];
}

function publishedSection(results: StudyResults): string[] {
  const matches = matchPublished(results);
  if (matches.length === 0) return [];
  const ranked = (value: number, rank: number) => `${value.toFixed(4)} (${rank})`;
  return [
    '## Beside the published study',
    '',
    publishedCaveat,
    '',
    ...tableLines(
      ['segmentation', 'depth', 'mIOU published', 'mIOU here', 'mRMSE published', 'mRMSE here'],
      2,
      matches.map(({ published, arm, ranks }) => [
        literal(arm.segmentation),
        literal(published.again ? `${arm.depth} (again)` : arm.depth),
        ranked(published.miou, ranks.publishedMiou),
        ranked(arm.summary.publishedMiou.mean, ranks.ourMiou),
        ranked(published.mrmse, ranks.publishedMrmse),
        ranked(arm.summary.publishedMrmse.mean, ranks.ourMrmse),
      ]),
    ),
    '',
  ];
}

function figureSection(results: StudyResults, figures: ReportFigures): string[] {
  const image = (alt: string, file: string | undefined) =>
    file ? [`![${literal(alt)}](${file.split('/').map(encodeURIComponent).join('/')})`, ''] : [];
  const shared = [
    ...image('Every arm’s test metrics, a dot a seed', figures.comparison),
    ...(figures.effects ?? []).flatMap((file) => image('Effects of the losses, and their interaction', file)),
    ...image('Masks against depth, with the time of a run', figures.pareto),
    ...image('Validation metrics against steps and seconds', figures.curves),
    ...(figures.errors ?? []).flatMap((file) =>
      image('Worst, median and best test images with their errors', file),
    ),
    ...image('Predictions of every arm on the same test images', figures.overview),
    ...(figures.models ?? []).flatMap((file) => image('Models side by side on the same test images', file)),
  ];
  const arms = orderArms(results.arms).flatMap((arm) => {
    const label = armLabel(arm, results);
    const own = figures.arms?.[arm.name];
    const images = [
      ...image(`${label}: truth and predictions`, own?.predictions),
      ...image(`${label}: losses and metrics`, own?.curves),
    ];
    return images.length > 0 ? [`### ${literal(label)}`, '', ...images] : [];
  });
  return [
    ...(shared.length > 0 ? ['## Figures', '', ...shared] : []),
    ...(arms.length > 0 ? ['## Arm by arm', '', ...arms] : []),
  ];
}

/**
 * The text of `report.md`.
 *
 * @example
 * markdownReport(results, { command: 'npx fathom study study.yaml', figures: { comparison: 'figures/comparison.png' } })
 */
export function markdownReport(results: StudyResults, options: MarkdownOptions): string {
  const table = studyTable(results, 'full');
  const { headline, findings, cautions } = verdict(results);
  const bullets = (lines: readonly string[]) => lines.map((line) => `- ${literal(line)}`);
  const broken = failures(results).map(
    ({ runs, status, cause }) => `${runs}: ${status}${cause && `: ${cause}`}`,
  );
  const headings = [...table.nameHeadings, ...table.headings.map((lines) => lines.join(' '))];
  const rows = (part: readonly TableRow[]) => part.map((row) => rowCells(row, table.headings.length));
  const controls =
    table.controls.length > 0
      ? [
          '## Controls',
          '',
          'Predictions that need no training, measured on the same test images.',
          '',
          ...tableLines(headings, table.nameHeadings.length, rows(table.controls)),
          '',
        ]
      : [];
  return [
    `# Study: ${literal(results.study)}`,
    '',
    `**${literal(headline)}**`,
    '',
    ...bullets(findings),
    '',
    literal(circumstances(results)),
    '',
    ...(cautions.length > 0 ? ['## What not to conclude', '', ...bullets(cautions), ''] : []),
    '## Test results',
    '',
    ...tableLines(headings, table.nameHeadings.length, rows(table.arms)),
    '',
    ...tableNotes(results, 'full').flatMap((note) => [literal(note), '']),
    ...(broken.length > 0 ? ['## Failures', '', ...bullets(broken), ''] : []),
    ...controls,
    ...publishedSection(results),
    ...figureSection(results, options.figures ?? {}),
    '## How to repeat it',
    '',
    'Run this beside [study.yaml](study.yaml), which has every key of the configuration; the same versions on the same kind of ' +
      'machine give the same metrics to the last bit.',
    '',
    '```sh',
    options.command,
    '```',
    '',
    ...(results.time ? [`It took ${studyTimeLine(results.time)}.`, ''] : []),
  ].join('\n');
}
