/** Geometric loss strategy (Chennupati 2019): the geometric mean, which no task's scale can dominate. */
import { clamp, div, mul, sqrt } from '../../graph/index.js';
import { type LossBalancer, smallestLoss } from './balancer.js';

/** `√(L₁·L₂)`; its gradient weighs each loss by `√(L₁·L₂)/(2L)`. A loss of 0 or below has no gradient. */
export const gls: LossBalancer = {
  name: 'gls',
  kind: 'losses',
  initial: [],
  fedCount: 0,
  fed: () => [],
  weigh([a, b]) {
    const [x, y] = [clamp(a, smallestLoss), clamp(b, smallestLoss)];
    const joint = mul(sqrt(x), sqrt(y));
    return { joint, weights: [div(mul(joint, 0.5), x), div(mul(joint, 0.5), y)] };
  },
};
