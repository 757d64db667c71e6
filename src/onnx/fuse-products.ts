/** Fusion of matrix products with the transposes before them, which onnxruntime's own operator reads in place. */
import type { Attribute } from '../graph/index.js';
import type { OnnxNode } from './emitter.js';

/** Whether a permutation swaps the last two axes and nothing else. */
function swapsLast(permutation: Attribute | undefined): boolean {
  if (!Array.isArray(permutation) || permutation.length < 2) return false;
  const rank = permutation.length;
  return permutation.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i));
}

/**
 * A product of a matrix whose last two axes were swapped becomes one of the matrix itself, read the other way. The
 * transpose is then dead, or serves others. onnxruntime finds the same, but takes longer over it than training a small
 * network for several steps.
 */
export function fuseTransposedProducts(nodes: readonly OnnxNode[]): OnnxNode[] {
  const sources = new Map<string, string>();
  return nodes.map((node) => {
    if (node.type === 'Transpose' && swapsLast(node.attributes.perm))
      sources.set(node.outputs[0], node.inputs[0]);
    if (node.type !== 'MatMul' || !node.inputs.some((name) => sources.has(name))) return node;
    const [transA, transB] = node.inputs.map((name) => (sources.has(name) ? 1 : 0));
    return {
      ...node,
      type: 'com.microsoft::FusedMatMul',
      inputs: node.inputs.map((name) => sources.get(name) ?? name),
      attributes: { transA, transB },
    };
  });
}
