/** The tables of `report.html`: the arms, every metric, every pair, the published study. */
import { metricInfo, metricInfos } from '../../metrics/info.js';
import type { PairDifference, StudyResults } from '../../study/results.js';
import { orderArms, primaryMetrics } from '../arms.js';
import { armLabel, count, formatInterval } from '../labels.js';
import { matchPublished } from '../published.js';
import { studyTable, type TableRow, tiedMark } from '../table.js';
import { type Cell, dataTable, disclosure, escapeHtml, textCell } from './markup.js';

const numberCell = (text: string): Cell => {
  const marked = escapeHtml(text)
    .replace(/( \[.*\])$/, '<span class="interval">$1</span>')
    .replace(tiedMark, `<span class="tied" title="tied with the best">${tiedMark}</span>`);
  return { html: marked, className: 'number' };
};

/** The table of the study; arms are numbered as in the figures. */
export function armTable(results: StudyResults): string {
  const table = studyTable(results, 'full');
  const columns = table.headings.length;
  const row = ({ names, cells, failure }: TableRow, number: string) => [
    textCell(number, 'number'),
    ...names.map((name) => textCell(name, 'loss')),
    ...(failure === undefined
      ? cells.map(numberCell)
      : [{ html: escapeHtml(failure), className: 'failure', span: columns }]),
  ];
  return dataTable(
    [
      textCell('#', 'number'),
      ...table.nameHeadings.map((heading) => textCell(heading)),
      ...table.headings.map((lines) => ({ html: lines.map(escapeHtml).join('<br>'), className: 'number' })),
    ],
    [
      ...table.arms.map((arm, i) => ({ cells: row(arm, String(i + 1)) })),
      ...table.controls.map((control) => ({ cells: row(control, ''), className: 'control' })),
    ],
  );
}

/** Every metric of every arm, with its interval. */
export function metricTable(results: StudyResults): string {
  const arms = [...orderArms(results.arms), ...results.arms.filter((arm) => arm.kind === 'control')];
  const shown = metricInfos.filter(({ name }) => arms.some((arm) => arm.summary[name]));
  return disclosure(
    'Every metric',
    dataTable(
      [
        textCell('arm'),
        ...shown.map(({ label, direction }) =>
          textCell(`${label} ${direction === 'higher' ? '↑' : '↓'}`, 'number'),
        ),
      ],
      arms.map((arm) => ({
        cells: [
          textCell(armLabel(arm, results), 'loss'),
          ...shown.map(({ name, digits }) => numberCell(formatInterval(arm.summary[name], digits))),
        ],
        className: arm.kind === 'control' ? 'control' : undefined,
      })),
    ) +
      `<div class="notes">${shown.map(({ label, meaning }) => `<p><b>${escapeHtml(label)}</b>: ${escapeHtml(meaning)}.</p>`).join('')}</div>`,
  );
}

const verdictOrder: readonly PairDifference['verdict'][] = [
  'separable',
  'not among so many pairs',
  'below noise floor',
  'interval includes 0',
  'one seed',
];

const probability = (p: number) => (p < 0.0001 ? '< 0.0001' : p.toFixed(4));

/** Every pair of arms in both tasks, those that can be told apart first. */
export function pairTables(results: StudyResults): string {
  const { comparison } = results;
  if (!comparison) return '';
  const label = (name: string) => armLabel(results.arms.find((arm) => arm.name === name)!, results);
  return primaryMetrics
    .flatMap((name) => {
      const metric = comparison.metrics[name];
      if (!metric) return [];
      const { digits, label: heading, direction } = metricInfo(name);
      const sign = direction === 'higher' ? 1 : -1;
      const rows = [...metric.differences]
        // The better arm of a pair comes first.
        .map((pair) => (sign * pair.mean >= 0 ? pair : reversed(pair)))
        .sort(
          (a, b) =>
            verdictOrder.indexOf(a.verdict) - verdictOrder.indexOf(b.verdict) ||
            Math.abs(b.mean) - Math.abs(a.mean),
        );
      const table = dataTable(
        [
          'arm',
          'against',
          'difference',
          'p',
          'better on images',
          'with seeds',
          'Wilcoxon (Holm)',
          'verdict',
        ].map((text, i) => textCell(text, i > 1 && i < 7 ? 'number' : undefined)),
        rows.map((pair) => ({
          cells: [
            textCell(label(pair.a), 'loss'),
            textCell(label(pair.b), 'loss'),
            numberCell(
              `${pair.mean.toFixed(digits)} [${pair.low.toFixed(digits)}, ${pair.high.toFixed(digits)}]`,
            ),
            numberCell(probability(pair.p)),
            numberCell(`${Math.round(100 * pair.betterOnImages)} %`),
            numberCell(`${Math.round(100 * pair.betterWithSeeds)} %`),
            numberCell(probability(pair.wilcoxon)),
            textCell(pair.verdict),
          ],
        })),
      );
      return [disclosure(`Every pair in ${heading}: ${count(rows.length, 'difference')}`, table)];
    })
    .join('');
}

/** The same pair seen from the other arm. */
const reversed = (pair: PairDifference): PairDifference => ({
  ...pair,
  a: pair.b,
  b: pair.a,
  mean: -pair.mean,
  low: -pair.high,
  high: -pair.low,
  betterOnImages: 1 - pair.betterOnImages,
  betterWithSeeds: 1 - pair.betterWithSeeds,
});

/** The published study's rows beside ours; empty where the study repeats none of them. */
export function publishedTable(results: StudyResults): string {
  const matches = matchPublished(results);
  if (matches.length === 0) return '';
  const ranked = (value: number, rank: number) => numberCell(`${value.toFixed(4)} (${rank})`);
  const headings = ['mIOU published', 'mIOU here', 'mRMSE published', 'mRMSE here'];
  return dataTable(
    [textCell('segmentation'), textCell('depth'), ...headings.map((text) => textCell(text, 'number'))],
    matches.map(({ published, arm, ranks }) => ({
      cells: [
        textCell(arm.segmentation, 'loss'),
        textCell(published.again ? `${arm.depth} (again)` : arm.depth, 'loss'),
        ranked(published.miou, ranks.publishedMiou),
        ranked(arm.summary.publishedMiou.mean, ranks.ourMiou),
        ranked(published.mrmse, ranks.publishedMrmse),
        ranked(arm.summary.publishedMrmse.mean, ranks.ourMrmse),
      ],
    })),
  );
}
