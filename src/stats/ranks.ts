/**
 * Ranks of arms as intervals, from simultaneous comparisons of all pairs.
 *
 * An arm's rank is at least one more than the number of arms that are surely better, and at most the number of arms less
 * those that are surely worse. "Surely" is decided for all pairs at once: a pair is separable when its difference is more
 * than c standard errors, with c the 95 % quantile of the largest such ratio in joint resamples of seeds and images.
 * So in a study of identical arms no pair at all is separable with a probability of at least 95 %.
 *
 * Source: Mogstad, Romano, Shaikh & Wilhelm 2024 (ranks from simultaneous differences).
 */
import { quantileSorted } from './bootstrap.js';
import type { Measured } from './measure.js';
import type { ComparisonOptions } from './paired.js';
import { createRandom } from './random.js';
import { imageShare, meanSquares } from './variance.js';

/** Place of one arm. */
export interface RankInterval {
  /** By the estimates, from 1; equal estimates share the smallest. */
  readonly rank: number;
  readonly low: number;
  readonly high: number;
}

/** Places of all arms, in the order given. */
export interface Ranking {
  readonly ranks: readonly RankInterval[];
  /** Whether no arm is surely better, for each arm. */
  readonly tiedWithBest: readonly boolean[];
  /** Whether arm `a` is surely better than arm `b`, among all pairs. */
  surely(a: number, b: number): boolean;
}

/** Choices for {@link rankArms}. */
export interface RankOptions extends ComparisonOptions {
  /** Decides the draws of the seeds, 0 unless told. */
  readonly seed?: number;
  /** Differences up to this, such as a noise floor, are never sure; 0 unless told. */
  readonly floor?: number;
}

/** Deviations of every arm from the mean arm, in which noise common to all arms cancels. */
interface Deviations {
  readonly seeds: readonly Float64Array[];
  readonly images: readonly Float64Array[];
  readonly resampled: readonly Float64Array[];
}

function subtractMeanArm(rows: readonly Float64Array[]): Float64Array[] {
  const middle = new Float64Array(rows[0].length);
  for (const row of rows) for (let i = 0; i < middle.length; i++) middle[i] += row[i] / rows.length;
  return rows.map((row) => row.map((value, i) => value - middle[i]));
}

function deviations(arms: readonly Measured[]): Deviations {
  const { seeds, images } = arms[0];
  const influence = subtractMeanArm(arms.map((arm) => arm.influence));
  const squares = influence.map((values) => meanSquares(values, seeds, images));
  const pooled = { seeds: 0, images: 0, residual: 0 };
  for (const { images: image, residual } of squares) {
    pooled.images += image;
    pooled.residual += residual;
  }
  const share = imageShare(pooled);
  const centred = (values: Float64Array, centre: number, factor: number) =>
    values.map((value) => factor * (value - centre));
  return {
    seeds: subtractMeanArm(arms.map((arm) => centred(arm.perSeed, arm.estimate, 1))),
    images: influence.map((values) => {
      const means = new Float64Array(images);
      for (let s = 0; s < seeds; s++)
        for (let i = 0; i < images; i++) means[i] += (share * values[s * images + i]) / seeds;
      const centre = means.reduce((sum, value) => sum + value, 0) / images;
      return centred(means, centre, 1);
    }),
    resampled: subtractMeanArm(arms.map((arm) => centred(arm.resampled, arm.estimate, share))),
  };
}

/** Sum of squared differences divided by n(n − 1): the squared standard error of a mean difference. */
function squaredError(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return a.length > 1 ? sum / (a.length * (a.length - 1)) : 0;
}

/**
 * Standard errors of all differences, `[arms, arms]`. Each variance is the mean of the pair's own and that of all pairs:
 * with five seeds the smallest of three hundred would otherwise be far too small by chance, while one restless arm must
 * not hide the differences among the calm ones.
 */
function pairErrors({ seeds, images }: Deviations): Float64Array {
  const count = seeds.length;
  const variances = new Float64Array(count * count);
  let sum = 0;
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++) {
      const variance = squaredError(seeds[a], seeds[b]) + squaredError(images[a], images[b]);
      variances[a * count + b] = variances[b * count + a] = variance;
      sum += variance;
    }
  const average = sum / Math.max(1, (count * (count - 1)) / 2);
  return variances.map((variance) => Math.sqrt((variance + average) / 2));
}

/**
 * The quantile at `level` of the largest |difference|/error over all pairs, in joint resamples. The seeds are drawn as
 * random combinations of their own deviations, with the variance and the tails of Student's t: resampling five of them
 * would have neither.
 */
function criticalRatio(parts: Deviations, errors: Float64Array, level: number, seed: number): number {
  const count = parts.seeds.length;
  const seeds = parts.seeds[0].length;
  const random = createRandom(seed);
  const deviation = new Float64Array(count);
  const factors = new Float64Array(seeds);
  const largest = parts.resampled[0].map((_, b) => {
    let chiSquare = 0;
    for (let s = 1; s < seeds; s++) chiSquare += random.normal() ** 2;
    // √(1/(n(n − 1))) for the variance of a mean, √((n − 1)/χ²) for Student's tails.
    const scale = seeds > 1 ? 1 / Math.sqrt(seeds * chiSquare) : 0;
    for (let s = 0; s < seeds; s++) factors[s] = scale * random.normal();
    for (let a = 0; a < count; a++) {
      deviation[a] = parts.resampled[a][b];
      for (let s = 0; s < seeds; s++) deviation[a] += factors[s] * parts.seeds[a][s];
    }
    let ratio = 0;
    for (let a = 0; a < count; a++)
      for (let c = 0; c < a; c++) {
        const error = errors[a * count + c];
        if (error > 0) ratio = Math.max(ratio, Math.abs(deviation[a] - deviation[c]) / error);
      }
    return ratio;
  });
  return quantileSorted(largest.sort(), level);
}

/**
 * Rank intervals of the arms, and which of them are tied with the best. Intervals hold for all arms at once at
 * confidence `level`. Throws a RangeError unless all arms have the same seeds, images and resamples.
 *
 * @example rankArms(arms, { direction: 'lower' }).tiedWithBest
 */
export function rankArms(arms: readonly Measured[], options: RankOptions): Ranking {
  const { direction, level = 0.95, seed = 0, floor = 0 } = options;
  if (arms.length === 0) return { ranks: [], tiedWithBest: [], surely: () => false };
  for (const arm of arms)
    if (arm.seeds !== arms[0].seeds || arm.resamples !== arms[0].resamples)
      throw new RangeError('ranks: expected arms with the same seeds and resamples');
  const parts = deviations(arms);
  const errors = pairErrors(parts);
  const critical = criticalRatio(parts, errors, level, seed);
  const sign = direction === 'higher' ? 1 : -1;
  /** By how much arm a is ahead of arm b, and by how much it must be to be surely better. */
  const lead = (a: number, b: number) => sign * (arms[a].estimate - arms[b].estimate);
  const surely = (a: number, b: number) =>
    lead(a, b) > Math.max(floor, critical * errors[a * arms.length + b]);
  const countArms = (matches: (other: number) => boolean) =>
    arms.reduce((sum, _, other) => sum + (matches(other) ? 1 : 0), 0);
  const ranks = arms.map((_, a) => ({
    rank: 1 + countArms((other) => lead(other, a) > 0),
    low: 1 + countArms((other) => other !== a && surely(other, a)),
    high: arms.length - countArms((other) => other !== a && surely(a, other)),
  }));
  return { ranks, tiedWithBest: ranks.map(({ low }) => low === 1), surely };
}
