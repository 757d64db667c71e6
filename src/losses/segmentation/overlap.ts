/** The overlap family: how far a soft mask and its target fail to cover each other. Dice, Tversky and Jaccard are cases. */
import { add, div, mul, sigmoid, sub, type Tensor } from '../../graph/index.js';
import type { LossInputs } from '../loss.js';
import { masked, type Pool, poolSum } from '../masked.js';

/** Soft counts of each pool, `[N]` or `[1]`. */
export interface SoftCounts {
  /** `I = Σ pt`. */
  readonly truePositives: Tensor;
  /** `Σ p(1 − t)`. */
  readonly falsePositives: Tensor;
  /** `Σ (1 − p)t`. */
  readonly falseNegatives: Tensor;
  /** `Σ (1 − p)(1 − t)`. */
  readonly trueNegatives: Tensor;
}

/**
 * The four counts over valid pixels. The positives are sums of their own and not `P − I`, so that in a full mask the
 * gradients of both do not cancel. The negatives are what is left of `Σ t` and `Σ (1 − t)`: rounding is monotonic and
 * all sums run in one order, so these differences are never negative, in floating point too.
 */
export function softCounts({ logits, target, valid }: LossInputs, pool: Pool): SoftCounts {
  const p = sigmoid(logits);
  const t = masked(target, valid);
  const rest = sub(valid ?? 1, t);
  const truePositives = poolSum(mul(p, t), pool);
  const falsePositives = poolSum(mul(p, rest), pool);
  return {
    truePositives,
    falsePositives,
    falseNegatives: sub(poolSum(t, pool), truePositives),
    trueNegatives: sub(poolSum(rest, pool), falsePositives),
  };
}

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
 * `(alpha·FP + beta·FN + eps)/(…)` it is never negative and does not lose digits near a perfect fit.
 */
export function overlapLoss(inputs: LossInputs, { alpha, beta, smooth, eps, pool }: OverlapOptions): Tensor {
  const { truePositives, falsePositives, falseNegatives } = softCounts(inputs, pool);
  const wrong = add(mul(falsePositives, alpha), mul(falseNegatives, beta));
  return div(add(wrong, eps), add(add(truePositives, wrong), smooth + eps));
}
