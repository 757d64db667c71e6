/** `report.html`: the whole report as one file that opens without a network. */
import type { StudyResults } from '../../study/results.js';
import { studyTimeLine } from '../../study/study-time.js';
import { seedsForAClaim } from '../arms.js';
import { failures } from '../cautions.js';
import { count, describeStudy } from '../labels.js';
import type { Provenance } from '../provenance.js';
import { publishedCaveat } from '../published.js';
import { tableNotes } from '../table.js';
import { circumstances, verdict } from '../verdict.js';
import { bulletList, dataTable, disclosure, escapeHtml, figure, section, textCell } from './markup.js';
import { styleSheet } from './style.js';
import { armTable, metricTable, pairTables, publishedTable } from './tables.js';

/** The figures of a report as markup, `<svg>` or `<img>`; what is absent is not shown. */
export interface HtmlFigures {
  readonly comparison?: string;
  readonly effects?: readonly string[];
  readonly pareto?: string;
  readonly curves?: string;
  readonly errors?: readonly string[];
  readonly overview?: string;
  readonly models?: readonly string[];
  /** Each arm's predictions, in the order of the table. */
  readonly arms?: readonly { readonly label: string; readonly predictions?: string }[];
}

/** Input of {@link htmlReport} beside the results. */
export interface HtmlOptions {
  readonly figures: HtmlFigures;
  readonly provenance: Provenance;
}

const figures = (all: readonly (string | undefined)[] | undefined, caption: string): string =>
  (all ?? []).map((one) => (one ? figure(one, caption) : '')).join('');

const notes = (lines: readonly string[]): string =>
  `<div class="notes">${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</div>`;

function repeatSection(
  { command, config, shared, headings, runs }: Provenance,
  { time }: StudyResults,
): string {
  const facts = shared.map(([name, value]) => ({ cells: [textCell(name), textCell(value)] }));
  return [
    '<p>Save the configuration below as <code>study.yaml</code> (it lies beside this report) and run</p>',
    `<pre>${escapeHtml(command)}</pre>`,
    '<p>The same versions on the same kind of machine give the same metrics to the last bit; times differ.</p>',
    time ? `<p>It took ${escapeHtml(studyTimeLine(time))}.</p>` : '',
    dataTable([textCell('every run'), textCell('')], facts),
    disclosure('Configuration', `<pre>${escapeHtml(config)}</pre>`),
    disclosure(
      `Hashes of ${count(runs.length, 'run')}`,
      dataTable(
        headings.map((heading) => textCell(heading)),
        runs.map((run) => ({ cells: run.map((text) => textCell(text)) })),
      ),
    ),
  ].join('\n');
}

function failureSection(results: StudyResults): string {
  const broken = failures(results);
  if (broken.length === 0) return '<p>None: every run finished, and no mask collapsed.</p>';
  return dataTable(
    ['runs', 'status', 'cause'].map((heading) => textCell(heading)),
    broken.map(({ runs, status, cause }) => ({
      cells: [textCell(runs, 'loss'), textCell(status), textCell(cause, 'failure')],
    })),
  );
}

const armSection = ({ arms = [] }: HtmlFigures): string =>
  arms
    .map(({ label, predictions }) =>
      predictions ? disclosure(label, figure(predictions, 'Truth and predictions on test images.')) : '',
    )
    .join('');

/**
 * The text of `report.html`. First the verdict in words and what not to conclude, then the table, the figures from the
 * whole to the single image, the failures, and what is needed to repeat it. Nothing is loaded from anywhere.
 */
export function htmlReport(results: StudyResults, { figures: drawn, provenance }: HtmlOptions): string {
  const { headline, findings, cautions } = verdict(results);
  const seeds = results.comparison?.seeds ?? results.seeds.length;
  const badge =
    seeds < seedsForAClaim ? `<span class="badge">preliminary: ${count(seeds, 'seed')}</span>` : '';
  const parts = [
    [
      'table',
      'Results',
      armTable(results) + notes(tableNotes(results, 'full')) + metricTable(results) + pairTables(results),
    ],
    [
      'dots',
      'Every run',
      figures(
        [drawn.comparison],
        'Test metrics: a dot is the run of one seed. Where dots of two arms overlap, so may the arms.',
      ),
    ],
    [
      'effects',
      'What the losses do, and what they do together',
      figures(
        drawn.effects,
        'Rows are segmentation losses, columns depth losses. Where no cell is outlined, a pair does what its two losses do on average, and each loss may be chosen by itself.',
      ),
    ],
    [
      'pareto',
      'Masks, depth and time',
      figures(
        [drawn.pareto],
        'The upper left is best. Numbers are those of the table. Where crosses overlap, the order is open.',
      ),
    ],
    [
      'curves',
      'Learning curves',
      figures(
        [drawn.curves],
        'Validation metrics. Read the right column to see what a minute of training buys.',
      ),
    ],
    [
      'errors',
      'Where it goes wrong',
      figures(
        drawn.errors,
        'The worst, the median and the best test images of a run, with maps of its errors.',
      ),
    ],
    [
      'images',
      'Every arm on the same images',
      figures([drawn.overview], 'An arm is a column.') +
        figures(drawn.models, 'Models side by side on the same test images.') +
        armSection(drawn),
    ],
    ['published', 'Beside the published study', publishedSection(results)],
    ['failures', 'Failures', failureSection(results)],
    ['repeat', 'How to repeat it', repeatSection(provenance, results)],
  ] as const;
  const shown = parts.filter(([, , html]) => html);
  const links = shown.map(([id, title]) => `<a href="#${id}">${escapeHtml(title)}</a>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(results.study)}: report</title>
<style>${styleSheet}</style>
</head>
<body>
<header>
<h1>Study ${escapeHtml(results.study)}${badge}</h1>
<p class="conditions">${escapeHtml(describeStudy(results))}</p>
</header>
<main>
<p class="headline">${escapeHtml(headline)}</p>
${bulletList(findings)}
<p>${escapeHtml(circumstances(results))}</p>
${cautions.length > 0 ? `<div class="caution"><h2>What not to conclude</h2>${bulletList(cautions)}</div>` : ''}
<nav>${links.join(' ')}</nav>
${shown.map(([id, title, html]) => section(id, title, html)).join('\n')}
</main>
</body>
</html>
`;
}

function publishedSection(results: StudyResults): string {
  const table = publishedTable(results);
  if (!table) return '';
  return `<p>${escapeHtml(publishedCaveat)}</p>${table}`;
}
