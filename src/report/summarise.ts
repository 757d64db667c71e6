/** Means over seeds with their intervals, and what the study itself says of its noise. */
import { metricInfo } from '../metrics/info.js';
import { studentQuantile } from '../stats/index.js';
import type { ArmResult, MetricSummary, RunResult } from '../study/results.js';

/** Mean of values and the 95 % t-interval of that mean; for one value all three are that value. */
export function summariseValues(values: readonly number[]): MetricSummary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, low: mean, high: mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(0.05, n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half };
}

/**
 * Runs that count: those that finished. A run whose mask collapsed finished too; leaving it out would flatter its
 * losses.
 */
export function finishedRuns(arm: Pick<ArmResult, 'runs'>): RunResult[] {
  return arm.runs.filter((run) => run.status === 'done' || run.status === 'collapsed');
}

/** Mean and 95 % interval of every metric over the runs that finished; values that are not finite are left out. */
export function summarise(runs: readonly RunResult[]): Record<string, MetricSummary> {
  const finished = finishedRuns({ runs });
  const names = [...new Set(finished.flatMap((run) => Object.keys(run.metrics)))];
  const values = (name: string) => finished.map((run) => run.metrics[name]).filter(Number.isFinite);
  return Object.fromEntries(
    names.filter((name) => values(name).length > 0).map((name) => [name, summariseValues(values(name))]),
  );
}

/** Arms sorted by one metric, best first; those without a value are left out. */
export function sortByMetric(arms: readonly ArmResult[], name: string): ArmResult[] {
  const sign = metricInfo(name).direction === 'higher' ? -1 : 1;
  return arms
    .filter((arm) => arm.summary[name])
    .sort((a, b) => sign * (a.summary[name].mean - b.summary[name].mean));
}

/** The trained arms, in the order of the study. */
export function trainedArms(arms: readonly ArmResult[]): ArmResult[] {
  return arms.filter((arm) => arm.kind !== 'control');
}

/**
 * The trained arms in the order of every table and figure: by the mean of their two ranks, in mIoU and in RMSE, so
 * that neither task decides alone; equal ones by mIoU; arms without a result last.
 */
export function orderArms(arms: readonly ArmResult[]): ArmResult[] {
  const trained = trainedArms(arms);
  const rankings = ['miou', 'mrmse'].map((name) => sortByMetric(trained, name));
  const rank = (ranking: readonly ArmResult[], arm: ArmResult) =>
    ranking.includes(arm) ? ranking.indexOf(arm) : trained.length;
  const total = (arm: ArmResult) => rankings.reduce((sum, ranking) => sum + rank(ranking, arm), 0);
  return [...trained].sort((a, b) => total(a) - total(b) || rank(rankings[0], a) - rank(rankings[0], b));
}

/**
 * The largest difference in a metric between a duplicate arm and its twin: the same losses with other random
 * numbers. A gap below it says nothing of the losses. Undefined without a finished duplicate.
 */
export function noiseFloor(arms: readonly ArmResult[], name: string): number | undefined {
  const gaps = arms.flatMap((arm) => {
    if (arm.kind !== 'duplicate') return [];
    const twin = arms.find(
      (other) =>
        other.kind === 'pair' &&
        other.segmentation === arm.segmentation &&
        other.depth === arm.depth &&
        other.model === arm.model,
    );
    const [a, b] = [arm.summary[name], twin?.summary[name]];
    return a && b ? [Math.abs(a.mean - b.mean)] : [];
  });
  return gaps.length > 0 ? Math.max(...gaps) : undefined;
}
