/** The joint loss of a step and its gradients: a fixed weight, or a balancing method with what it keeps. */
import { add, div, gradients, input, maximum, mul, scalar, sqrt, type Tensor } from '../graph/index.js';
import type { Balancer, LossBalancer, Pair } from '../optim/balancing/balancer.js';
import { scalarsOf } from '../optim/balancing/balancer.js';
import type { LossTerm } from './chosen-loss.js';
import type { BoundNetwork, Network } from './network.js';
import { gramOf, sharedTensors } from './shared-gradients.js';
import { packGroup, type StateGroup } from './state-layout.js';

/** How two losses become one step: `segmentation + weight·depth` for a number, or a balancing method. */
export type Balance = number | Balancer;

/** A step before its optimizer. */
export interface BalancedStep {
  readonly joint: Tensor;
  /** Of each parameter group. */
  readonly gradients: readonly Tensor[];
  /** Scalars: what each task's gradient is multiplied by; on the shared encoder, for methods that mix gradients. */
  readonly weights: Pair<Tensor>;
  /** Of the two tasks' gradients on the shared encoder, where the method has both. */
  readonly cosine?: Tensor;
  readonly kept?: KeptState;
}

/** What a method keeps from step to step. */
export interface KeptState {
  readonly group: StateGroup;
  readonly value: Tensor;
  /** Where the optimizer moves it. */
  readonly gradient?: Tensor;
  /** Its value after the step, from the losses of the same batch after it; undefined where the optimizer moves it. */
  next?(after: () => Pair<Tensor>): Tensor;
}

/** The buffer that holds what a method keeps, or undefined where it keeps nothing. */
export const keptGroup = (balance: Balance): StateGroup | undefined => {
  if (typeof balance === 'number' || balance.kind === 'gradients' || balance.initial.length === 0)
    return undefined;
  const size = balance.initial.length;
  return { name: 'balance', size, members: [{ name: 'balance', shape: [size], offset: 0 }] };
};

/** Combines the losses `segmentation, depth` of a network; the weight of a fixed one is in its terms. */
export function balanceStep(
  balance: Balance,
  terms: Pair<LossTerm>,
  network: Network,
  bound: BoundNetwork,
): BalancedStep {
  const flats = network.parameters.map(({ name }) => bound.flats.get(name)!);
  const losses: Pair<Tensor> = [terms[0].value, terms[1].value];
  if (typeof balance === 'number') {
    return {
      joint: add(losses[0], mul(losses[1], balance)),
      gradients: gradients(add(terms[0].weighted, terms[1].weighted), flats),
      weights: [scalar(1), scalar(balance)],
    };
  }
  if (balance.kind === 'losses') return weighLosses(balance, losses, flats);

  const members = [...bound.members];
  const slopes = losses.map((loss) =>
    gradients(
      loss,
      members.map(([, tensor]) => tensor),
    ),
  );
  const shared = new Set(sharedTensors(network, bound));
  const ofShared = (own: readonly Tensor[]) => own.filter((_, i) => shared.has(members[i][1]));
  const gram = gramOf(ofShared(slopes[0]), ofShared(slopes[1]));
  const weights = balance.coefficients(gram);
  const mixed = new Map(
    members.map(([name, tensor], i) => {
      const [a, b] = [slopes[0][i], slopes[1][i]];
      return [name, shared.has(tensor) ? add(mul(a, weights[0]), mul(b, weights[1])) : add(a, b)];
    }),
  );
  return {
    joint: add(...(losses as [Tensor, Tensor])),
    gradients: network.parameters.map((group) => packGroup(group, (name) => mixed.get(name)!)),
    weights,
    cosine: div(gram.ab, maximum(mul(sqrt(gram.aa), sqrt(gram.bb)), 1e-30)),
  };
}

function weighLosses(balance: LossBalancer, losses: Pair<Tensor>, flats: readonly Tensor[]): BalancedStep {
  const group = keptGroup(balance);
  const value = group && input(group.name, [group.size]);
  const fed = balance.fedCount > 0 ? input('balance.fed', [balance.fedCount]) : undefined;
  const state = scalarsOf(value);
  const { joint, weights, next } = balance.weigh(losses, state, scalarsOf(fed));
  const learnt = balance.learnt ? [value!] : [];
  const slopes = gradients(joint, [...flats, ...learnt]);
  return {
    joint,
    weights,
    gradients: slopes.slice(0, flats.length),
    ...(group && {
      kept: {
        group,
        value: value!,
        ...(balance.learnt
          ? { gradient: slopes[flats.length] }
          : { next: (after) => next ?? balance.after!(losses, after(), state) }),
      },
    }),
  };
}
