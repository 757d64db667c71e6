/** Stochastic gradient descent with momentum, as PyTorch defines it. */
import { add, mul, sub } from '../graph/index.js';
import { type Optimizer, type OptimizerOptions, unpackScalars } from './optimizer.js';

/** `g ← g + wd·p`, `m ← momentum·m + g`, `p ← p − lr·m`; without a slot when momentum is 0. */
export function sgd(options: OptimizerOptions): Optimizer {
  const { kind, momentum, weightDecay } = options;
  return {
    kind,
    slots: momentum === 0 ? [] : ['momentum'],
    scalarCount: 1,
    scalars: (_step, learningRate) => Float32Array.of(learningRate),
    withoutDecay: () => sgd({ ...options, weightDecay: 0 }),
    update({ parameter, gradient, slots: [moment], scalars }) {
      const [rate] = unpackScalars(scalars, 1);
      const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
      const m = moment ? add(mul(moment, momentum), g) : g;
      return { parameter: sub(parameter, mul(m, rate)), slots: moment ? [m] : [] };
    },
  };
}
