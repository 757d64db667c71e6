/** Gradient loss: how far the slopes of the depth differ, over one scale or several (Ranftl 2020). */
import { z } from 'zod';
import { abs, add, mul, scalar } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { pixelMean } from '../masked.js';
import { depthError } from './error.js';
import { asChannels, everySecond, forwardSlopes, sobelSlopes } from './slopes.js';

/**
 * Slopes are linear, so those of `p` and `t` differ by the slope of `e`. It cannot see an additive constant.
 * At scale s every 2^s-th pixel is kept; the values of all scales are added.
 */
export const grad = defineLoss({
  name: 'grad',
  task: 'depth',
  summary: '(mean |∇x e| + mean |∇y e|)/2, summed over scales',
  source: 'published study, Ranftl 2020',
  options: z.strictObject({
    kernel: z.enum(['sobel', 'forward']).default('sobel'),
    scales: z.int().min(1).max(8).default(1),
  }),
  evaluate(inputs, { kernel, scales }) {
    const slopesOf = kernel === 'sobel' ? sobelSlopes : forwardSlopes;
    let error = asChannels(depthError(inputs));
    let valid = inputs.valid && asChannels(inputs.valid);
    let total = scalar(0);
    for (let scale = 0; scale < scales; scale++) {
      if (scale > 0) [error, valid] = [everySecond(error), valid && everySecond(valid)];
      for (const slope of slopesOf(error, valid))
        total = add(total, pixelMean(abs(slope.value), slope.valid));
    }
    return mul(total, 0.5);
  },
});
