/**
 * The learning-rate range test: training under a rate that grows exponentially, to see where the loss falls fastest and
 * where it diverges. Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks".
 */
import { FathomError } from '../errors.js';
import type { RunSpec, TrainingData } from './run-spec.js';
import type { Trainer } from './trainer.js';
import { trainingBatches } from './training-batches.js';

/** One step of the test. */
export interface RangePoint {
  readonly rate: number;
  /** Joint loss of the step's batch, before the step. */
  readonly loss: number;
}

/** Options of {@link rangeTest}. */
export interface RangeTestOptions {
  readonly trainer: Trainer;
  readonly spec: Pick<RunSpec, 'seed' | 'train'>;
  readonly data: TrainingData;
  /** First and last learning rate. */
  readonly low: number;
  readonly high: number;
  readonly steps: number;
  readonly onStep?: (point: RangePoint, step: number) => void;
  readonly signal?: AbortSignal;
}

/** What {@link rangeTest} saw. */
export interface RangeTest {
  readonly points: readonly RangePoint[];
  /** Rate at which the loss left all bounds, where it did; the test ends there. */
  readonly divergedAt?: number;
}

/** A loss so many times the lowest so far, above the first one, will not come back. */
const divergence = 4;

/**
 * Trains for `steps` steps with the rate `low·(high/low)^(i/(steps − 1))`, over as many epochs as that takes. Ends
 * early when the loss exceeds four times its smallest value or is not finite.
 *
 * Throws the reason of `signal` when it is aborted.
 */
export async function rangeTest(options: RangeTestOptions): Promise<RangeTest> {
  const { trainer, spec, data, low, high, steps, onStep, signal } = options;
  const points: RangePoint[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let epoch = 1; ; epoch++) {
    for await (const batch of trainingBatches(spec, data, trainer, epoch, signal)) {
      const rate = low * (high / low) ** (points.length / Math.max(1, steps - 1));
      const loss = await lossOfStep(trainer, batch, rate);
      if (loss === undefined) return { points, divergedAt: rate };
      const point = { rate, loss };
      points.push(point);
      onStep?.(point, points.length);
      least = Math.min(least, loss);
      if (loss > divergence * least && loss > points[0].loss) return { points, divergedAt: rate };
      if (points.length === steps) return { points };
    }
  }
}

/** Undefined when the loss is not finite, which is how a range test may well end. */
async function lossOfStep(
  trainer: Trainer,
  ...step: Parameters<Trainer['step']>
): Promise<number | undefined> {
  try {
    return (await trainer.step(...step)).loss;
  } catch (error) {
    if (error instanceof FathomError && error.code === 'failed-arms') return undefined;
    throw error;
  }
}

/** What a range test suggests. */
export interface RateSuggestion {
  /** Where the smoothed loss falls fastest in the logarithm of the rate. */
  readonly steepest: number;
  /** A tenth of the highest rate at which the smoothed loss is as good as lowest: within 5 % of its whole descent. */
  readonly tenthOfMinimum: number;
  /** The smoothed loss of each point. */
  readonly smoothed: readonly number[];
}

/** Fewer points make no curve. */
const fewest = 10;

/** Share of the descent that noise decides: in a long valley the lowest point may be anywhere. */
const valleyDepth = 0.05;

/**
 * Reads learning rates off a range test. The losses are smoothed by a centred triangular mean over a tenth of the
 * points to either side; what follows the lowest point is left out of the search for the steepest descent.
 *
 * Throws a FathomError of code `failed-arms` when there are fewer than 10 points, or the loss never falls.
 */
export function suggestRates({ points, divergedAt }: RangeTest): RateSuggestion {
  if (points.length < fewest)
    throw new FathomError(
      'failed-arms',
      `the loss left all bounds after ${points.length} steps, at a learning rate of ${divergedAt?.toPrecision(2)}`,
      { hint: 'start at a lower rate with --from, or set train.clipNorm' },
    );
  const radius = Math.max(1, Math.round(points.length / 20));
  const twice = centredMean(
    centredMean(
      points.map(({ loss }) => loss),
      radius,
    ),
    radius,
  );
  const lowest = twice.indexOf(Math.min(...twice));
  let best = 0;
  let steepest = 0;
  for (let i = 1; i < lowest; i++) {
    const slope = twice[i + 1] - twice[i - 1];
    if (slope < best) [best, steepest] = [slope, i];
  }
  if (steepest === 0)
    throw new FathomError('failed-arms', 'the loss never falls between the two learning rates', {
      hint: 'choose other bounds with --from and --to, or more --steps',
    });
  const good = twice[lowest] + valleyDepth * (twice[0] - twice[lowest]);
  const end = twice.findLastIndex((loss) => loss <= good);
  return { steepest: points[steepest].rate, tenthOfMinimum: points[end].rate / 10, smoothed: twice };
}

/** The mean of each value and up to `radius` neighbours on both sides, as many on one as on the other. */
function centredMean(values: readonly number[], radius: number): number[] {
  return values.map((_, i) => {
    const reach = Math.min(radius, i, values.length - 1 - i);
    const window = values.slice(i - reach, i + reach + 1);
    return window.reduce((sum, value) => sum + value, 0) / window.length;
  });
}
