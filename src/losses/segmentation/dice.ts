/** Soft Dice loss (Milletari 2016), with squared and log-cosh forms. */
import { z } from 'zod';
import { add, div, mul, neg, sigmoid, softplus, square, sub, type Tensor } from '../../graph/index.js';
import { defineLoss, type LossInputs } from '../loss.js';
import { masked, meanOfPools, type Pool, poolProducts, poolSum } from '../masked.js';
import { epsilon, nonNegative, pool } from '../schemas.js';
import { overlapLoss } from './overlap.js';

interface DiceOptions {
  readonly smooth: number;
  readonly eps: number;
  readonly pool: Pool;
}

/** With `Σp² + Σt²` in place of `P + T`: `(Σ(p − t)² + eps)/(2I + Σ(p − t)² + smooth + eps)`. */
function squaredDice({ logits, target, valid }: LossInputs, { smooth, eps, pool }: DiceOptions): Tensor {
  const p = masked(sigmoid(logits), valid);
  const t = masked(target, valid);
  const wrong = poolSum(square(sub(p, t)), pool);
  const both = mul(poolProducts(p, t, pool), 2);
  return div(add(wrong, eps), add(add(both, wrong), smooth + eps));
}

/** Halving numerator and denominator, Dice is the overlap with both false counts weighted by ½. */
const plainDice = (inputs: LossInputs, { smooth, eps, pool }: DiceOptions): Tensor =>
  overlapLoss(inputs, { alpha: 0.5, beta: 0.5, smooth: smooth / 2, eps: eps / 2, pool });

/** `ln cosh x` without the overflow of cosh. */
const logCoshOf = (x: Tensor): Tensor => sub(add(x, softplus(mul(neg(x), 2))), Math.LN2);

/** With `smooth 0` an image with an empty mask has the value 1 and no gradient, whatever is predicted. */
export const dice = defineLoss({
  name: 'dice',
  task: 'segmentation',
  summary: '1 − (2I + smooth)/(P + T + smooth + eps)',
  source: 'Milletari 2016',
  options: z.strictObject({
    smooth: nonNegative(0),
    eps: epsilon(1e-6),
    pool: pool('image'),
    /** `Σp²` and `Σt²` in place of P and T. */
    squared: z.boolean().default(false),
    /** `ln cosh` of each value. */
    logCosh: z.boolean().default(false),
  }),
  evaluate(inputs, { squared, logCosh, ...options }) {
    const values = (squared ? squaredDice : plainDice)(inputs, options);
    return meanOfPools(logCosh ? logCoshOf(values) : values, inputs.valid, options.pool);
  },
});
