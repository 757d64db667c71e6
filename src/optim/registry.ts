/** Every optimizer by its name in the config. */
import { adam } from './adam.js';
import type { Optimizer, OptimizerOptions } from './optimizer.js';
import { sgd } from './sgd.js';

const makers: Record<OptimizerOptions['kind'], (options: OptimizerOptions) => Optimizer> = {
  adamw: adam,
  adam,
  sgd,
};

/**
 * The optimizer of a configuration.
 *
 * @example
 * const optimizer = makeOptimizer({ kind: 'adamw', lr: 0.01, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8, momentum: 0 });
 * const next = optimizer.update({ parameter, gradient, slots, scalars: input('scalars', [optimizer.scalarCount]) });
 * await program.run({ scalars: optimizer.scalars(step, learningRate) });
 */
export const makeOptimizer = (options: OptimizerOptions): Optimizer => makers[options.kind](options);
