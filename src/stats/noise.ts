/** The noise floor: how large a difference two arms with the same losses show. */
import type { Interval } from './bootstrap.js';
import { studentQuantile } from './distributions.js';

/** An arm and its duplicate: the metric of each seed's run, the same losses with other random numbers. */
export interface Duplicate {
  readonly original: ArrayLike<number>;
  readonly duplicate: ArrayLike<number>;
}

/** What duplicates say of the noise. */
export interface NoiseFloor {
  /** Two identical arms differ by less than this with a probability of `level`; at least {@link observed}. */
  readonly floor: number;
  /** Largest difference of means that a duplicate showed. */
  readonly observed: number;
  /** Degrees of freedom behind the floor. */
  readonly degrees: number;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

const squares = (values: ArrayLike<number>): number => {
  const centre = mean(values);
  return Array.from(values).reduce((sum, value) => sum + (value - centre) ** 2, 0);
};

/**
 * The floor from one duplicate or several: `t·√(σ²·(1/n + 1/m))` for n and m seeds. The variance σ² of a run is pooled
 * from the spread within both arms and from the differences between them, which also see what seeds do not decide,
 * such as arithmetic in another order. With one seed and one duplicate all rests on one difference, and t is 12.7.
 * Undefined when there is no duplicate, or an arm of one has no run.
 *
 * @example noiseFloor([{ original: [0.81, 0.83], duplicate: [0.82, 0.8] }])?.floor
 */
export function noiseFloor(duplicates: readonly Duplicate[], level = 0.95): NoiseFloor | undefined {
  if (duplicates.length === 0) return undefined;
  let sum = 0;
  let degrees = 0;
  let observed = 0;
  let weight = 0;
  for (const { original, duplicate } of duplicates) {
    if (original.length === 0 || duplicate.length === 0) return undefined;
    const gap = Math.abs(mean(original) - mean(duplicate));
    const perRun = 1 / original.length + 1 / duplicate.length;
    sum += squares(original) + squares(duplicate) + gap ** 2 / perRun;
    degrees += original.length + duplicate.length - 1;
    observed = Math.max(observed, gap);
    weight = Math.max(weight, perRun);
  }
  const floor = studentQuantile(1 - level, degrees) * Math.sqrt((sum / degrees) * weight);
  return { floor: Math.max(floor, observed), observed, degrees };
}

/** Whether a difference says something: if not, what stands against it. */
export type Separation = 'separable' | 'interval includes 0' | 'below noise floor';

/**
 * Judges a paired difference: separable when its interval excludes 0 and its size is above the noise floor, if there is
 * one. Either alone errs for two identical arms at most as often as its level says; both together less.
 *
 * @example separation(comparePaired(a, b, options).difference, noiseFloor(duplicates)?.floor)
 */
export function separation({ estimate, low, high }: Interval, floor = 0): Separation {
  if (!(low > 0 || high < 0)) return 'interval includes 0';
  return Math.abs(estimate) > floor ? 'separable' : 'below noise floor';
}
