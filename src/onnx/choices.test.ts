import { describe, expect, it } from 'vitest';
import { add, choose, exp, input, mul, relu, sqrt, sum, type Tensor } from '../graph/index.js';
import { allNodes, branchChoices } from './choices.js';
import { createEmitter, type OnnxNode } from './emitter.js';
import { dropDeadNodes } from './passes.js';

const x = input('x', [4]);
const which = input('which', []);

/** The nodes of a graph whose branches have been written. */
function branched(outputs: readonly Tensor[]): readonly OnnxNode[] {
  const emitter = createEmitter('cpu');
  const names = new Map<Tensor, string>();
  const write = (tensor: Tensor): string => {
    const { node, index } = tensor;
    if (!names.has(tensor)) {
      const lowered = node.op.lower(emitter, node.inputs.map(write), node);
      node.outputs.forEach((output, i) => {
        names.set(output, lowered[i]);
      });
    }
    return names.get(node.outputs[index])!;
  };
  const wanted = new Set(outputs.map(write));
  return branchChoices(emitter.nodes, wanted, dropDeadNodes);
}

const types = (nodes: readonly OnnxNode[]) => nodes.map(({ type }) => type).sort();

describe('branchChoices', () => {
  it('moves into each branch what only ways need, and keeps what is needed in any case', () => {
    const [root, shared] = [sqrt(x), relu(x)];
    const [y] = choose(which, [[exp(shared)], [mul(shared, 3)], [root]]);
    const nodes = branched([y, add(root, 1)]);
    expect(types(nodes)).toEqual(['Add', 'If', 'Less', 'Less', 'Sqrt']);
    const [first, others] = nodes.find(({ type }) => type === 'If')!.branches!;
    expect(types(first.nodes)).toEqual(['Exp', 'Relu']);
    const [second, third] = others.nodes[0].branches!;
    expect(types(second.nodes)).toEqual(['Mul', 'Relu']);
    // An output that is made outside is copied.
    expect(types(third.nodes)).toEqual(['Identity']);
  });

  it('reads in a branch by the names of an `If` around it, and gives every output a name of its own', () => {
    const [y, z] = choose(which, [
      [sum(x), sum(x)],
      [sum(exp(x)), sum(relu(x))],
    ]);
    const nodes = branched([y, z]);
    const conditional = nodes.find(({ type }) => type === 'If')!;
    const [yes, no] = conditional.branches!;
    expect(conditional.inputs.slice(1)).toEqual([...yes.reads, ...no.reads]);
    for (const { outputs } of [yes, no]) expect(new Set(outputs).size).toBe(2);
    const made = nodes.flatMap(({ outputs }) => outputs);
    for (const { outputs } of allNodes([...yes.nodes, ...no.nodes]))
      for (const name of outputs) expect(made).not.toContain(name);
  });

  it('leaves a graph without choices as it is', () => {
    const nodes = branched([exp(x)]);
    expect(types(nodes)).toEqual(['Exp']);
  });
});
