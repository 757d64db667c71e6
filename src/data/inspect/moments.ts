/** Mean, standard deviation and range of numbers that come in pieces. */

/** What is known of the numbers so far; see {@link addValues}. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
  readonly min: number;
  readonly max: number;
}

/** No numbers yet. */
export const noMoments: Moments = {
  ...{ count: 0, mean: 0, squares: 0 },
  ...{ min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY },
};

/**
 * Adds numbers, those where `counts` is 0 left out. Pieces are merged by Welford's method as extended by Chan 1983, so
 * that the variance does not drown in rounding however many pieces there are.
 */
export function addValues(before: Moments, values: ArrayLike<number>, counts?: Uint8Array): Moments {
  let [count, sum, min, max] = [0, 0, before.min, before.max];
  for (let i = 0; i < values.length; i++) {
    if (counts && counts[i] === 0) continue;
    const value = values[i];
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return before;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < values.length; i++) if (counts?.[i] !== 0) squares += (values[i] - mean) ** 2;
  const total = before.count + count;
  const distance = mean - before.mean;
  return {
    count: total,
    mean: before.mean + (distance * count) / total,
    squares: before.squares + squares + (distance ** 2 * before.count * count) / total,
    min,
    max,
  };
}

/** Standard deviation of all the numbers (divided by their count). */
export const deviation = ({ squares, count }: Moments): number => Math.sqrt(squares / count);
