/** Which arms and runs of a study count, and in which order they stand in every table and figure. */
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, RunResult } from '../study/results.js';

/** The two numbers that the arms are compared in, the first of each task. */
export const primaryMetrics = ['miou', 'mrmse'] as const;

/** Fewer seeds than this support no claim. */
export const seedsForAClaim = 5;

/**
 * Whether a run counts: it finished. One whose mask collapsed finished too; leaving it out would flatter its losses.
 */
export const isFinished = ({ status }: Pick<RunResult, 'status'>): boolean =>
  status === 'done' || status === 'collapsed';

/** Runs that count. */
export const finishedRuns = (arm: Pick<ArmResult, 'runs'>): RunResult[] => arm.runs.filter(isFinished);

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
  const rankings = primaryMetrics.map((name) => sortByMetric(trained, name));
  const rank = (ranking: readonly ArmResult[], arm: ArmResult) =>
    ranking.includes(arm) ? ranking.indexOf(arm) : trained.length;
  const total = (arm: ArmResult) => rankings.reduce((sum, ranking) => sum + rank(ranking, arm), 0);
  return [...trained].sort((a, b) => total(a) - total(b) || rank(rankings[0], a) - rank(rankings[0], b));
}

/** The arm that another one repeats with other seeds. */
export const twinOf = <Arm extends Pick<ArmResult, 'segmentation' | 'depth' | 'model' | 'variant' | 'kind'>>(
  duplicate: Arm,
  arms: readonly Arm[],
): Arm | undefined =>
  arms.find(
    (other) =>
      other.kind === 'pair' &&
      other.segmentation === duplicate.segmentation &&
      other.depth === duplicate.depth &&
      other.model === duplicate.model &&
      other.variant === duplicate.variant,
  );
