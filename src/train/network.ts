/** A network as training sees it: its parameters and buffers, how they lie in memory, and its graph over them. */
import { FathomError } from '../errors.js';
import {
  add,
  concat,
  constant,
  input,
  mul,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../graph/index.js';
import type { Logits, Model } from '../models/model.js';
import { randomStream } from '../nn/initialisers.js';
import {
  type BufferUpdate,
  bindScope,
  collectState,
  countParameters,
  type NetworkState,
} from '../nn/scope.js';
import type { NamedTensor } from '../onnx/safetensors.js';
import { layoutState, type Member, openGroup, packGroup, type StateGroup } from './state-layout.js';

/** What decides a network, but for its weights. */
export interface NetworkSpec {
  readonly model: Model;
  /** Channels at full resolution. */
  readonly width: number;
  /** Of the images; both divisible by the model's `stride`. */
  readonly size: readonly [height: number, width: number];
  /** Whether the empty scene is stacked before the image, which makes 6 input channels. */
  readonly background: boolean;
  /** One buffer a tensor, for devices that cannot take large ones apart. */
  readonly separate?: boolean;
}

/** State buffers by name of their group. */
export type StateBuffers = Readonly<Record<string, Float32Array>>;

/** A network's tensors and their layout. */
export interface Network {
  readonly spec: NetworkSpec;
  readonly state: NetworkState;
  readonly parameters: readonly StateGroup[];
  readonly buffers: readonly StateGroup[];
  /** Trainable values. */
  readonly parameterCount: number;
  /** Tensors that {@link initialState} takes as they are, by name. */
  readonly initial?: NamedTensors;
}

/** Lays out the network of `spec`. */
export function createNetwork(spec: NetworkSpec): Network {
  const [height, width] = spec.size;
  const x = input('x', [1, spec.background ? 6 : 3, height, width]);
  const state = collectState((scope) => spec.model.build(scope, x, spec.width), input);
  return {
    spec,
    state,
    parameters: layoutState('parameters', state.parameters, spec.separate),
    buffers: layoutState('buffers', state.buffers, spec.separate),
    parameterCount: countParameters(state),
  };
}

/** The network's graph over symbolic state. */
export interface BoundNetwork {
  readonly logits: Logits;
  /** Symbolic buffers by group name, whole. */
  readonly flats: ReadonlyMap<string, Tensor>;
  /** Symbolic parameters by name. */
  readonly members: ReadonlyMap<string, Tensor>;
  /** Running statistics after a training step, by group name, whole; empty in evaluation. */
  readonly nextBuffers: ReadonlyMap<string, Tensor>;
}

/**
 * Builds the graph for an input `x [N, C, H, W]`; its state becomes inputs named after the groups, but for those that
 * `given` has.
 */
export function bindNetwork(
  { spec, ...network }: Network,
  x: Tensor,
  training: boolean,
  given: ReadonlyMap<string, Tensor> = new Map(),
): BoundNetwork {
  const groups = [...network.parameters, ...network.buffers];
  const opened = groups.map((group) => openGroup(group, given.get(group.name)));
  const members = new Map(opened.flatMap((group) => [...group.members]));
  const { scope, updates } = bindScope(members, training);
  const logits = spec.model.build(scope, x, spec.width);
  const flats = new Map(groups.map(({ name }, i) => [name, opened[i].flat]));
  const nextBuffers = training
    ? network.buffers.map(
        (group) => [group.name, moveBuffers(group, flats.get(group.name)!, updates)] as const,
      )
    : [];
  const parameters = network.parameters.flatMap((_, i) => [...opened[i].members]);
  return { logits, flats, members: new Map(parameters), nextBuffers: new Map(nextBuffers) };
}

/** Weight of the newest batch in running statistics, as in PyTorch. */
const momentum = 0.1;

/** All running statistics of a group at once: `0.9·old + 0.1·scale·value`. */
function moveBuffers(group: StateGroup, old: Tensor, updates: ReadonlyMap<string, BufferUpdate>): Tensor {
  const newest = packGroup(group, (name) => updates.get(name)!.value);
  const weights = new Float32Array(group.size);
  for (const { name, shape, offset } of group.members)
    weights.fill(momentum * updates.get(name)!.scale, offset, offset + sizeOf(shape));
  return add(mul(old, 1 - momentum), mul(newest, constant(weights, [group.size])));
}

/** Parameters and running statistics before training: a function of `seed` and each tensor's name, or as given. */
export function initialState(
  { state, parameters, buffers, initial = {} }: Network,
  seed: number,
): StateBuffers {
  const groups = [...parameters, ...buffers];
  const result = allocateState(groups);
  const views = memberViews(groups, result);
  for (const { name, shape, initialiser } of state.parameters)
    initialiser(views[name].data, shape, randomStream(seed, name));
  for (const buffer of state.buffers) views[buffer.name].data.fill(buffer.initial);
  for (const [name, { data }] of Object.entries(initial)) views[name].data.set(data);
  return result;
}

/** A buffer of zeros for each group. */
export const allocateState = (groups: readonly StateGroup[]): StateBuffers =>
  Object.fromEntries(groups.map(({ name, size }) => [name, new Float32Array(size)]));

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, NamedTensor>>;

/** The tensors within state buffers by their own name; `data` is a view, so writing to it changes the buffer. */
export function memberViews(groups: readonly StateGroup[], state: StateBuffers): NamedTensors {
  const view = (group: StateGroup, { name, shape, offset }: Member): [string, NamedTensor] => [
    name,
    { shape, data: state[group.name].subarray(offset, offset + sizeOf(shape)) },
  ];
  return Object.fromEntries(groups.flatMap((group) => group.members.map((member) => view(group, member))));
}

/** {@link memberViews} of buffers that are used again and again: they are made once for each of them. */
export function viewsOf(groups: readonly StateGroup[]): (state: StateBuffers) => NamedTensors {
  const known = new WeakMap<StateBuffers, NamedTensors>();
  return (state) => {
    const views = known.get(state) ?? memberViews(groups, state);
    known.set(state, views);
    return views;
  };
}

/** Copies tensors into the views of the same names; throws a FathomError of code `data` when one does not fit. */
export function restoreViews(views: NamedTensors, tensors: NamedTensors): void {
  for (const [name, { shape, data }] of Object.entries(views)) {
    const source = tensors[name];
    if (!source || !sameShape(source.shape, shape)) {
      const found = source ? showShape(source.shape) : 'none';
      throw new FathomError('data', `tensor '${name}': expected shape ${showShape(shape)}, got ${found}`, {
        hint: 'the file belongs to another network, width or optimizer',
      });
    }
    data.set(source.data);
  }
}

/** Parameters and running statistics from tensors by name. Throws a FathomError of code `data` when one does not fit. */
export function loadWeights({ parameters, buffers }: Network, tensors: NamedTensors): StateBuffers {
  const groups = [...parameters, ...buffers];
  const weights = allocateState(groups);
  restoreViews(memberViews(groups, weights), tensors);
  return weights;
}

/** What the network sees: the background, where there is one, before the image, along the channels. */
export const stackInput = (image: Tensor, background: Tensor | undefined): Tensor =>
  background ? concat([background, image], 1) : image;
