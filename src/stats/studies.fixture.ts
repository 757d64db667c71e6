/** Synthetic studies with a known truth, to see how often intervals hold what they promise. */
import { type Measured, measure, measureMean, type Resamples } from './measure.js';
import type { Random } from './random.js';

/** Standard deviations of the sources of noise. */
export interface Noise {
  /** Of the runs: the same for all images of a run. */
  readonly seeds: number;
  /** Of the images: the same for all runs. */
  readonly images: number;
  /** Of one image in one run. */
  readonly residual: number;
}

/** Shape of the distribution of images. */
export type Shape = 'normal' | 'skewed' | 'rmse';

/** `[seeds][images]` of independent numbers `draw()`. */
const table = (
  seeds: number,
  images: number,
  draw: (seed: number, image: number) => number,
): Float64Array[] =>
  Array.from({ length: seeds }, (_, s) => Float64Array.from({ length: images }, (_, i) => draw(s, i)));

/** One arm with true value {@link truth}. `skewed` images are lognormal (skewness 6.2) with mean 0. */
export function drawArm(
  random: Random,
  seeds: number,
  noise: Noise,
  shape: Shape,
  resamples: Resamples,
): Measured {
  const { images } = resamples;
  const seedEffects = Array.from({ length: seeds }, () => noise.seeds * random.normal());
  const standard = () => {
    const z = random.normal();
    if (shape !== 'skewed') return z;
    return (Math.exp(z) - Math.exp(0.5)) / Math.sqrt((Math.E - 1) * Math.E);
  };
  const imageEffects = Array.from({ length: images }, () => noise.images * standard());
  const values = table(
    seeds,
    images,
    (s, i) => seedEffects[s] + imageEffects[i] + noise.residual * random.normal(),
  );
  if (shape !== 'rmse') return measureMean(values, resamples);
  const squares = values.map((row) => row.map(Math.exp));
  return measure(
    [squares, values.map((row) => row.map(() => 1))],
    ([sum, n]) => Math.sqrt(sum / n),
    resamples,
  );
}

/** What {@link drawArm} estimates: 0, or the mean over seeds of √E(e²) for lognormal squares. */
export const truth = (noise: Noise, shape: Shape): number =>
  shape === 'rmse' ? Math.exp((noise.images ** 2 + noise.residual ** 2) / 4 + noise.seeds ** 2 / 8) : 0;

/**
 * Arms on common images whose true values are `means`: noise common to all arms by image (standard deviation 1) and by
 * seed (0.2), and each arm's own noise of runs (`spread[a]`) and of single images (0.5). The last arm is a duplicate in
 * that it has other seeds, if `duplicate` is set.
 */
export function drawStudy(
  random: Random,
  seeds: number,
  means: readonly number[],
  spread: readonly number[],
  resamples: Resamples,
  duplicate = false,
): Measured[] {
  const { images } = resamples;
  const effects = () => Array.from({ length: seeds }, () => 0.2 * random.normal());
  const byImage = Array.from({ length: images }, () => random.normal());
  const bySeed = effects();
  return means.map((mean, a) => {
    const shared = duplicate && a === means.length - 1 ? effects() : bySeed;
    const own = shared.map((effect) => mean + effect + spread[a] * random.normal());
    return measureMean(
      table(seeds, images, (s, i) => own[s] + byImage[i] + 0.5 * random.normal()),
      resamples,
    );
  });
}
