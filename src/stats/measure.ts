/**
 * A metric measured with several seeds on the same images, in the form that every interval is made from.
 *
 * A measurement holds the metric of each seed, each image's influence on it, and its value in each bootstrap resample of
 * the images. All three are linear, so a difference of two arms or an effect of a factorial is a measurement too.
 */
import { createRandom } from './random.js';

/** How often each image is drawn in each bootstrap resample; shared by all arms, so that they stay paired. */
export interface Resamples {
  readonly count: number;
  readonly images: number;
  /** `[count, images]`, row by row; each row adds up to `images`. */
  readonly weights: Uint16Array;
}

/** Choices for {@link drawResamples}. */
export interface ResampleOptions {
  /** Resamples, 2000 unless told; 999 or more for an interval. */
  readonly count?: number;
  /** Decides every draw, 0 unless told. */
  readonly seed?: number;
}

/**
 * Draws `images` out of `images` with replacement, `count` times. Throws a RangeError for fewer than one image.
 *
 * @example const resamples = drawResamples(300)
 */
export function drawResamples(images: number, options: ResampleOptions = {}): Resamples {
  const { count = 2000, seed = 0 } = options;
  if (!(images >= 1)) throw new RangeError(`resamples: expected at least one image, got ${images}`);
  const random = createRandom(seed);
  const weights = new Uint16Array(count * images);
  for (let b = 0; b < count; b++)
    for (let i = 0; i < images; i++) weights[b * images + random.index(images)]++;
  return { count, images, weights };
}

/**
 * `Σᵢ weights[b, i]·values[i]` of every resample, `[count]`. Four rows at a time: the additions of one wait for each other.
 *
 * @param values `[images]`
 */
export function resampledSums({ count, images, weights }: Resamples, values: Float64Array): Float64Array {
  const sums = new Float64Array(count);
  for (let b = 0; b < count; b += 4) {
    // Beyond the last row there is nothing to read, and nothing is kept.
    const [one, two, three] = [b * images + images, b * images + 2 * images, b * images + 3 * images];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0; i < images; i++) {
      const value = values[i];
      s0 += weights[b * images + i] * value;
      s1 += weights[one + i] * value;
      s2 += weights[two + i] * value;
      s3 += weights[three + i] * value;
    }
    sums[b] = s0;
    sums[b + 1] = s1;
    sums[b + 2] = s2;
    sums[b + 3] = s3;
  }
  return sums;
}

/** A metric of the sums of its columns over images; `images` is how many were summed, repeats counted. */
export type Statistic = (sums: Float64Array, images: number) => number;

/** A metric of one arm, or a linear combination of arms, over seeds and images. */
export interface Measured {
  readonly seeds: number;
  readonly images: number;
  /** Mean over seeds of {@link perSeed}: the number in the table. */
  readonly estimate: number;
  /** The metric of each seed's run over all images, `[seeds]`. */
  readonly perSeed: Float64Array;
  /** The metric of each image alone, averaged over seeds, `[images]`; NaN where an image has none. */
  readonly perImage: Float64Array;
  /**
   * Jackknife pseudo-values `I·θ − (I − 1)·θ₍₋ᵢ₎` of each seed and image, `[seeds, images]`: the values themselves
   * when the metric is their mean.
   */
  readonly influence: Float64Array;
  /** The estimate in each resample of the images, `[resamples.count]`. */
  readonly resampled: Float64Array;
  readonly resamples: Resamples;
}

/** Columns as `[columns][seeds][images]`; any list of numbers will do for the last. */
export type Columns = readonly (readonly ArrayLike<number>[])[];

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};

function checkShape(columns: Columns, images: number): number {
  const seeds = columns[0]?.length ?? 0;
  if (seeds === 0) throw new RangeError('measure: expected at least one column and one seed');
  for (const [k, column] of columns.entries()) {
    if (column.length !== seeds)
      throw new RangeError(`measure: expected ${seeds} seeds in column ${k}, got ${column.length}`);
    for (const [s, values] of column.entries())
      if (values.length !== images)
        throw new RangeError(
          `measure: expected ${images} images in column ${k} of seed ${s}, got ${values.length}`,
        );
  }
  return seeds;
}

/**
 * Measures a statistic of pooled sums: for each seed the columns are summed over the images first, then the statistic is
 * taken, then the mean over seeds. Throws a RangeError when the columns differ in seeds, or in images from `resamples`.
 *
 * @param columns per-image sums `[columns][seeds][images]`, the same images in the same order for every seed.
 * @example measure([squares, pixels], ([e, n]) => Math.sqrt(e / n), resamples) // RMSE
 */
export function measure(columns: Columns, statistic: Statistic, resamples: Resamples): Measured {
  const { images, count } = resamples;
  const seeds = checkShape(columns, images);
  const width = columns.length;
  const perSeed = new Float64Array(seeds);
  const perImage = new Float64Array(images);
  const influence = new Float64Array(seeds * images);
  const resampled = new Float64Array(count);
  const sums = new Float64Array(width);
  for (let s = 0; s < seeds; s++) {
    const data = columns.map((column) => new Float64Array(column[s]));
    const totals = data.map((values) => values.reduce((sum, value) => sum + value, 0));
    sums.set(totals);
    perSeed[s] = statistic(sums, images);
    for (let i = 0; i < images; i++) {
      for (let k = 0; k < width; k++) sums[k] = data[k][i];
      perImage[i] += statistic(sums, 1) / seeds;
      for (let k = 0; k < width; k++) sums[k] = totals[k] - data[k][i];
      const without = images > 1 ? statistic(sums, images - 1) : perSeed[s];
      influence[s * images + i] = images * perSeed[s] - (images - 1) * without;
    }
    const drawn = data.map((values) => resampledSums(resamples, values));
    for (let b = 0; b < count; b++) {
      for (let k = 0; k < width; k++) sums[k] = drawn[k][b];
      resampled[b] += statistic(sums, images) / seeds;
    }
  }
  return { seeds, images, estimate: mean(perSeed), perSeed, perImage, influence, resampled, resamples };
}

/**
 * Measures a mean of per-image values, such as mIoU: {@link measure} of one column. Leave out images that have no value,
 * for all arms alike.
 *
 * @param values `[seeds][images]`, the same images in the same order for every seed.
 * @example measureMean(ious, drawResamples(300)).estimate
 */
export const measureMean = (values: readonly ArrayLike<number>[], resamples: Resamples): Measured =>
  measure([values], (sums, images) => sums[0] / images, resamples);

/**
 * The linear combination `Σ factors[a]·arms[a]`, paired by seed, image and resample. Throws a RangeError when the arms
 * differ in seeds or were not measured with the same resamples.
 *
 * @example combine([a, b], [1, -1]) // the paired difference
 */
export function combine(arms: readonly Measured[], factors: readonly number[]): Measured {
  const [first] = arms;
  if (!first || arms.length !== factors.length)
    throw new RangeError(`combine: expected a factor for each arm, got ${arms.length} and ${factors.length}`);
  for (const arm of arms) {
    if (arm.seeds !== first.seeds)
      throw new RangeError(`combine: expected ${first.seeds} seeds in every arm, got ${arm.seeds}`);
    if (arm.resamples !== first.resamples)
      throw new RangeError('combine: expected arms measured with the same resamples');
  }
  const sum = (part: 'perSeed' | 'perImage' | 'influence' | 'resampled') => {
    const total = new Float64Array(first[part].length);
    for (const [a, arm] of arms.entries()) {
      const factor = factors[a];
      const values = arm[part];
      if (factor !== 0) for (let i = 0; i < total.length; i++) total[i] += factor * values[i];
    }
    return total;
  };
  const perSeed = sum('perSeed');
  return {
    seeds: first.seeds,
    images: first.images,
    estimate: mean(perSeed),
    perSeed,
    perImage: sum('perImage'),
    influence: sum('influence'),
    resampled: sum('resampled'),
    resamples: first.resamples,
  };
}
