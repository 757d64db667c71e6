/** Random loss weighting (Lin 2022): the litmus test that every other method should pass. */
import { add, mul } from '../../graph/index.js';
import type { LossBalancer } from './balancer.js';

/** A softmax of two standard normal numbers, drawn anew at each step. */
export const rlw: LossBalancer = {
  name: 'rlw',
  kind: 'losses',
  initial: [],
  fedCount: 2,
  fed({ random }) {
    // Box and Muller: two uniform numbers make two normal ones, here the difference that a softmax of two needs.
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    const share = 1 / (1 + Math.exp(radius * (Math.sin(angle) - Math.cos(angle))));
    return [share, 1 - share];
  },
  weigh: ([a, b], _, [v, w]) => ({ joint: add(mul(a, v), mul(b, w)), weights: [v, w] }),
};
