/**
 * Adam (Kingma 2015) and AdamW (Loshchilov 2019), with moments kept in a scaled form that saves passes over memory.
 *
 * By the book, at step t with gradient g:
 *
 *     m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
 *     p ← p·(1 − lr·wd) − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * The slots are m̃ = m/(1 − β₁) and ṽ = v/(1 − β₂), so that m̃ ← β₁·m̃ + g and ṽ ← β₂·ṽ + g². With
 * c = √((1 − β₂)/(1 − β₂ᵗ)) the root is √ṽ·c, and dividing numerator and denominator by c leaves
 *
 *     p ← decay·p − rate·m̃ / (√ṽ + epsilon)
 *     rate = lr·(1 − β₁) / ((1 − β₁ᵗ)·c),   epsilon = ε/c,   decay = 1 − lr·wd
 *
 * where the three scalars are computed by the host in float64. Adam adds wd·p to the gradient instead of decaying.
 */
import { add, div, mul, sqrt, square, sub } from '../graph/index.js';
import { type Optimizer, type OptimizerOptions, unpackScalars } from './optimizer.js';

/** Adam; `kind: 'adamw'` decouples the weight decay from the gradient. Same numbers as PyTorch's, to rounding. */
export function adam(options: OptimizerOptions): Optimizer {
  const {
    kind,
    betas: [beta1, beta2],
    eps,
    weightDecay,
  } = options;
  const decoupled = kind === 'adamw';
  return {
    kind,
    slots: ['firstMoment', 'secondMoment'],
    scalarCount: 3,
    scalars(step, learningRate) {
      const c = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      const rate = (learningRate * (1 - beta1)) / ((1 - beta1 ** step) * c);
      return Float32Array.of(rate, eps / c, 1 - learningRate * weightDecay);
    },
    withoutDecay: () => adam({ ...options, weightDecay: 0 }),
    update({ parameter, gradient, slots: [first, second], scalars }) {
      const [rate, epsilon, decay] = unpackScalars(scalars, 3);
      const g = decoupled || weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      const m = add(mul(first, beta1), g);
      const v = add(mul(second, beta2), square(g));
      const change = mul(div(m, add(sqrt(v), epsilon)), rate);
      const kept = decoupled && weightDecay !== 0 ? mul(parameter, decay) : parameter;
      return { parameter: sub(kept, change), slots: [m, v] };
    },
  };
}
