/** What a study found, in sentences that claim no more than its seeds, its duplicate arm and its controls allow. */
import { metricInfo } from '../metrics/info.js';
import type { ArmResult, MetricComparison, StudyResults } from '../study/results.js';
import { finishedRuns, orderArms, primaryMetrics, sortByMetric, trainedArms, twinOf } from './arms.js';
import { cautions } from './cautions.js';
import { references } from './controls.js';
import { armLabel, count, list } from './labels.js';

/** The verdict of a study in plain words. */
export interface Verdict {
  /** The answer in one sentence. */
  readonly headline: string;
  /** One finding a line: each task, both together, the noise, trivial predictions, what the differences come from. */
  readonly findings: readonly string[];
  /** What not to conclude, one a line. */
  readonly cautions: readonly string[];
}

/** The tasks in words, with the metric that each is judged by. */
const taskNames = { miou: 'Masks', mrmse: 'Depth' } as const;

/** Arms named in a sentence before the rest is a number. */
const namedAtMost = 6;

/** And in the headline. */
const namedInHeadline = 3;

/** Names of arms as a list, in the order of the table; one that stands there with its repetition is named once. */
function nameArms(
  names: readonly string[],
  results: StudyResults,
  ordered = orderArms(results.arms),
): string {
  const arms = ordered.filter((arm) => names.includes(arm.name));
  const twins = arms.map((arm) => (arm.kind === 'duplicate' ? twinOf(arm, arms) : undefined));
  const distinct = arms.filter((_, i) => !twins[i]);
  const labels = distinct.map((arm) => `${armLabel(arm, results)}${twins.includes(arm) ? ' (twice)' : ''}`);
  return list(labels, namedAtMost);
}

const trainedName = (name: string, results: StudyResults): ArmResult =>
  results.arms.find((arm) => arm.name === name)!;

function taskFinding(
  results: StudyResults,
  name: (typeof primaryMetrics)[number],
  { tied, differences }: MetricComparison,
): string {
  const { label, digits, direction } = metricInfo(name);
  const arms = results.comparison!.arms;
  const means = tied.map((arm) => trainedName(arm, results).summary[name].mean);
  const [low, high] = [Math.min(...means), Math.max(...means)].map((value) => value.toFixed(digits - 1));
  const range = low === high ? low : `${low} to ${high}`;
  const task = `${taskNames[name]} (${label}, ${direction} is better)`;
  if (tied.length === arms.length)
    return `${task}: not separable. No pair of losses is surely better than another; their means, ${range}, may change places with other seeds or images.`;
  const others = arms.length - tied.length;
  if (tied.length > 1)
    return (
      `${task}: ${tied.length} of ${arms.length} are tied for the best, at ${range}: ${nameArms(tied, results, sortByMetric(results.arms, name))}. ` +
      `For ${others === 1 ? 'the other' : `each of the other ${others}`}, at least one pair is surely better.`
    );
  const ahead = differences.filter(({ a, b }) => a === tied[0] || b === tied[0]);
  const closest = ahead.reduce((least, next) => (Math.abs(next.mean) < Math.abs(least.mean) ? next : least));
  const [from, to] = [Math.abs(closest.low), Math.abs(closest.high)].sort((a, b) => a - b);
  const second = closest.a === tied[0] ? closest.b : closest.a;
  return (
    `${task}: ${nameArms(tied, results)} is best, at ${range}, surely better than every other; ` +
    `its lead over ${nameArms([second], results)} is ${Math.abs(closest.mean).toFixed(digits)} (95 % interval ${from.toFixed(digits)} to ${to.toFixed(digits)}).`
  );
}

function noiseFinding({ comparison }: StudyResults): string | undefined {
  const floors = primaryMetrics.flatMap((name) => {
    const floor = comparison?.metrics[name]?.noiseFloor;
    return floor ? [{ ...metricInfo(name), ...floor }] : [];
  });
  if (floors.length === 0 || !comparison) return undefined;
  const inWords = (pick: (floor: (typeof floors)[number]) => number) =>
    floors.map((floor) => `${pick(floor).toFixed(floor.digits)} in ${floor.label}`).join(' and ');
  const seen = `Noise: one pair was trained twice with different random numbers, and differs from itself by ${inWords((floor) => floor.observed)}.`;
  if (comparison.seeds < 2) return `${seen} With one seed, nothing more is known of it.`;
  return `${seen} With ${comparison.seeds} seeds, a gap below ${inWords((floor) => floor.floor)} is not separable from noise.`;
}

function controlFinding(results: StudyResults, name: (typeof primaryMetrics)[number]): string | undefined {
  const { direction, label, digits } = metricInfo(name);
  const sign = direction === 'higher' ? 1 : -1;
  const hardest = references(results.arms, name).sort((a, b) => sign * (b.value - a.value))[0];
  if (!hardest) return undefined;
  const { comparison } = results;
  const judged = comparison?.metrics[name]?.controls.find((control) => control.name === hardest.name);
  const certain = judged !== undefined && comparison!.seeds > 1;
  const measured = trainedArms(results.arms).filter((arm) => arm.summary[name]);
  const beaten = certain
    ? judged.better.length
    : measured.filter((arm) => sign * (arm.summary[name].mean - hardest.value) > 0).length;
  const total = certain ? comparison!.arms.length : measured.length;
  return (
    `${beaten} of ${count(total, 'arm')} ${beaten === 1 ? 'is' : 'are'} ${certain ? 'surely ' : ''}better than “${hardest.label}”, ` +
    `which needs no training (${label} ${hardest.value.toFixed(digits)}).`
  );
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

function effectFindings({ comparison }: StudyResults, name: (typeof primaryMetrics)[number]): string[] {
  if (!comparison || comparison.seeds < 2) return [];
  return (comparison.metrics[name]?.effects ?? []).map(({ of, shares }) => {
    const { segmentation, depth, interaction, seeds, noise } = shares;
    return (
      `${metricInfo(name).label}${of && ` (${of})`}: the segmentation loss explains ${percent(segmentation)} of the differences between ` +
      `runs, the depth loss ${percent(depth)}, their combination ${percent(interaction)}; seeds and noise are the other ${percent(seeds + noise)}.`
    );
  });
}

function bothFinding(results: StudyResults): string | undefined {
  const { comparison } = results;
  const tied = primaryMetrics.map((name) => comparison?.metrics[name]?.tied);
  if (!comparison || !tied[0] || !tied[1] || comparison.seeds < 2) return undefined;
  if (tied.some((names) => names?.length === comparison.arms.length)) return undefined;
  // The headline has said it.
  if (tied.every((names) => names?.length === 1) && tied[0][0] === tied[1][0]) return undefined;
  const both = tied[0].filter((name) => tied[1]?.includes(name));
  return both.length > 0
    ? `Among the best in both tasks: ${nameArms(both, results)}.`
    : 'No pair is among the best in both tasks: which to use depends on the task that matters more.';
}

function headline(results: StudyResults): string {
  const { comparison } = results;
  const finished = trainedArms(results.arms).filter((arm) => finishedRuns(arm).length > 0).length;
  if (finished === 0) return 'Nothing was measured: no run has finished.';
  if (!comparison) return 'There is nothing to compare: fewer than two arms finished without a failure.';
  if (comparison.seeds < 2)
    return 'With one seed no order is claimed: the same pair trained again gives another number, and one run each cannot tell luck from losses.';
  const metrics = primaryMetrics.flatMap((name) => comparison.metrics[name] ?? []);
  const preliminary = comparison.preliminary ? 'Preliminary: ' : '';
  const open = metrics.every(({ tied }) => tied.length === comparison.arms.length);
  if (open)
    return `${preliminary}${preliminary ? 'n' : 'N'}ot separable: this study cannot tell any two of its ${comparison.arms.length} arms apart.`;
  const shared = comparison.arms.filter((name) => metrics.every(({ tied }) => tied.includes(name)));
  const best = nameArms(shared, results);
  if (shared.length === 0)
    return `${preliminary}${preliminary ? 'n' : 'N'}o pair is best in everything: masks and depth have different best pairs.`;
  const others = comparison.arms.length - shared.length;
  if (metrics.every(({ tied }) => tied.length === 1))
    return `${preliminary}${best} is best in masks and in depth, surely better than every other arm.`;
  if (shared.length === 1)
    return `${preliminary}${best} is among the best in masks and depth, and no other arm is.`;
  const names = shared.length <= namedInHeadline ? `: ${best}` : '';
  return (
    `${preliminary}${shared.length} of ${comparison.arms.length} arms are tied for the best in masks and depth${names}. ` +
    `The other ${others === 1 ? 'one is' : `${others} are`} surely worse than some arm in one task or both.`
  );
}

/**
 * The verdict of a study. “Surely” means: at 95 % for all pairs at once, over other seeds and other images, and by more than
 * the noise floor.
 */
export function verdict(results: StudyResults): Verdict {
  const { comparison } = results;
  const findings = [
    ...(comparison && comparison.seeds > 1
      ? primaryMetrics.map((name) => {
          const compared = comparison.metrics[name];
          return compared && taskFinding(results, name, compared);
        })
      : primaryMetrics.map((name) => spreadFinding(results, name))),
    bothFinding(results),
    noiseFinding(results),
    ...primaryMetrics.map((name) => controlFinding(results, name)),
    ...primaryMetrics.flatMap((name) => effectFindings(results, name)),
  ].filter((sentence) => sentence !== undefined);
  return { headline: headline(results), findings, cautions: cautions(results) };
}

/** Without a comparison: how far apart the means lie. */
function spreadFinding(results: StudyResults, name: (typeof primaryMetrics)[number]): string | undefined {
  const { label, digits, direction } = metricInfo(name);
  const means = trainedArms(results.arms).flatMap((arm) => arm.summary[name]?.mean ?? []);
  if (means.length < 2) return undefined;
  const [low, high] = [Math.min(...means), Math.max(...means)].map((value) => value.toFixed(digits));
  return `${taskNames[name]} (${label}, ${direction} is better): the arms lie between ${low} and ${high}.`;
}

/** How a study was made, in a sentence: arms, seeds, data, device, and what the numbers are measured on. */
export function circumstances(results: StudyResults): string {
  const { dataset, epochs, seeds, device } = results;
  const trained = trainedArms(results.arms);
  const unit = dataset.depthUnit ? `, depth up to ${dataset.maxDepth} ${dataset.depthUnit}` : '';
  return (
    `${count(trained.length, 'arm')} ${trained.length === 1 ? 'was' : 'were'} trained for ${count(epochs, 'epoch')} ` +
    `with ${count(seeds.length, 'seed')} each on ${dataset.train} images of ${dataset.name} ` +
    `(${dataset.width}×${dataset.height}${unit}), on ${device}. One epoch of each run was selected on ` +
    `${dataset.validation} validation images; everything below is measured on ${dataset.test} test images that no run ` +
    `was trained or selected on.`
  );
}
