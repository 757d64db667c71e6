/** PCGrad, gradient surgery (Yu 2020): of conflicting gradients, each loses what points against the other. */
import { div, maximum, minimum, sub } from '../../graph/index.js';
import type { GradientBalancer } from './balancer.js';

/** Keeps a gradient of length 0 from dividing by it. */
const smallestSquare = 1e-30;

/**
 * `g₁ − min(0, g₁·g₂)/|g₂|²·g₂ + g₂ − min(0, g₁·g₂)/|g₁|²·g₁`: the plain sum where the gradients agree. With two tasks
 * the order of the projections, random in the paper, does not matter.
 */
export const pcgrad: GradientBalancer = {
  name: 'pcgrad',
  kind: 'gradients',
  coefficients({ aa, ab, bb }) {
    const conflict = minimum(ab, 0);
    return [
      sub(1, div(conflict, maximum(aa, smallestSquare))),
      sub(1, div(conflict, maximum(bb, smallestSquare))),
    ];
  },
};
