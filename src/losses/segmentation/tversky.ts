/** Tversky loss (Salehi 2017): Dice with separate weights for the two kinds of error; focal with `gamma` (Abraham 2018). */
import { z } from 'zod';
import { defineLoss } from '../loss.js';
import { meanOfPools } from '../masked.js';
import { power } from '../power.js';
import { epsilon, nonNegative, pool } from '../schemas.js';
import { overlapLoss } from './overlap.js';

/** `alpha` weighs false positives and `beta` false negatives; both ½ make it Dice, both 1 Jaccard. */
export const tversky = defineLoss({
  name: 'tversky',
  task: 'segmentation',
  summary: '(1 − (I + smooth)/(I + alpha·FP + beta·FN + smooth + eps))^gamma',
  source: 'Salehi 2017, Abraham 2018',
  options: z.strictObject({
    alpha: nonNegative(0.3),
    beta: nonNegative(0.7),
    smooth: nonNegative(0),
    eps: epsilon(1e-6),
    pool: pool('image'),
    /** Each image's (or the batch's) value to this power. */
    gamma: z.number().min(0.1).max(10).default(1),
  }),
  evaluate: (inputs, { gamma, ...options }) =>
    meanOfPools(power(overlapLoss(inputs, options), gamma), inputs.valid, options.pool),
});
