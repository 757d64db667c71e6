/** One loss of several, chosen when a step runs: runs that differ in their losses alone share one compiled step. */
import { FathomError } from '../errors.js';
import { choose, GraphError, gradients, input, mul, stopGradient, sum, type Tensor } from '../graph/index.js';
import type { LossInputs } from '../losses/loss.js';

/** A loss, bound to its options. */
export type LossFunction = (inputs: LossInputs) => Tensor;

/** Losses of one task, one of which a run is trained by. */
export interface LossChoice {
  readonly among: readonly LossFunction[];
  /** Index of the run's own. */
  readonly chosen: number;
}

/** A term of the joint loss. */
export interface LossTerm {
  /** The scalar loss. */
  readonly value: Tensor;
  /** A scalar that has the gradient of `weight · value` in the logits. */
  readonly weighted: Tensor;
  /** What is fed to the graph's input that says which loss is computed, where it has one. */
  readonly fed?: number;
}

/**
 * The term of a loss, or of the one that the input `name` says. Throws what building the run's own loss throws; others that cannot be
 * built are left out.
 */
export function lossTerm(
  name: string,
  loss: LossFunction | LossChoice,
  inputs: LossInputs,
  weight: number,
): LossTerm {
  if (typeof loss === 'function') {
    const value = loss(inputs);
    return { value, weighted: mul(value, weight) };
  }
  const { among, chosen } = loss;
  const ways = among.flatMap((evaluate, index) => {
    try {
      const value = evaluate(inputs);
      return [{ index, values: [value, ...gradients(mul(value, weight), [inputs.logits])] }];
    } catch (error) {
      if (index === chosen || !(error instanceof GraphError || error instanceof FathomError)) throw error;
      return [];
    }
  });
  const [value, slope] = choose(
    input(name, []),
    ways.map(({ values }) => values),
  );
  return {
    value,
    weighted: sum(mul(inputs.logits, stopGradient(slope))),
    ...(ways.length > 1 && { fed: ways.findIndex(({ index }) => index === chosen) }),
  };
}

/** The run's own loss. */
export const ownLoss = (loss: LossFunction | LossChoice): LossFunction =>
  typeof loss === 'function' ? loss : loss.among[loss.chosen];
