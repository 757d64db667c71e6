/** How arms, metrics and numbers are written in tables and figures. */
import { type MetricInfo, metricInfo } from '../metrics/info.js';
import type { ArmResult, MetricSummary, StudyResults } from '../study/results.js';
import { trainedArms } from './arms.js';

/** Whether the trained arms differ in their model, so that it must be named. */
export function hasSeveralModels(results: StudyResults): boolean {
  return new Set(trainedArms(results.arms).map((arm) => arm.model)).size > 1;
}

/**
 * One line that names an arm: `bce-dice · ssim`, with the model and the weight where the study has several, and marked
 * when it repeats another arm.
 */
export function armLabel(arm: ArmResult, results: StudyResults): string {
  const model = hasSeveralModels(results) && arm.kind !== 'control' ? ` · ${arm.model}` : '';
  const variant = arm.variant ? ` · ${arm.variant}` : '';
  return `${arm.segmentation} · ${arm.depth}${model}${variant}${arm.kind === 'duplicate' ? ' (again)' : ''}`;
}

/** A metric with its unit in the label: `RMSE (0–1)`, or `RMSE (m)` by the data set's depth unit. */
export function withUnit(info: MetricInfo, depthUnit: string): MetricInfo {
  const unit = info.unit === 'depth' ? depthUnit : info.unit.replace('-', '–');
  return unit ? { ...info, label: `${info.label} (${unit})` } : info;
}

/** The metrics that curves and the dot plot show, with units: mIoU, and RMSE in metres where they are known. */
export function figureMetrics(results: StudyResults): MetricInfo[] {
  const { depthUnit } = results.dataset;
  return [metricInfo('miou'), metricInfo(depthUnit ? 'rmseMetres' : 'mrmse')].map((info) =>
    withUnit(info, depthUnit),
  );
}

/** A mean, and half of its 95 % interval, then with one digit less: `0.8123`, `0.812 ±0.004`. */
export function formatSummary(summary: MetricSummary | undefined, digits: number): string {
  if (!summary) return '–';
  const half = (summary.high - summary.low) / 2;
  if (!(half > 0)) return summary.mean.toFixed(digits);
  return `${summary.mean.toFixed(digits - 1)} ±${half.toFixed(digits - 1)}`;
}

/** A mean and the ends of its 95 % interval: `0.8123`, `0.812 [0.808, 0.815]`. */
export function formatInterval(summary: MetricSummary | undefined, digits: number): string {
  if (!summary) return '–';
  const { mean, low, high } = summary;
  if (!(high > low)) return mean.toFixed(digits);
  const [m, l, h] = [mean, low, high].map((value) => value.toFixed(digits - 1));
  return `${m} [${l}, ${h}]`;
}

/** A count with its noun: `1 seed`, `5 seeds`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Words in a row, at most `most` of them by name: `a, b and c`, `a, b and 7 more`. */
export function list(words: readonly string[], most: number): string {
  const shown = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}` : (shown[0] ?? 'none');
}

/** Places that an arm may have: `3`, or `1–4`; `–` where none were worked out. */
export const formatRank = ({ rank }: Partial<Pick<MetricSummary, 'rank'>> = {}): string =>
  rank ? (rank[0] === rank[1] ? String(rank[0]) : `${rank[0]}–${rank[1]}`) : '–';

/** The conditions of a study in one line. */
export function describeStudy(results: StudyResults): string {
  const { dataset, epochs, seeds, device } = results;
  const split = `${dataset.train} train, ${dataset.validation} validation, ${dataset.test} test`;
  const size = `${dataset.width}×${dataset.height}`;
  return `${dataset.name} (${split}, ${size}) · ${count(epochs, 'epoch')} · ${count(seeds.length, 'seed')} · ${device}`;
}
