/** Inputs of the figures that show the comparison itself: effects of a factorial, Pareto, and errors on single images. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { effectsFigure } from '../figures/effects.js';
import { errorGrid } from '../figures/error-grid.js';
import { type ParetoArm, paretoFigure } from '../figures/pareto.js';
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, MetricComparison, StudyResults } from '../study/results.js';
import { readPredictions } from '../train/predictions-file.js';
import { runFiles } from '../train/run-folder.js';
import { finishedRuns, orderArms, primaryMetrics, sortByMetric, trainedArms } from './arms.js';
import { armLabel, describeStudy, withUnit } from './labels.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The figures of all effects, metric by metric, as SVG. */
export function drawEffects(results: StudyResults): string[] {
  return primaryMetrics.flatMap((name) => {
    const metric = withUnit(metricInfo(name), '');
    const title = `What each loss does to ${metric.label}, ${metric.direction} is better`;
    return (results.comparison?.metrics[name]?.effects ?? []).map((effects) =>
      effectsFigure({
        title: effects.of ? `${title}: ${effects.of}` : title,
        subtitle: describeStudy(results),
        metric,
        effects,
      }),
    );
  });
}

/** Whether arm `a` is surely better than arm `b` in a metric. */
function isSurelyBetter(
  a: string,
  b: string,
  { differences }: MetricComparison,
  direction: 'higher' | 'lower',
): boolean {
  const pair = differences.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
  if (pair?.verdict !== 'separable') return false;
  const lead = pair.a === a ? pair.mean : -pair.mean;
  return direction === 'higher' ? lead > 0 : lead < 0;
}

/** The Pareto figure as SVG; undefined unless two arms have both measures. */
export function drawPareto(results: StudyResults): string | undefined {
  const metrics = { mask: withUnit(metricInfo('miou'), ''), depth: withUnit(metricInfo('mrmse'), '') };
  const arms = orderArms(results.arms).filter((arm) => arm.summary.miou && arm.summary.mrmse);
  if (arms.length < 2) return undefined;
  const seconds = new Map(arms.map((arm) => [arm, mean(finishedRuns(arm).map((run) => run.seconds))]));
  const compared = primaryMetrics.flatMap((name) => {
    const metric = results.comparison?.metrics[name];
    return metric ? [{ metric, direction: metricInfo(name).direction }] : [];
  });
  const better = (a: ArmResult, b: ArmResult) =>
    compared.some(({ metric, direction }) => isSurelyBetter(a.name, b.name, metric, direction));
  return paretoFigure({
    title: 'Masks against depth, and the time it took',
    subtitle: describeStudy(results),
    metrics,
    arms: arms.map(
      (arm): ParetoArm => ({
        label: armLabel(arm, results),
        mask: arm.summary.miou,
        depth: arm.summary.mrmse,
        seconds: seconds.get(arm)!,
        beaten: arms.some(
          (other) => better(other, arm) && !better(arm, other) && seconds.get(other)! <= seconds.get(arm)!,
        ),
      }),
    ),
  });
}

/** The two tasks as the error figures speak of them. */
const views = [
  { task: 'segmentation', metric: 'miou', measure: 'IoU', what: 'masks' },
  { task: 'depth', metric: 'mrmse', measure: 'RMSE', what: 'depth' },
] as const;

const places = ['worst', 'median', 'best'];

/**
 * For each task, the worst, median and best test images of one run: of the arm with the best mean, the seed whose value is
 * the median of its seeds, so that neither a lucky nor an unlucky run is shown. PNGs; none for runs of an earlier version,
 * which kept no such images.
 */
export async function drawErrors(folder: string, results: StudyResults): Promise<Buffer[]> {
  const drawn: Buffer[] = [];
  for (const { task, metric, measure, what } of views) {
    const arm = sortByMetric(trainedArms(results.arms), metric).find(({ kind }) => kind === 'pair');
    if (!arm) continue;
    const runs = [...finishedRuns(arm)].sort((a, b) => a.metrics[metric] - b.metrics[metric]);
    const run = runs[(runs.length - 1) >> 1];
    const file = runFiles(join(folder, run.folder)).extremes(task);
    if (!existsSync(file)) continue;
    const rows = readPredictions(file);
    if (rows.length === 0) continue;
    const { height, width, maxDepth, depthUnit } = results.dataset;
    drawn.push(
      await errorGrid({
        title: `Errors in ${what}: ${armLabel(arm, results)}, seed ${run.seed}`,
        subtitle: `worst, median and best of ${arm.summary[metric].images} test images by ${measure}`,
        ...{ height, width, maxDepth, depthUnit },
        rows: rows.map((row, i) => ({ place: `${places[i]} by ${measure}`, row })),
      }),
    );
  }
  return drawn;
}
