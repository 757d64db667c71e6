/** One row a run with every metric, as CSV by RFC 4180. */
import { metricInfos } from '../metrics/info.js';
import type { StudyResults } from '../study/results.js';

/** A field of RFC 4180: quoted where it holds a comma, a quote or a line break; empty for what is not finite. */
export function csvField(value: string | number | undefined): string {
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every metric name that occurs, the known ones first and in the order of the tables. */
export function metricNames(results: StudyResults): string[] {
  const found = new Set(results.arms.flatMap((arm) => arm.runs.flatMap((run) => Object.keys(run.metrics))));
  const known = metricInfos.map((info) => info.name).filter((name) => found.has(name));
  return [...known, ...[...found].filter((name) => !known.includes(name)).sort()];
}

/**
 * `table.csv`: a header and one row a run, lines ended by CRLF. Numbers have full precision; a metric that a run
 * lacks is an empty field.
 */
export function csvTable(results: StudyResults): string {
  const names = metricNames(results);
  const header = [
    ...[
      'study',
      'arm',
      'kind',
      'model',
      'segmentation',
      'depth',
      'weight',
      'protocol',
      'seed',
      'status',
      'cause',
      'bestEpoch',
    ],
    ...['seconds', 'stepMs', 'parameters', ...names],
  ];
  const rows = results.arms.flatMap((arm) =>
    arm.runs.map((run) => [
      ...[
        results.study,
        arm.name,
        arm.kind,
        arm.model,
        arm.segmentation,
        arm.depth,
        arm.weight,
        arm.protocol,
        run.seed,
        run.status,
        run.cause,
      ],
      ...[run.bestEpoch, run.seconds, run.stepMs, run.parameters, ...names.map((name) => run.metrics[name])],
    ]),
  );
  return [header, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}
