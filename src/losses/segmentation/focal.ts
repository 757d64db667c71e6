/** Focal loss (Lin 2017): cross-entropy with less weight on pixels that are already right. */
import { z } from 'zod';
import { add, mul, neg, sigmoid, sub } from '../../graph/index.js';
import { bceMap } from '../bce.js';
import { defineLoss } from '../loss.js';
import { pixelMean } from '../masked.js';
import { power } from '../power.js';

/** For soft targets, `a_t` and `1 − p_t` are the averages of their values at t = 1 and t = 0, weighted by t. */
export const focal = defineLoss({
  name: 'focal',
  task: 'segmentation',
  summary: 'mean of a_t·(1 − p_t)^gamma·bce, a_t = alpha for foreground, else 1 − alpha',
  source: 'Lin 2017',
  options: z.strictObject({
    alpha: z.number().min(0).max(1).default(0.25),
    gamma: z.number().min(0).max(10).default(2),
  }),
  evaluate({ logits, target, valid }, { alpha, gamma }) {
    // sigmoid(−x), because 1 − sigmoid(x) has no digits left where the prediction is sure.
    const wrong = add(mul(sigmoid(neg(logits)), target), mul(sigmoid(logits), sub(1, target)));
    const balance = add(mul(target, 2 * alpha - 1), 1 - alpha);
    return pixelMean(mul(mul(balance, power(wrong, gamma)), bceMap(logits, target)), valid);
  },
});
