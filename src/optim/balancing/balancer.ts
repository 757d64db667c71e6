/** The contract of a balancing method: how two losses, or their gradients, become one step. */
import { reshape, split, type Tensor } from '../../graph/index.js';

/** Something of each task: segmentation, depth. */
export type Pair<T> = readonly [T, T];

/** When a step is taken. */
export interface StepMoment {
  /** From 1. */
  readonly epoch: number;
  /** Whether it is the first of its epoch. */
  readonly first: boolean;
  /** Numbers uniform in [0, 1), a stream of this step alone. */
  readonly random: () => number;
}

/** What a step follows. */
export interface Weighed {
  /** Scalar whose gradient the network follows. */
  readonly joint: Tensor;
  /** Scalars: what the gradient of each loss is multiplied by in that of `joint`. */
  readonly weights: Pair<Tensor>;
  /** `[K]` what the method keeps for the next step, where this step alone decides it. */
  readonly next?: Tensor;
}

/** A method that combines the losses; one gradient is taken. */
export interface LossBalancer {
  readonly name: string;
  readonly kind: 'losses';
  /** What the method keeps before the first step, `[K]`; empty where it keeps nothing. */
  readonly initial: readonly number[];
  /** Whether the optimizer moves what it keeps along the gradient of `joint`, without weight decay. */
  readonly learnt?: boolean;
  /** How many numbers {@link LossBalancer.fed} gives. */
  readonly fedCount: number;
  /** What the host feeds at a step. */
  fed(moment: StepMoment): readonly number[];
  /** `state [K]` and `fed [F]` are split into scalars. */
  weigh(losses: Pair<Tensor>, state: readonly Tensor[], fed: readonly Tensor[]): Weighed;
  /** What it keeps for the next step, `[K]`, from the losses of one batch before and after the step. */
  after?(before: Pair<Tensor>, after: Pair<Tensor>, state: readonly Tensor[]): Tensor;
}

/** Inner products of the two tasks' gradients on the shared encoder, scalars. */
export interface Gram {
  readonly aa: Tensor;
  readonly ab: Tensor;
  readonly bb: Tensor;
}

/** A method that combines the gradients on the shared encoder; elsewhere they are added. */
export interface GradientBalancer {
  readonly name: string;
  readonly kind: 'gradients';
  /** What each task's gradient is multiplied by. */
  coefficients(gram: Gram): Pair<Tensor>;
}

/** A balancing method. */
export type Balancer = LossBalancer | GradientBalancer;

/** The elements of a vector `[K]` as scalars; none for a vector that is not there. */
export const scalarsOf = (vector: Tensor | undefined): Tensor[] =>
  vector ? split(vector, 0, new Array(vector.size).fill(1)).map((value) => reshape(value, [])) : [];

/** Losses at or below this count as it where a method takes a logarithm or a root. */
export const smallestLoss = 1e-8;
