/** Binary cross-entropy from logits: the same loss for masks and for depths. */
import { z } from 'zod';
import { add, mul, neg, softplus, sub, type Tensor } from '../graph/index.js';
import type { LossInputs } from './loss.js';
import { pixelMean } from './masked.js';
import { nonNegative } from './schemas.js';

/** Options of {@link bce}. */
export const bceOptions = z.strictObject({
  /** Weight of `t ln p` against `(1 − t) ln(1 − p)`. */
  posWeight: nonNegative(1),
  /** The target becomes `t·(1 − labelSmoothing) + labelSmoothing/2`. */
  labelSmoothing: z.number().min(0).max(1).default(0),
});

/** The formula of {@link bce}. */
export const bceSummary = 'mean of max(x,0) − x·t + ln(1 + e^−|x|)';

/**
 * Cross-entropy of each pixel, `−w·t·ln p − (1 − t)·ln(1 − p)`, with `w = posWeight`. As `−ln(1 − p) = softplus(x)` and
 * `−ln p = softplus(x) − x`, it is `softplus(x) − x·t` for w = 1: finite for every logit, with gradient `p − t`.
 */
export function bceMap(x: Tensor, t: Tensor, posWeight = 1): Tensor {
  if (posWeight === 1) return sub(softplus(x), mul(x, t));
  // Both terms by themselves: a difference of large numbers would not cancel exactly.
  return add(mul(mul(softplus(neg(x)), t), posWeight), mul(softplus(x), sub(1, t)));
}

/** Mean cross-entropy over valid pixels. */
export function bce({ logits, target, valid }: LossInputs, options: z.infer<typeof bceOptions>): Tensor {
  const { posWeight, labelSmoothing } = options;
  const smoothed = labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / 2);
  return pixelMean(bceMap(logits, smoothed, posWeight), valid);
}
