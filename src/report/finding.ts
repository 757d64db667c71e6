/** What a study found, in sentences that claim no more than its seeds, its duplicate arm and its controls allow. */
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, StudyResults } from '../study/results.js';
import { armLabel, count, formatSummary } from './labels.js';
import { finishedRuns, noiseFloor, sortByMetric, trainedArms } from './summarise.js';

/** Fewer seeds than this support no claim. */
const seedsForAClaim = 5;

const segmentationMetrics = new Set([
  'miou',
  'iou',
  'dice',
  'precision',
  'recall',
  'accuracy',
  'publishedMiou',
]);

/** What a trivial predictor reaches in one metric; a reference line of the dot plot. */
export interface Reference {
  readonly metric: string;
  readonly label: string;
  readonly value: number;
}

/**
 * What the controls reach in a metric, named by their mask rule for a segmentation metric and by their depth rule
 * for a depth metric; controls that share the rule are one reference.
 */
export function references(arms: readonly ArmResult[], metric: string): Reference[] {
  const found = new Map<string, Reference>();
  for (const arm of arms) {
    const value = arm.summary[metric]?.mean;
    if (arm.kind !== 'control' || value === undefined) continue;
    const label = segmentationMetrics.has(metric) ? arm.segmentation : arm.depth;
    found.set(label, { metric, label, value });
  }
  return [...found.values()];
}

/** What one must know before reading differences out of the table; one note a line. */
export function notes(results: StudyResults): string[] {
  const trained = trainedArms(results.arms);
  const seeds = Math.max(0, ...trained.map((arm) => finishedRuns(arm).length));
  const lines: string[] = [];
  if (seeds === 1) lines.push('1 seed: differences may be noise; use seeds: 5 for a claim.');
  else if (seeds > 1) {
    const preliminary = seeds < seedsForAClaim ? ' Preliminary: use seeds: 5 for a claim.' : '';
    lines.push(
      `± is half the 95 % interval of the mean over the seeds that finished (Student's t).${preliminary}`,
    );
  }
  const floors = (['miou', 'mrmse'] as const).map((name) => noiseFloor(results.arms, name));
  if (floors[0] !== undefined && floors[1] !== undefined) {
    const [miou, rmse] = floors.map((floor) => floor?.toFixed(4));
    lines.push(
      `Noise floor: the duplicate arm differs from its twin by ${miou} in mIoU and ${rmse} in RMSE (0–1); ` +
        'smaller gaps are not separable.',
    );
  }
  for (const arm of trained) {
    const finished = finishedRuns(arm);
    for (const run of arm.runs) {
      if (run.status === 'done' || finished.length === 0) continue;
      const cause = run.cause ? `: ${run.cause}` : '';
      lines.push(`${armLabel(arm, results)}, seed ${run.seed} ${run.status}${cause}.`);
    }
  }
  return lines;
}

function describeBest(results: StudyResults, name: string, superlative: string): string | undefined {
  const trained = trainedArms(results.arms);
  const [best, ...others] = sortByMetric(trained, name);
  if (!best) return undefined;
  const { label, digits } = metricInfo(name);
  const value = best.summary[name].mean;
  const floor = noiseFloor(results.arms, name);
  const near = others.filter((arm) => Math.abs(arm.summary[name].mean - value) <= (floor ?? 0)).length;
  const tied = near > 0 ? `, with ${count(near, 'other arm')} within the noise floor of it` : '';
  return `The ${superlative} ${label} is ${formatSummary(best.summary[name], digits)} (${armLabel(best, results)})${tied}.`;
}

function describeControls(results: StudyResults, name: string): string | undefined {
  const { direction, label, digits } = metricInfo(name);
  const sign = direction === 'higher' ? 1 : -1;
  const hardest = references(results.arms, name).sort((a, b) => sign * (b.value - a.value))[0];
  if (!hardest) return undefined;
  const measured = sortByMetric(trainedArms(results.arms), name);
  const beaten = measured.filter((arm) => sign * (arm.summary[name].mean - hardest.value) > 0).length;
  const reached = `${label} ${hardest.value.toFixed(digits)}`;
  return `${beaten} of ${count(measured.length, 'arm')} beat “${hardest.label}” (${reached}).`;
}

/**
 * The finding of a study in plain words: what was trained, the best value of each task and who is tied with it, how
 * many arms beat the trivial predictions, how many failed, and how far this can be trusted.
 */
export function finding(results: StudyResults): string {
  const { dataset, epochs, seeds, device } = results;
  const trained = trainedArms(results.arms);
  const unit = dataset.depthUnit ? `, depth up to ${dataset.maxDepth} ${dataset.depthUnit}` : '';
  const failed = trained.filter((arm) => finishedRuns(arm).length === 0).length;
  const preliminary =
    seeds.length < seedsForAClaim
      ? `With ${count(seeds.length, 'seed')}, no order among the arms is claimed.`
      : 'Where the intervals of two arms overlap, no order between them is claimed.';
  return [
    `${count(trained.length, 'arm')} ${trained.length === 1 ? 'was' : 'were'} trained for ${count(epochs, 'epoch')} ` +
      `with ${count(seeds.length, 'seed')} on ${dataset.train} images of ${dataset.name} ` +
      `(${dataset.width}×${dataset.height}${unit}), on ${device}; one epoch of each was selected on ` +
      `${dataset.validation} validation images, and everything below is measured on ${dataset.test} test images.`,
    describeBest(results, 'miou', 'highest'),
    describeBest(results, 'mrmse', 'lowest'),
    describeControls(results, 'miou'),
    describeControls(results, 'mrmse'),
    failed > 0 ? `${count(failed, 'arm')} failed.` : undefined,
    preliminary,
  ]
    .filter((sentence) => sentence !== undefined)
    .join(' ');
}
