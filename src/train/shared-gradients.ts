/** The gradients of both tasks on the encoder that they share: their inner products, in a graph or measured. */
import type { Batch } from '../data/dataset.js';
import { add, concat, gradients, mul, reshape, square, sum, type Tensor } from '../graph/index.js';
import type { Gram } from '../optim/balancing/balancer.js';
import { batchFeeds, batchInputs, type Gaps } from './batch-inputs.js';
import type { LossFunction } from './chosen-loss.js';
import type { Compile } from './evaluation.js';
import { type BoundNetwork, bindNetwork, type Network, type StateBuffers } from './network.js';
import { taskInputs } from './task-inputs.js';

/** Names of the parameters that both tasks share: those of the model's encoder. */
export const sharedParameters = ({ spec, state }: Network): string[] =>
  state.parameters
    .map(({ name }) => name)
    .filter((name) => spec.model.shared.some((part) => name.startsWith(`${part}.`)));

const total = (values: readonly Tensor[]): Tensor => values.reduce(add);

/** Inner products of two sets of gradients, tensor by tensor. */
export const gramOf = (a: readonly Tensor[], b: readonly Tensor[]): Gram => ({
  aa: total(a.map((gradient) => sum(square(gradient)))),
  ab: total(a.map((gradient, i) => sum(mul(gradient, b[i])))),
  bb: total(b.map((gradient) => sum(square(gradient)))),
});

/** The symbolic tensors of the shared parameters. */
export const sharedTensors = (network: Network, { members }: Pick<BoundNetwork, 'members'>): Tensor[] =>
  sharedParameters(network).map((name) => members.get(name)!);

/** What {@link Probe.measure} finds: norms of each loss's gradient on the shared encoder, and the cosine between them. */
export interface SharedGradients {
  readonly norms: readonly number[];
  /** Of the first two losses; NaN where one of them has no gradient. */
  readonly cosine: number;
}

/** Measures gradients beside the training, without a step. */
export interface Probe {
  measure(batch: Batch, weights: StateBuffers): Promise<SharedGradients>;
  /** Whether a loss reads {@link Batch.distance}. */
  readonly needsDistance: boolean;
  dispose(): Promise<void>;
}

/** Options of {@link createProbe}. */
export interface ProbeOptions {
  readonly network: Network;
  readonly batch: number;
  readonly gaps: Gaps;
  /** One loss or two, of either task. */
  readonly losses: { readonly segmentation?: LossFunction; readonly depth?: LossFunction };
  readonly compile: Compile;
}

/** Compiles a forward pass in training mode and a backward pass for each loss; it takes about as long as they do. */
export async function createProbe({ network, batch, gaps, losses, compile }: ProbeOptions): Promise<Probe> {
  const inputs = batchInputs(network, batch, gaps);
  const bound = bindNetwork(network, inputs.x, true);
  const tasks = taskInputs(bound.logits, inputs);
  const shared = sharedTensors(network, bound);
  const values = [losses.segmentation?.(tasks.segmentation), losses.depth?.(tasks.depth)];
  const sets = values.flatMap((loss) => (loss ? [gradients(loss, shared)] : []));
  const { aa, ab, bb } = gramOf(sets[0], sets.at(-1)!);
  const gram = concat(
    [aa, ab, bb].map((value) => reshape(value, [1])),
    0,
  );
  const executable = await compile({ gram });
  const wanted = new Set(executable.inputs.map(({ name }) => name));
  return {
    needsDistance: wanted.has('distance'),
    async measure(images, weights) {
      const feeds = { ...batchFeeds(images, network, batch, gaps), ...weights };
      const read = Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)));
      const [a, b, c] = Array.from((await executable.run(read)).gram, Number);
      const norms = [Math.sqrt(a), Math.sqrt(c)].slice(0, sets.length);
      return { norms, cosine: cosineOf(a, b, c) };
    },
    dispose: () => executable.dispose(),
  };
}

/** `ab/√(aa·bb)`; NaN where one of the gradients is 0. */
export const cosineOf = (aa: number, ab: number, bb: number): number => ab / (Math.sqrt(aa) * Math.sqrt(bb));
