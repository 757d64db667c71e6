/** The training step as one graph: forward, both losses, metric sums, gradients, optimizer, running statistics. */
import { concat, input, reshape, type Tensor } from '../graph/index.js';
import type { LossInputs } from '../losses/loss.js';
import { imageSums, type SumName } from '../metrics/sums.js';
import { clipByGlobalNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import { type Balance, balanceStep } from './balance.js';
import { batchInputs, type Gaps } from './batch-inputs.js';
import { tasksOf } from './evaluation.js';
import { type BoundNetwork, bindNetwork, type Network } from './network.js';
import type { StateGroup } from './state-layout.js';
import { taskInputs } from './task-inputs.js';

/** A loss, bound to its options. */
export type LossFunction = (inputs: LossInputs) => Tensor;

/** What a training step computes. */
export interface StepSpec {
  readonly network: Network;
  /** Images a step. */
  readonly batch: number;
  readonly gaps: Gaps;
  readonly losses: { readonly segmentation: LossFunction; readonly depth: LossFunction };
  /** The joint loss is `segmentation + weight·depth`, or what a balancing method makes of both. */
  readonly weight: Balance;
  readonly optimizer: Optimizer;
  /** Longest gradient, over all parameters. */
  readonly clipNorm?: number;
}

/**
 * The graph of a step. Its inputs are those of a batch, `optimizer`, one for each state group, and `balance.fed` for
 * balancing methods that are fed numbers.
 */
export interface StepGraph {
  /**
   * `losses [3]` (joint, segmentation, depth), `sums [N, K]`, `next.<group>` for each state group, and for a balancing
   * method `weights [2 or 3]`: both weights, and the cosine where it has it.
   */
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

const vector = (scalars: readonly Tensor[]): Tensor =>
  concat(
    scalars.map((value) => reshape(value, [1])),
    0,
  );

/** Builds the graph of a training step. */
export function buildStep(spec: StepSpec): StepGraph {
  const { network, optimizer, losses, weight, clipNorm } = spec;
  const inputs = batchInputs(network, spec.batch, spec.gaps);
  const bound = bindNetwork(network, inputs.x, true);
  const { flats, nextBuffers } = bound;
  const evaluate = ({ logits }: Pick<BoundNetwork, 'logits'>) => {
    const tasks = taskInputs(logits, inputs);
    return [losses.segmentation(tasks.segmentation), losses.depth(tasks.depth)] as const;
  };
  const both = evaluate(bound);
  const { joint, gradients, weights, cosine, kept } = balanceStep(weight, both, network, bound);
  const { names, sums } = imageSums(tasksOf(bound.logits, inputs), 'training');
  const clipped = clipNorm === undefined ? gradients : clipByGlobalNorm(gradients, clipNorm).gradients;

  const outputs: Record<string, Tensor> = { losses: vector([joint, ...both]), sums };
  if (typeof weight !== 'number') outputs.weights = vector([...weights, ...(cosine ? [cosine] : [])]);

  const learnt = [
    ...network.parameters.map((group, i) => ({
      group,
      optimizer,
      parameter: flats.get(group.name)!,
      gradient: clipped[i],
    })),
    ...(kept?.gradient
      ? [
          {
            group: kept.group,
            optimizer: optimizer.withoutDecay(),
            parameter: kept.value,
            gradient: kept.gradient,
          },
        ]
      : []),
  ];
  const learntGroups = learnt.map(({ group }) => group);
  const slots = optimizer.slots.map((slot) => slotGroups(learntGroups, slot));
  const scalars = input('optimizer', [optimizer.scalarCount]);
  const nextFlats = new Map(flats);
  for (const [i, { group, optimizer: own, parameter, gradient }] of learnt.entries()) {
    const next = own.update({
      parameter,
      gradient,
      slots: slots.map((groups) => input(groups[i].name, [group.size])),
      scalars,
    });
    nextFlats.set(group.name, next.parameter);
    outputs[`next.${group.name}`] = next.parameter;
    for (const [k, groups] of slots.entries()) outputs[`next.${groups[i].name}`] = next.slots[k];
  }
  for (const [name, next] of nextBuffers) outputs[`next.${name}`] = next;
  if (kept?.next)
    outputs[`next.${kept.group.name}`] = kept.next(() =>
      evaluate(bindNetwork(network, inputs.x, true, nextFlats)),
    );
  const groups = [...network.parameters, ...network.buffers, ...slots.flat()];
  return { outputs, sumNames: names, groups: kept ? [...groups, kept.group] : groups };
}
