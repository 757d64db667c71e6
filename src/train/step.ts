/** The training step as one graph: forward, both losses, metric sums, gradients, optimizer, running statistics. */
import { add, concat, gradients, input, mul, reshape, type Tensor } from '../graph/index.js';
import type { LossInputs } from '../losses/loss.js';
import { imageSums, type SumName } from '../metrics/sums.js';
import { clipByGlobalNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import { batchInputs, type Gaps } from './batch-inputs.js';
import { tasksOf } from './evaluation.js';
import { bindNetwork, type Network } from './network.js';
import type { StateGroup } from './state-layout.js';

/** A loss, bound to its options. */
export type LossFunction = (inputs: LossInputs) => Tensor;

/** What a training step computes. */
export interface StepSpec {
  readonly network: Network;
  /** Images a step. */
  readonly batch: number;
  readonly gaps: Gaps;
  readonly losses: { readonly segmentation: LossFunction; readonly depth: LossFunction };
  /** The joint loss is `segmentation + weight·depth`. */
  readonly weight: number;
  readonly optimizer: Optimizer;
  /** Longest gradient, over all parameters. */
  readonly clipNorm?: number;
}

/** The graph of a step. Its inputs are those of a batch, `optimizer` and one for each state group. */
export interface StepGraph {
  /** `losses [3]` (joint, segmentation, depth), `sums [N, K]`, and `next.<group>` for each state group. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly sumNames: readonly SumName[];
  /** Everything that a step reads and replaces: parameters, running statistics, optimizer slots. */
  readonly groups: readonly StateGroup[];
}

/** Groups of one optimizer slot: laid out like the parameters, members named `<slot>/<parameter>`. */
export const slotGroups = (parameters: readonly StateGroup[], slot: string): StateGroup[] =>
  parameters.map((group, i) => ({
    ...group,
    name: `${slot}.${i}`,
    members: group.members.map((member) => ({ ...member, name: `${slot}/${member.name}` })),
  }));

/** Builds the graph of a training step. */
export function buildStep(spec: StepSpec): StepGraph {
  const { network, optimizer, losses, weight, clipNorm } = spec;
  const inputs = batchInputs(network, spec.batch, spec.gaps);
  const { logits, flats, nextBuffers } = bindNetwork(network, inputs.x, true);
  const tasks = tasksOf(logits, inputs);
  const segmentation = losses.segmentation({
    ...tasks.segmentation,
    image: inputs.image,
    distance: inputs.distance,
  });
  const depth = losses.depth({ ...tasks.depth, image: inputs.image });
  const joint = add(segmentation, mul(depth, weight));
  const { names, sums } = imageSums(tasks, 'training');

  const slopes = gradients(
    joint,
    network.parameters.map(({ name }) => flats.get(name)!),
  );
  const clipped = clipNorm === undefined ? slopes : clipByGlobalNorm(slopes, clipNorm).gradients;

  const outputs: Record<string, Tensor> = {
    losses: concat(
      [joint, segmentation, depth].map((loss) => reshape(loss, [1])),
      0,
    ),
    sums,
  };
  const slots = optimizer.slots.map((slot) => slotGroups(network.parameters, slot));
  const scalars = input('optimizer', [optimizer.scalarCount]);
  for (const [i, group] of network.parameters.entries()) {
    const next = optimizer.update({
      parameter: flats.get(group.name)!,
      gradient: clipped[i],
      slots: slots.map((groups) => input(groups[i].name, [group.size])),
      scalars,
    });
    outputs[`next.${group.name}`] = next.parameter;
    for (const [k, groups] of slots.entries()) outputs[`next.${groups[i].name}`] = next.slots[k];
  }
  for (const [name, next] of nextBuffers) outputs[`next.${name}`] = next;
  return { outputs, sumNames: names, groups: [...network.parameters, ...network.buffers, ...slots.flat()] };
}
