/** From the sums of every test image to the numbers of a study: intervals, ranks, differences, effects, noise floor. */
import { metricFormulas } from '../metrics/formulas.js';
import { metricInfo } from '../metrics/info.js';
import { bootstrapInterval, drawResamples, type Measured, type Resamples } from '../stats/index.js';
import type { ArmResult, MetricComparison, MetricSummary, StudyComparison } from '../study/results.js';
import { primaryMetrics, seedsForAClaim } from './arms.js';
import { compareMetric, confidence, rankMembers } from './compare-metric.js';
import {
  type ArmImages,
  armImages,
  type CollectedArm,
  commonImages,
  commonSeeds,
  imagesWithTruth,
  isComparable,
  measureArm,
  measureRuns,
} from './measure-arms.js';

/** A study's arms with their summaries, and their comparison where there are two to compare. */
export interface ComparedStudy {
  readonly arms: readonly ArmResult[];
  readonly comparison?: StudyComparison;
}

/** Resamples of the images: as many as an interval deserves for the metrics that decide, fewer for the rest. */
const resampleCount = { primary: 2000, other: 400 };

/**
 * Summarises and compares the arms of a study. Arms of which no run failed are compared on the seeds and images that all
 * of them have; the others are summarised by themselves, over the seeds that they finished.
 *
 * @param maxDepth depth unit (metres) at a normalised depth of 1
 */
export function compareStudy(collected: readonly CollectedArm[], maxDepth: number): ComparedStudy {
  const positions = commonSeeds(collected);
  const images = commonImages(collected);
  const compared = collected.map((one) => positions.length > 0 && isComparable(one));
  const withImages = collected.map((one, i) => armImages(one, images, compared[i] ? positions : undefined));
  const names = new Set(collected.flatMap(({ arm }) => arm.runs.flatMap((run) => Object.keys(run.metrics))));
  const summaries = collected.map((): Record<string, MetricSummary> => ({}));
  const metrics: Record<string, MetricComparison> = {};

  // The draws are the same for every metric.
  const drawn = new Map<string, Resamples>();
  const resamplesOf = (images: number, count: number): Resamples => {
    const key = `${images}×${count}`;
    const resamples = drawn.get(key) ?? drawResamples(images, { count });
    drawn.set(key, resamples);
    return resamples;
  };

  for (const formula of metricFormulas(maxDepth)) {
    const ready = withImages.map(
      ({ names: columns, seeds }) => seeds.length > 0 && formula.needs.every((column) => columns.has(column)),
    );
    const first = withImages.find((_, i) => ready[i]);
    const counted = first ? imagesWithTruth(formula.task, first) : [];
    if (counted.length === 0 || !names.has(formula.name)) continue;
    const primary = primaryMetrics.some((name) => name === formula.name);
    const count = primary ? resampleCount.primary : resampleCount.other;
    const resamples = resamplesOf(counted.length, count);
    const measured = withImages.map((arm, i) =>
      ready[i] ? measureArm(arm, formula, counted, resamples) : undefined,
    );
    const members = measured.flatMap((value, i) =>
      value && compared[i] ? [{ arm: collected[i].arm, measured: value, index: i }] : [],
    );
    const ranked = rankMembers(members, formula.name);
    for (const [i, value] of measured.entries())
      if (value)
        summaries[i][formula.name] = summaryOf(value, counted.length, metricInfo(formula.name).bounds);
    for (const [i, { index }] of members.entries()) {
      const { low, high } = ranked.ranking.ranks[i];
      if (members.length > 1)
        summaries[index][formula.name] = { ...summaries[index][formula.name], rank: [low, high] };
    }
    if (primary && members.length > 1) {
      const controls = withImages
        .filter(({ arm }, i) => arm.kind === 'control' && ready[i])
        .map((control) => {
          const seeds = members[0].measured.seeds;
          const repeated: ArmImages = {
            ...control,
            seeds: Array.from({ length: seeds }, () => control.seeds[0]),
          };
          return { arm: control.arm, measured: measureArm(repeated, formula, counted, resamples) };
        });
      metrics[formula.name] = compareMetric(members, controls, formula.name, ranked);
    }
  }

  return {
    arms: collected.map(({ arm }, i) => ({
      ...arm,
      summary: { ...summaries[i], ...runSummaries(arm, summaries[i]) },
    })),
    ...(Object.keys(metrics).length > 0 && {
      comparison: {
        arms: collected.filter((_, i) => compared[i]).map(({ arm }) => arm.name),
        seeds: positions.length,
        images: images.length,
        preliminary: positions.length < seedsForAClaim,
        metrics,
      },
    }),
  };
}

/** An interval ends where the metric does. */
function summaryOf(
  measured: Measured,
  images: number,
  [least, most]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): MetricSummary {
  const { estimate, low, high } = bootstrapInterval(measured, confidence);
  return {
    mean: estimate,
    low: Math.max(low, Math.min(least, estimate)),
    high: Math.min(high, Math.max(most, estimate)),
    seeds: measured.seeds,
    images,
  };
}

/** Summaries of the numbers that have no sums of images behind them, over the seeds that finished. */
function runSummaries(
  { runs }: CollectedArm['arm'],
  known: Readonly<Record<string, MetricSummary>>,
): Record<string, MetricSummary> {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].filter((name) => !known[name]);
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = runs.map((run) => run.metrics[name]).filter(Number.isFinite);
      return values.length > 0 ? [[name, summaryOf(measureRuns(values), 0)]] : [];
    }),
  );
}
