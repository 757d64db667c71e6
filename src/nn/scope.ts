/** Named parameters and buffers: a network asks a scope for them by name while it builds its graph. */
import { GraphError, type Shape, sameShape, showShape, type Tensor } from '../graph/index.js';
import type { Initialiser } from './initialisers.js';

/** A trainable tensor. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initialiser: Initialiser;
}

/** A tensor that training updates without a gradient, such as a running mean. */
export interface BufferSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Value of every element before training. */
  readonly initial: number;
}

/** What a network holds, in the order of its construction. */
export interface NetworkState {
  readonly parameters: readonly ParameterSpec[];
  readonly buffers: readonly BufferSpec[];
}

/** Hands out the tensors of one network; {@link Scope.child} prefixes names with a dot. */
export interface Scope {
  /** True while training: batch statistics are used and running ones updated. */
  readonly training: boolean;
  parameter(name: string, shape: Shape, initialiser: Initialiser): Tensor;
  buffer(name: string, shape: Shape, initial: number): Tensor;
  /** Moves a running statistic in this step, to `0.9·old + 0.1·scale·value`. */
  update(name: string, value: Tensor, scale?: number): void;
  child(name: string): Scope;
}

/** What a running statistic moves towards. */
export interface BufferUpdate {
  readonly value: Tensor;
  readonly scale: number;
}

/** A scope of the given tensors, and the buffer updates that were made in it, by name. */
export interface BoundScope {
  readonly scope: Scope;
  readonly updates: ReadonlyMap<string, BufferUpdate>;
}

type Source = (name: string, shape: Shape, initialiserOrInitial: Initialiser | number) => Tensor;

function makeScope(
  training: boolean,
  source: Source,
  updates: Map<string, BufferUpdate>,
  prefix: string,
): Scope {
  const full = (name: string) => prefix + name;
  return {
    training,
    parameter: (name, shape, initialiser) => source(full(name), shape, initialiser),
    buffer: (name, shape, initial) => source(full(name), shape, initial),
    update: (name, value, scale = 1) => {
      updates.set(full(name), { value, scale });
    },
    child: (name) => makeScope(training, source, updates, `${full(name)}.`),
  };
}

/** Builds once only to learn what the network holds; `placeholder` makes a tensor of each parameter and buffer. */
export function collectState(
  build: (scope: Scope) => unknown,
  placeholder: (name: string, shape: Shape) => Tensor,
): NetworkState {
  const parameters: ParameterSpec[] = [];
  const buffers: BufferSpec[] = [];
  const names = new Set<string>();
  const source: Source = (name, shape, kind) => {
    if (names.has(name)) throw new GraphError(`scope: the name '${name}' is used twice`);
    names.add(name);
    if (typeof kind === 'number') buffers.push({ name, shape, initial: kind });
    else parameters.push({ name, shape, initialiser: kind });
    return placeholder(name, shape);
  };
  build(makeScope(true, source, new Map(), ''));
  return { parameters, buffers };
}

/** A scope whose parameters and buffers are the given tensors. Throws a GraphError for a missing or misshapen one. */
export function bindScope(tensors: ReadonlyMap<string, Tensor>, training: boolean): BoundScope {
  const updates = new Map<string, BufferUpdate>();
  const source: Source = (name, shape) => {
    const tensor = tensors.get(name);
    if (!tensor || !sameShape(tensor.shape, shape)) {
      throw new GraphError(
        `scope: expected '${name}' of shape ${showShape(shape)}, got ${tensor ? showShape(tensor.shape) : 'none'}`,
      );
    }
    return tensor;
  };
  return { scope: makeScope(training, source, updates, ''), updates };
}

/** Number of trainable values. */
export const countParameters = (state: NetworkState): number =>
  state.parameters.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1), 0);
