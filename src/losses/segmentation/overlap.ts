/** The overlap family: how far a soft mask and its target fail to cover each other. Dice, Tversky and Jaccard are cases. */
import { add, div, mul, sigmoid, sub, type Tensor } from '../../graph/index.js';
import type { LossInputs } from '../loss.js';
import { masked, type Pool, poolProducts, poolSum } from '../masked.js';

/** Options of {@link overlapLoss}. */
export interface OverlapOptions {
  /** Weight of false positives. */
  readonly alpha: number;
  /** Weight of false negatives. */
  readonly beta: number;
  readonly smooth: number;
  readonly eps: number;
  readonly pool: Pool;
}

/**
 * `1 − (I + smooth)/(I + alpha·FP + beta·FN + smooth + eps)` of each pool, `[N]` or `[1]`. Written as
 * `(alpha·FP + beta·FN + eps)/(…)` it is never negative: rounding is monotonic and all sums run in one order, so `P − I` and
 * `T − I` are not negative in floating point either.
 */
export function overlapLoss(
  { logits, target, valid }: LossInputs,
  { alpha, beta, smooth, eps, pool }: OverlapOptions,
): Tensor {
  const p = masked(sigmoid(logits), valid);
  const t = masked(target, valid);
  const intersection = poolProducts(p, t, pool);
  const falsePositives = sub(poolSum(p, pool), intersection);
  const falseNegatives = sub(poolSum(t, pool), intersection);
  const wrong = add(mul(falsePositives, alpha), mul(falseNegatives, beta));
  return div(add(wrong, eps), add(add(intersection, wrong), smooth + eps));
}
