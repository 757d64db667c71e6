/** Reverse-mode differentiation: walks the graph backwards and adds up what reaches each tensor. */
import { add } from './elementwise.js';
import { GraphError, showShape } from './shape.js';
import { zeros } from './shaping.js';
import { type Node, scalar, type Tensor } from './tensor.js';

/** Nodes that `roots` depend on, every node after those it reads. */
export function topologicalOrder(roots: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a deep network would overflow the call stack.
  const stack: { node: Node; next: number }[] = [];
  const visit = (node: Node) => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root.node);
    while (stack.length > 0) {
      const frame = stack[stack.length - 1];
      if (frame.next < frame.node.inputs.length) visit(frame.node.inputs[frame.next++].node);
      else order.push(stack.pop()!.node);
    }
  }
  return order;
}

/**
 * Gradients of a scalar `loss` in each tensor of `wrt`, as tensors of the same shapes; zeros where `loss` does not
 * depend on one. Throws a GraphError for a loss that is no scalar and for an op without a gradient on the way.
 *
 * @example const [dw] = gradients(mean(square(matMul(x, w))), [w])
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1 || loss.shape.length !== 0) {
    throw new GraphError(`gradients: expected a scalar loss, got shape ${showShape(loss.shape)}`);
  }
  const order = topologicalOrder([loss]);
  const targets = new Set(wrt);
  const reaching = new Set<Node>();
  for (const node of order) {
    if (node.outputs.some((t) => targets.has(t)) || node.inputs.some((t) => reaching.has(t.node)))
      reaching.add(node);
  }
  const total = new Map<Tensor, Tensor>([[loss, scalar(1)]]);
  for (const node of order.reverse()) {
    if (!reaching.has(node) || node.inputs.length === 0) continue;
    const outputGradients = node.outputs.map((t) => total.get(t));
    if (outputGradients.every((g) => g === undefined)) continue;
    if (!node.op.gradient) throw new GraphError(`gradients: ${node.op.name} has no gradient`);
    node.op.gradient(node, outputGradients).forEach((gradient, i) => {
      const source = node.inputs[i];
      if (!gradient || !reaching.has(source.node)) return;
      const before = total.get(source);
      total.set(source, before ? add(before, gradient) : gradient);
    });
  }
  return wrt.map((tensor) => total.get(tensor) ?? zeros(tensor.shape));
}
