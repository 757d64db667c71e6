/** Two losses of one's own, as good as the built-in ones: `fathom loss show dice-power --loss-file examples/losses/own.ts`. */
import { defineLoss, graph, masked, meanOfPools, pixelMean, poolSum } from 'fathom';
import { z } from 'zod';

const { add, clamp, div, exp, log, mul, sigmoid, square, sub } = graph;

/** A larger power is more lenient with images that are nearly right. */
export const dicePower = defineLoss({
  name: 'dice-power',
  task: 'segmentation',
  summary: '(1 − (2I + smooth)/(P + T + smooth))^power for each image',
  source: 'examples/losses/own.ts',
  options: z.strictObject({
    smooth: z.number().positive().default(1),
    power: z.number().positive().default(1.5),
  }),
  evaluate({ logits, target, valid }, { smooth, power }) {
    const p = masked(sigmoid(logits), valid);
    const t = masked(target, valid);
    const overlap = add(mul(poolSum(mul(p, t), 'image'), 2), smooth);
    const total = add(add(poolSum(p, 'image'), poolSum(t, 'image')), smooth);
    // A power by logarithm has no gradient at 0: the clamp stays clear of it.
    const missing = clamp(sub(1, div(overlap, total)), 1e-6);
    return meanOfPools(exp(mul(log(missing), power)), valid, 'image');
  },
});

/** Errors of near things count more: they are what a robot runs into. */
export const nearFirst = defineLoss({
  name: 'near-first',
  task: 'depth',
  summary: 'mean (p − t)²/(t + floor)',
  source: 'examples/losses/own.ts',
  options: z.strictObject({ floor: z.number().min(1e-3).default(0.1) }),
  evaluate: ({ logits, target, valid }, { floor }) =>
    pixelMean(div(square(sub(sigmoid(logits), target)), add(target, floor)), valid),
});
