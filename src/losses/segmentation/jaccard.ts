/** Soft Jaccard loss: one minus the intersection over the union. */
import { z } from 'zod';
import { defineLoss } from '../loss.js';
import { meanOfPools } from '../masked.js';
import { epsilon, nonNegative, pool } from '../schemas.js';
import { overlapLoss } from './overlap.js';

/** The overlap with both false counts weighted by 1, as `P + T − I = I + FP + FN`. */
export const jaccard = defineLoss({
  name: 'jaccard',
  task: 'segmentation',
  summary: '1 − (I + smooth)/(P + T − I + smooth + eps)',
  source: '—',
  options: z.strictObject({ smooth: nonNegative(0), eps: epsilon(1e-6), pool: pool('image') }),
  evaluate: (inputs, options) =>
    meanOfPools(overlapLoss(inputs, { alpha: 1, beta: 1, ...options }), inputs.valid, options.pool),
});
