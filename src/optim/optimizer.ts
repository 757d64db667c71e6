/** The contract of an optimizer: how one step changes a parameter, written in as few passes as memory allows. */
import { GraphError, reshape, showShape, split, type Tensor } from '../graph/index.js';

/** Keys of the configuration's `optimizer`. */
export interface OptimizerOptions {
  readonly kind: 'adamw' | 'adam' | 'sgd';
  /** Learning rate of the `constant` and `cosine` schedules. */
  readonly lr: number;
  readonly weightDecay: number;
  /** Decay of the moments of `adamw` and `adam`. */
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
  /** Of `sgd`; 0 keeps no moment. */
  readonly momentum: number;
}

/** A parameter and its slots, before or after a step; all of one shape. */
export interface OptimizerState {
  readonly parameter: Tensor;
  /** In the order of {@link Optimizer.slots}. */
  readonly slots: readonly Tensor[];
}

/** What one step reads. */
export interface OptimizerInputs extends OptimizerState {
  readonly gradient: Tensor;
  /** `[K]` the numbers that {@link Optimizer.scalars} gave for this step. */
  readonly scalars: Tensor;
}

/**
 * An optimizer. It acts on each element by itself, so a parameter may as well be a flat vector of many.
 * Slots are zero before the first step.
 */
export interface Optimizer {
  readonly kind: OptimizerOptions['kind'];
  /** Names of the values kept for each parameter. */
  readonly slots: readonly string[];
  /** How many numbers {@link Optimizer.scalars} gives. */
  readonly scalarCount: number;
  /** What the host feeds at step `step` (from 1): learning rate, weight decay and bias corrections folded together. */
  scalars(step: number, learningRate: number): Float32Array;
  /** The same, with the same slots and scalars, for values that must not decay. */
  withoutDecay(): Optimizer;
  /** One step, symbolically. */
  update(inputs: OptimizerInputs): OptimizerState;
}

/** The numbers of a step as scalars; throws a GraphError when there are not `count` of them. */
export function unpackScalars(scalars: Tensor, count: number): Tensor[] {
  if (scalars.shape.length !== 1 || scalars.shape[0] !== count) {
    throw new GraphError(
      `optimizer: expected scalars of shape ${showShape([count])}, got ${showShape(scalars.shape)}`,
    );
  }
  return split(scalars, 0, new Array(count).fill(1)).map((value) => reshape(value, []));
}
