/** Dynamic weight averaging (Liu 2019): a task whose loss falls slowly gets more weight. */
import {
  add,
  concat,
  div,
  exp,
  maximum,
  mul,
  reshape,
  stopGradient,
  sub,
  type Tensor,
} from '../../graph/index.js';
import { type LossBalancer, smallestLoss } from './balancer.js';

/** A large one makes the weights equal; the paper's. */
const temperature = 2;

/**
 * `λ = 2·softmax(r/T)`, `r = L(t − 1)/L(t − 2)` of each task's mean losses of the last two epochs; both 1 in the first
 * two epochs. Kept: sums and count of this epoch, means of the one before and of the one before that.
 */
export const dwa: LossBalancer = {
  name: 'dwa',
  kind: 'losses',
  initial: [0, 0, 0, 0, 0, 0, 0],
  fedCount: 2,
  fed: ({ epoch, first }) => [first ? 1 : 0, epoch > 2 ? 1 : 0],
  weigh([a, b], [sumA, sumB, count, lastA, lastB, beforeA, beforeB], [first, known]) {
    const goesOn = sub(1, first);
    const choose = (atStart: Tensor, otherwise: Tensor) => add(mul(first, atStart), mul(goesOn, otherwise));
    const mean = (sum: Tensor, last: Tensor) => choose(div(sum, maximum(count, 1)), last);
    const [newA, newB] = [mean(sumA, lastA), mean(sumB, lastB)];
    const [oldA, oldB] = [choose(lastA, beforeA), choose(lastB, beforeB)];
    const rate = (now: Tensor, before: Tensor) =>
      add(mul(known, div(now, maximum(before, smallestLoss))), sub(1, known));
    // Softmax of two from their difference alone, which cannot overflow at a temperature of 2.
    const difference = mul(sub(rate(newB, oldB), rate(newA, oldA)), 1 / temperature);
    const share = div(1, add(1, exp(difference)));
    const weights = [mul(share, 2), mul(sub(1, share), 2)] as const;
    const kept = [
      add(mul(goesOn, sumA), stopGradient(a)),
      add(mul(goesOn, sumB), stopGradient(b)),
      add(mul(goesOn, count), 1),
      ...[newA, newB, oldA, oldB],
    ];
    return {
      joint: add(mul(a, weights[0]), mul(b, weights[1])),
      weights,
      next: concat(
        kept.map((value) => reshape(value, [1])),
        0,
      ),
    };
  },
};
