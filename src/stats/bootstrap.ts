/**
 * Intervals of a mean over seeds and images: the images by a studentised bootstrap, the seeds by Student's t.
 *
 * Seeds and images are both samples, of all the runs and all the images there could be, and every seed sees the same
 * images. Three to ten seeds are too few to bootstrap: resampling them understates their spread by √((n − 1)/n) and
 * knows nothing of its uncertainty, and drawing images anew within each seed treats one set of images as several.
 * Where seeds or images dominate, such intervals of 95 % cover 45 to 90 %. Here each source of noise gets the method
 * that fits its number, and the two half-widths add as the root of their squares:
 *
 *     low = θ − √((t·seedError)² + (q·imageError)²)
 *
 * with t the quantile of Student's t for seeds − 1 degrees of freedom and q that of the bootstrap distribution of
 * (θ* − θ)/error*, which carries the skewness of the images into unequal arms of the interval.
 *
 * Sources: Zou & Donner 2008 (adding half-widths: MOVER); Efron & Tibshirani 1993, chapter 12 (bootstrap-t);
 * Owen 2007 (two-way samples).
 */
import { normalQuantile, normalTail, studentQuantile } from './distributions.js';
import { type Measured, resampledSums } from './measure.js';
import { imageShare, meanSquares } from './variance.js';

/** An estimate with the interval around it. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** An interval that says where its width comes from. */
export interface BootstrapInterval extends Interval {
  /** Standard error that the seeds cause; 0 for one seed, where nothing is known of it. */
  readonly seedError: number;
  /** Standard error that the choice of images causes, what the seeds cause taken off. */
  readonly imageError: number;
}

/** How far the estimate may be off: the errors of its two sources and the shape of the second. */
interface Noise {
  readonly seedError: number;
  readonly imageError: number;
  readonly seedDegrees: number;
  readonly imageDegrees: number;
  /** `(θ* − θ)/error*` of the resamples, sorted. */
  readonly ratios: Float64Array;
}

/** Fewer images than this get Student's t as well: a resample of them may hold one image only, and has no error*. */
const fewestToBootstrap = 10;

/** An interval and a p-value of one measurement need the same. */
const known = new WeakMap<Measured, Noise>();

function noiseOf(measured: Measured): Noise {
  const noise = known.get(measured) ?? computeNoise(measured);
  known.set(measured, noise);
  return noise;
}

function computeNoise(measured: Measured): Noise {
  const { seeds, images, estimate, perSeed, influence } = measured;
  const variance = perSeed.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / Math.max(1, seeds - 1);
  const squares = meanSquares(influence, seeds, images);
  return {
    seedError: Math.sqrt(variance / seeds),
    imageError: imageShare(squares) * Math.sqrt(squares.images / (seeds * images)),
    seedDegrees: seeds - 1,
    imageDegrees: images - 1,
    ratios: studentise(measured),
  };
}

/** Deviations of the resamples in units of their own standard errors, sorted. */
function studentise({ seeds, images, estimate, influence, resampled, resamples }: Measured): Float64Array {
  const means = new Float64Array(images);
  for (let s = 0; s < seeds; s++)
    for (let i = 0; i < images; i++) means[i] += influence[s * images + i] / seeds;
  // Centred, because Σx² − (Σx)²/n would lose the digits of a small spread.
  const centre = means.reduce((sum, value) => sum + value, 0) / images;
  const centred = means.map((value) => value - centre);
  const sums = resampledSums(resamples, centred);
  const squares = resampledSums(
    resamples,
    centred.map((value) => value * value),
  );
  const ratios = sums.map((sum, b) => {
    const error = Math.sqrt(Math.max(0, squares[b] - (sum * sum) / images) / ((images - 1) * images));
    return error > 0 ? (resampled[b] - estimate) / error : 0;
  });
  return ratios.sort();
}

/** The value that a share `p` of the sorted numbers lies below, linear between neighbours. */
export function quantileSorted(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** Resamples that must lie beyond a quantile before it is read from them. */
const resamplesInTail = 10;

/**
 * How many image errors the interval reaches on one side of the estimate, at the confidence of ±z for a normal variable.
 * Beyond the last resamples, the tail continues in proportion to z.
 */
function imageQuantile({ ratios, imageDegrees }: Noise, z: number, side: 'below' | 'above'): number {
  const tail = normalTail(z);
  if (imageDegrees + 1 < fewestToBootstrap) return studentQuantile(2 * tail, imageDegrees);
  const readable = Math.max(tail, Math.min(0.5, resamplesInTail / ratios.length));
  const quantile =
    side === 'below' ? quantileSorted(ratios, 1 - readable) : -quantileSorted(ratios, readable);
  const stretch = readable > tail ? z / normalQuantile(2 * readable) : 1;
  return Math.max(0, quantile) * stretch;
}

/** How far the interval reaches on one side of the estimate; a source without error needs no quantile. */
function reach(noise: Noise, z: number, side: 'below' | 'above'): number {
  const { seedError, imageError, seedDegrees } = noise;
  const seedPart = seedError > 0 ? studentQuantile(2 * normalTail(z), seedDegrees) * seedError : 0;
  const imagePart = imageError > 0 ? imageQuantile(noise, z, side) * imageError : 0;
  return Math.hypot(seedPart, imagePart);
}

/**
 * The interval of a measurement at confidence `level`. With one seed it covers the choice of images only.
 * Simulated coverage is in `docs/losses.md`.
 *
 * @example bootstrapInterval(measureMean(ious, drawResamples(300))) // { estimate, low, high, … }
 */
export function bootstrapInterval(measured: Measured, level = 0.95): BootstrapInterval {
  const noise = noiseOf(measured);
  const z = normalQuantile(1 - level);
  const { estimate } = measured;
  return {
    estimate,
    low: estimate - reach(noise, z, 'below'),
    high: estimate + reach(noise, z, 'above'),
    seedError: noise.seedError,
    imageError: noise.imageError,
  };
}

/** Beyond this many standard deviations a p-value (2.6e-12) has no meaning left. */
const largestZ = 7;

/**
 * Two-sided p-value of "the true value is 0": one minus the confidence at which the interval of
 * {@link bootstrapInterval} just touches 0, and at least 2.6e-12. It speaks of other seeds and other images, unlike a
 * test over the images of given runs.
 *
 * @example pValue(combine([a, b], [1, -1])) < 0.05 // when the 95 % interval of the difference excludes 0
 */
export function pValue(measured: Measured): number {
  const distance = Math.abs(measured.estimate);
  if (distance === 0) return 1;
  const noise = noiseOf(measured);
  const side = measured.estimate > 0 ? 'below' : 'above';
  let low = 0;
  let high = largestZ;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (reach(noise, middle, side) < distance) low = middle;
    else high = middle;
  }
  return 2 * normalTail(low);
}
