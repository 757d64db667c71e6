/** Scale-invariant logarithmic error (Eigen 2014). */
import { z } from 'zod';
import {
  add,
  clamp,
  log,
  minimum,
  mul,
  sigmoid,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from '../../graph/index.js';
import { defineLoss, type LossInputs } from '../loss.js';
import { masked, meanOfMasked } from '../masked.js';
import { epsilon } from '../schemas.js';

/** Depths below this (0–1) are held at it. */
const smallestDepth = 1e-4;

/** `g = ln max(p, 1e-4) − ln max(t, 1e-4)`, 0 at invalid pixels. */
function logRatio({ logits, target, valid }: LossInputs): Tensor {
  const logDepth = (depth: Tensor) => log(clamp(depth, smallestDepth));
  return masked(sub(logDepth(sigmoid(logits)), logDepth(target)), valid);
}

/**
 * Computed as `√(mean (g − ḡ)² + (1 − lambda)·ḡ² + eps)`, which is the same and cannot be negative inside. The mean in the
 * first term is held constant: its gradient is `mean (g − ḡ) = 0`.
 */
export const silog = defineLoss({
  name: 'silog',
  task: 'depth',
  summary: '√(mean g² − lambda·(mean g)² + eps), g = ln max(p, 1e-4) − ln max(t, 1e-4)',
  source: 'Eigen 2014',
  options: z.strictObject({ lambda: z.number().min(0).max(1).default(0.85), eps: epsilon(1e-6) }),
  evaluate(inputs, { lambda, eps }) {
    const { valid } = inputs;
    const g = logRatio(inputs);
    const average = meanOfMasked(g, valid);
    const variance = meanOfMasked(square(masked(sub(g, stopGradient(average)), valid)), valid);
    const root = sqrt(add(add(variance, mul(square(average), 1 - lambda)), eps));
    return valid ? mul(root, minimum(sum(valid), 1)) : root;
  },
});
