/** FAMO, fast adaptive multitask optimization (Liu 2023): the tasks' losses fall at one rate. */
import {
  add,
  clamp,
  concat,
  div,
  exp,
  log,
  mul,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
} from '../../graph/index.js';
import { type LossBalancer, type Pair, smallestLoss } from './balancer.js';

/** Of the authors' code: learning rate and decay of the task logits, which Adam moves. */
const [rate, decay] = [0.025, 1e-3];
const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];

/** Softmax of two, from their difference. */
function shares(w: Tensor, v: Tensor): Pair<Tensor> {
  const share = div(1, add(1, exp(sub(v, w))));
  return [share, sub(1, share)];
}

/** Losses above their lower bound, 0. */
const above = (loss: Tensor) => add(clamp(loss, 0), smallestLoss);

/**
 * `Σ z·ln L / c` with `z = softmax(w)` and `c = Σ z/L` held constant, so that losses weigh `z/(c·L)`. After the step
 * the same batch is evaluated again, which costs a forward pass, and w descends along `Jᵀ(ln L before − ln L after)`,
 * J the Jacobian of the softmax. Kept: w, Adam's two moments of each, and the count of steps.
 */
export const famo: LossBalancer = {
  name: 'famo',
  kind: 'losses',
  initial: [0, 0, 0, 0, 0, 0, 0],
  fedCount: 0,
  fed: () => [],
  weigh([a, b], [w, v]) {
    const [x, y] = [above(a), above(b)];
    const z = shares(w, v);
    const c = stopGradient(add(div(z[0], x), div(z[1], y)));
    const joint = div(add(mul(log(x), z[0]), mul(log(y), z[1])), c);
    return { joint, weights: [div(div(z[0], x), c), div(div(z[1], y), c)] };
  },
  after(before, after, [w, v, firstW, firstV, secondW, secondV, count]) {
    const [fallA, fallB] = before.map((loss, i) => sub(log(above(loss)), log(above(after[i]))));
    const [z, y] = shares(w, v);
    // Jᵀδ of two: z·y·(δ₁ − δ₂), and its negative.
    const slope = mul(mul(z, y), sub(fallA, fallB));
    const steps = add(count, 1);
    const bias = (beta: number) => sub(1, exp(mul(steps, Math.log(beta))));
    const move = (logit: Tensor, gradient: Tensor, first: Tensor, second: Tensor) => {
      const g = add(gradient, mul(logit, decay));
      const m = add(mul(first, beta1), mul(g, 1 - beta1));
      const s = add(mul(second, beta2), mul(square(g), 1 - beta2));
      const change = div(div(m, bias(beta1)), add(sqrt(div(s, bias(beta2))), eps));
      return { logit: sub(logit, mul(change, rate)), m, s };
    };
    const [p, q] = [move(w, slope, firstW, secondW), move(v, mul(slope, -1), firstV, secondV)];
    const kept = [p.logit, q.logit, p.m, q.m, p.s, q.s, steps];
    return concat(
      kept.map((value) => reshape(value, [1])),
      0,
    );
  },
};
