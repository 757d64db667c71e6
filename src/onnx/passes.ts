/** Passes over the ONNX nodes of a lowered graph, each with a name and a reason. */
import { blockedDomain } from '../graph/index.js';
import type { OnnxNode } from './emitter.js';
import { fuseTransposedProducts } from './fuse-products.js';

const blockedConv = `${blockedDomain}::Conv`;

/** Dead code: drops nodes whose outputs nothing reads. Lowerings offer values in two layouts; most are read in one. */
export function dropDeadNodes(nodes: readonly OnnxNode[], wanted: ReadonlySet<string>): OnnxNode[] {
  const read = new Set(wanted);
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => read.has(name))) continue;
    for (const name of node.inputs) read.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

/** Reshapes: one of a reshaped value reads the value before it; the one between is then dead, or serves others. */
export function collapseReshapes(nodes: readonly OnnxNode[]): OnnxNode[] {
  const sources = new Map<string, string>();
  return nodes.map((node) => {
    if (node.type !== 'Reshape') return node;
    const source = sources.get(node.inputs[0]) ?? node.inputs[0];
    sources.set(node.outputs[0], source);
    return { ...node, inputs: [source, node.inputs[1]] };
  });
}

/**
 * Fusion: a blocked convolution adds a tensor and applies a ReLU in its own pass over memory, so an Add or Relu that
 * is the only reader of its result becomes part of it. Of what is added only `blocked` values have the convolution's shape for
 * certain; others may be scalars.
 */
export function fuseBlockedConvolutions(
  nodes: readonly OnnxNode[],
  wanted: ReadonlySet<string>,
  blocked: ReadonlySet<string>,
): OnnxNode[] {
  const readers = new Map<string, number>();
  for (const name of [...wanted, ...nodes.flatMap((node) => node.inputs)]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const made = new Map<string, OnnxNode>();
  const absorbed = new Set<OnnxNode>();
  const fusable = (name: string) => {
    const node = made.get(name);
    const open = node?.type === blockedConv && readers.get(name) === 1 && !('activation' in node.attributes);
    return open ? node : undefined;
  };
  const result: OnnxNode[] = [];
  for (const node of nodes) {
    let current = node;
    if (node.type === 'Relu') {
      const conv = fusable(node.inputs[0]);
      if (conv) {
        absorbed.add(conv);
        current = { ...conv, outputs: node.outputs, attributes: { ...conv.attributes, activation: 'Relu' } };
      }
    } else if (node.type === 'Add' && node.inputs[0] !== node.inputs[1]) {
      // The later of the two: the other one may be what it reads.
      for (const i of [1, 0]) {
        const conv = fusable(node.inputs[i]);
        if (!conv || conv.inputs.length > 3 || !blocked.has(node.inputs[1 - i])) continue;
        absorbed.add(conv);
        const [x, kernel, bias = ''] = conv.inputs;
        current = { ...conv, inputs: [x, kernel, bias, node.inputs[1 - i]], outputs: node.outputs };
        break;
      }
    }
    for (const name of current.outputs) made.set(name, current);
    result.push(current);
  }
  return result.filter((node) => !absorbed.has(node));
}

/**
 * All passes, in their order. `wanted` are the names that are read from outside, `blocked` those of blocked values; `fused` allows
 * operators that only onnxruntime knows.
 */
export function optimiseNodes(
  nodes: readonly OnnxNode[],
  wanted: ReadonlySet<string>,
  blocked: ReadonlySet<string>,
  fused: boolean,
): OnnxNode[] {
  const collapsed = collapseReshapes(nodes);
  const products = fused ? fuseTransposedProducts(collapsed) : collapsed;
  return fuseBlockedConvolutions(dropDeadNodes(products, wanted), wanted, blocked);
}
