/** Holm's correction of p-values for the number of comparisons. */

/**
 * p-values in the given order, each multiplied by the number of hypotheses not yet rejected when its turn comes, from
 * the smallest on, and never below the one before: rejecting those below 0.05 makes any false rejection at all at most
 * 5 % likely, however the tests depend on each other.
 *
 * Source: Holm 1979.
 *
 * @example holm([0.01, 0.04, 0.03, 0.005]) // [0.03, 0.06, 0.06, 0.02]
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [position, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - position) * pValues[i]));
    adjusted[i] = largest;
  }
  return adjusted;
}
