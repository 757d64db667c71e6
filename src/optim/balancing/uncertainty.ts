/** Uncertainty weighting (Kendall 2018): each task's log-variance is learnt with the network. */
import { add, exp, mul, neg } from '../../graph/index.js';
import type { LossBalancer } from './balancer.js';

/** `Σ L/(2eˢ) + s/2`, s = ln σ² of each task, 0 at first and moved by the optimizer without weight decay. */
export const uncertainty: LossBalancer = {
  name: 'uncertainty',
  kind: 'losses',
  initial: [0, 0],
  learnt: true,
  fedCount: 0,
  fed: () => [],
  weigh([a, b], [s, t]) {
    const weights = [mul(exp(neg(s)), 0.5), mul(exp(neg(t)), 0.5)] as const;
    const penalty = mul(add(s, t), 0.5);
    return { joint: add(add(mul(a, weights[0]), mul(b, weights[1])), penalty), weights };
  },
};
