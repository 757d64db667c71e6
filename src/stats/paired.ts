/** Two arms compared on the same seeds and images. */
import { type BootstrapInterval, bootstrapInterval, pValue } from './bootstrap.js';
import { combine, type Measured } from './measure.js';
import { type WilcoxonResult, wilcoxon } from './wilcoxon.js';

/** Which end of a metric is good. */
export type Direction = 'higher' | 'lower';

/** What a comparison of arms depends on beside the measurements. */
export interface ComparisonOptions {
  readonly direction: Direction;
  /** Confidence of the intervals, 0.95 unless told. */
  readonly level?: number;
}

/** How arm a differs from arm b. */
export interface PairedComparison {
  /** a − b in the metric's unit, with its interval. */
  readonly difference: BootstrapInterval;
  /** Two-sided p of "no difference", over other seeds and images; below 1 − level when the interval excludes 0. */
  readonly p: number;
  /** Share of images on which a is better, values averaged over seeds first; an equal image counts a half. */
  readonly betterOnImages: number;
  /** Share of seeds with which a is better over all images; an equal seed counts a half. */
  readonly betterWithSeeds: number;
  /**
   * Signed-rank test of the differences per image, averaged over seeds. It takes these runs as given: a small p says
   * that the trained networks differ, not yet that the losses do.
   */
  readonly wilcoxon: WilcoxonResult;
}

/** Share of differences on the good side, equal ones as a half; ½ for none. */
function shareBetter(differences: Float64Array, direction: Direction): number {
  const sign = direction === 'higher' ? 1 : -1;
  const numbers = differences.filter((value) => !Number.isNaN(value));
  if (numbers.length === 0) return 0.5;
  return numbers.reduce((sum, value) => sum + (Math.sign(sign * value) + 1) / 2, 0) / numbers.length;
}

/**
 * Compares arm `a` with arm `b`. Throws a RangeError unless both have the same seeds, images and resamples.
 *
 * @example comparePaired(dice, bce, { direction: 'higher' }).difference.low > 0 // dice is better than bce
 */
export function comparePaired(a: Measured, b: Measured, options: ComparisonOptions): PairedComparison {
  const difference = combine([a, b], [1, -1]);
  return {
    difference: bootstrapInterval(difference, options.level),
    p: pValue(difference),
    betterOnImages: shareBetter(difference.perImage, options.direction),
    betterWithSeeds: shareBetter(difference.perSeed, options.direction),
    wilcoxon: wilcoxon(difference.perImage),
  };
}
