/** Choices between computations, written as nodes of type `If` whose branches hold what nothing else needs. */
import type { TensorType, ValueName } from '../graph/index.js';
import type { OnnxNode } from './emitter.js';
import { dropDeadNodes } from './passes.js';

/** A computation within a node, which reads values of the graph around it by their names. */
export interface Branch {
  readonly nodes: readonly OnnxNode[];
  readonly outputs: readonly ValueName[];
  readonly types: readonly TensorType[];
  /** What it reads of the graph around it. */
  readonly reads: readonly ValueName[];
}

/** A pass over the nodes of a graph or a branch, from which the `wanted` values are read. */
type Pass = (nodes: readonly OnnxNode[], wanted: ReadonlySet<ValueName>) => readonly OnnxNode[];

/** Nodes with those inside them. */
export const allNodes = (nodes: readonly OnnxNode[]): readonly OnnxNode[] =>
  nodes.flatMap((node) => [node, ...(node.branches ?? []).flatMap((branch) => allNodes(branch.nodes))]);

/**
 * Moves what only ways of choices need into branches, each with its own copy of what several need. What is needed in any case stays
 * where it is. The nodes of each branch are given to `optimise`.
 */
export function branchChoices(
  nodes: readonly OnnxNode[],
  wanted: ReadonlySet<ValueName>,
  optimise: Pass,
): readonly OnnxNode[] {
  if (!nodes.some(({ choice }) => choice)) return nodes;
  const always = dropDeadNodes(nodes, wanted);
  const staying = new Set(always);
  const movable = nodes.filter((node) => !staying.has(node));
  return always.map((node) => {
    const { inputs, outputs, choice } = node;
    if (!choice) return node;
    const { ways, types } = choice;
    const branches = ways.map((values, way) => {
      const { own, names } = producing(values, movable, (i) => `${outputs[i]}_way_${way}`);
      const written = optimise(branchChoices(own, new Set(names), optimise), new Set(names));
      return branchOf(written, names, types);
    });
    return conditional(inputs, outputs, branches);
  });
}

/** The nodes that `values` need, and names that they make them under: one each, as outputs of a branch must have. */
function producing(
  values: readonly ValueName[],
  movable: readonly OnnxNode[],
  nameOf: (index: number) => ValueName,
): { own: readonly OnnxNode[]; names: readonly ValueName[] } {
  const nodes = dropDeadNodes(movable, new Set(values));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const isOwn = (name: ValueName, i: number) => made.has(name) && values.indexOf(name) === i;
  const copies = values.flatMap((name, i): OnnxNode[] =>
    isOwn(name, i) ? [] : [{ type: 'Identity', inputs: [name], outputs: [nameOf(i)], attributes: {} }],
  );
  return {
    own: [...nodes, ...copies],
    names: values.map((name, i) => (isOwn(name, i) ? name : nameOf(i))),
  };
}

function branchOf(
  nodes: readonly OnnxNode[],
  outputs: readonly ValueName[],
  types: readonly TensorType[],
): Branch {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const reads = new Set(nodes.flatMap((node) => node.inputs).filter((name) => name && !made.has(name)));
  return { nodes, outputs, types, reads: [...reads] };
}

/** Finds the branch by halves. `before[i]` says whether it is one of those before branch `i + 1`. */
function conditional(
  before: readonly ValueName[],
  outputs: readonly ValueName[],
  branches: readonly Branch[],
): OnnxNode {
  const middle = branches.length >> 1;
  const half = (first: number, end: number): Branch => {
    if (end - first === 1) return branches[first];
    const names = outputs.map((name) => `${name}_${first}`);
    const node = conditional(before.slice(first, end - 1), names, branches.slice(first, end));
    return branchOf([node], names, branches[first].types);
  };
  const halves = [half(0, middle), half(middle, branches.length)] as const;
  const inputs = [before[middle - 1], ...halves.flatMap(({ reads }) => reads)];
  return { type: 'If', inputs, outputs, attributes: {}, branches: halves };
}
