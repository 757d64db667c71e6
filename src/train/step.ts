/** The training step as one graph: forward, both losses, metric sums, gradients, optimizer, running statistics. */
import { concat, input, reshape, type Tensor } from '../graph/index.js';
import type { Task } from '../losses/loss.js';
import { imageSums, type SumName } from '../metrics/sums.js';
import type { Pair } from '../optim/balancing/balancer.js';
import { clipByGlobalNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import { type Balance, balanceStep } from './balance.js';
import { batchInputs, type Gaps } from './batch-inputs.js';
import { type LossChoice, type LossFunction, type LossTerm, lossTerm, ownLoss } from './chosen-loss.js';
import { tasksOf } from './evaluation.js';
import { type BoundNetwork, bindNetwork, type Network } from './network.js';
import type { StateGroup } from './state-layout.js';
import { taskInputs } from './task-inputs.js';

/** What a training step computes. */
export interface StepSpec {
  readonly network: Network;
  /** Images a step. */
  readonly batch: number;
  readonly gaps: Gaps;
  /** Of several losses, a step with a fixed weight computes the one that its inputs say; one with a balancing method has the run's own. */
  readonly losses: Readonly<Record<Task, LossFunction | LossChoice>>;
  /** The joint loss is `segmentation + weight·depth`, or what a balancing method makes of both. */
  readonly weight: Balance;
  readonly optimizer: Optimizer;
  /** Longest gradient, over all parameters. */
  readonly clipNorm?: number;
}

/**
 * The graph of a step. Its inputs are those of a batch, `optimizer`, one for each state group, `choice.<task>` for a loss chosen among
 * several, and `balance.fed` for balancing methods that are fed numbers.
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
  /** What the inputs `choice.<task>` are fed at every step. */
  readonly choices: Readonly<Record<string, number>>;
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

const values = ([segmentation, depth]: Pair<LossTerm>): Pair<Tensor> => [segmentation.value, depth.value];

/** Builds the graph of a training step. */
export function buildStep(spec: StepSpec): StepGraph {
  const { network, optimizer, losses, weight, clipNorm } = spec;
  const inputs = batchInputs(network, spec.batch, spec.gaps);
  const bound = bindNetwork(network, inputs.x, true);
  const { flats, nextBuffers } = bound;
  const evaluate = ({ logits }: Pick<BoundNetwork, 'logits'>): Pair<LossTerm> => {
    const tasks = taskInputs(logits, inputs);
    const term = (task: Task) =>
      typeof weight === 'number'
        ? lossTerm(`choice.${task}`, losses[task], tasks[task], task === 'depth' ? weight : 1)
        : lossTerm('', ownLoss(losses[task]), tasks[task], 1);
    return [term('segmentation'), term('depth')];
  };
  const terms = evaluate(bound);
  const both = values(terms);
  const { joint, gradients, weights, cosine, kept } = balanceStep(weight, terms, network, bound);
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
      values(evaluate(bindNetwork(network, inputs.x, true, nextFlats))),
    );
  const groups = [...network.parameters, ...network.buffers, ...slots.flat()];
  const [segmentation, depth] = terms.map(({ fed }) => fed);
  return {
    outputs,
    sumNames: names,
    groups: kept ? [...groups, kept.group] : groups,
    choices: {
      ...(segmentation !== undefined && { 'choice.segmentation': segmentation }),
      ...(depth !== undefined && { 'choice.depth': depth }),
    },
  };
}
