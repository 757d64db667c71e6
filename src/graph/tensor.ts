/** Symbolic tensors: what an op will compute, with its shape known now and its values later. */
import type { ConstantData, DType, Emitter, TensorType, ValueName } from './lowering.js';
import { GraphError, type Shape, showShape, sizeOf } from './shape.js';

/**
 * One kind of computation: its shape rule, its gradient and its lowering side by side.
 * `A` are the attributes of a call, such as the padding of a convolution.
 */
export interface Op<A> {
  readonly name: string;
  /** Types of the outputs; throws a GraphError with the offending shapes. */
  infer(inputs: readonly Tensor[], attributes: A): readonly TensorType[];
  /**
   * Gradients of a scalar in each input (undefined: none flows), given those in each output
   * (undefined: that output does not reach the scalar). `null` marks an op that has no gradient.
   */
  readonly gradient:
    | ((node: Node<A>, outputGradients: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[])
    | null;
  /** Writes ONNX nodes and returns the names of the outputs. */
  lower(emit: Emitter, inputs: readonly ValueName[], node: Node<A>): readonly ValueName[];
}

/** One application of an op. */
export interface Node<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
}

/** A value of the graph: output `index` of `node`. */
export class Tensor implements TensorType {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: Node, index: number, type: TensorType) {
    this.node = node;
    this.index = index;
    this.shape = type.shape;
    this.dtype = type.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  toString(): string {
    return `${this.node.op.name}${showShape(this.shape)}`;
  }
}

/** Operands of arithmetic: a number stands for a float32 scalar. */
export type Operand = Tensor | number;

/** Applies an op that has several outputs. */
export function applyAll<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node<A> = { op, inputs, attributes, outputs };
  op.infer(inputs, attributes).forEach((type, index) => {
    outputs.push(new Tensor(node as Node, index, type));
  });
  return outputs;
}

/** Applies an op and gives its first output. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return applyAll(op, inputs, attributes)[0];
}

interface InputAttributes extends TensorType {
  readonly name: string;
}

/** The op of a value fed from outside; the compiler gives it its name in the ONNX graph. */
export const inputOp: Op<InputAttributes> = {
  name: 'input',
  infer: (_, type) => [type],
  gradient: () => [],
  lower: (_, __, { attributes }) => [attributes.name],
};

/** A value that is fed at every run, under a name that is unique in its graph. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new GraphError(`input '${name}': sizes must be positive integers, got ${showShape(shape)}`);
  }
  return apply(inputOp, [], { name, shape, dtype });
}

interface ConstantAttributes extends TensorType {
  readonly data: ConstantData;
}

const constantOp: Op<ConstantAttributes> = {
  name: 'constant',
  infer: (_, type) => [type],
  gradient: () => [],
  lower: (emit, _, { attributes: { data, shape, dtype } }) => {
    if (dtype !== 'float32') throw new GraphError(`constant: only float32 is lowered, got ${dtype}`);
    return [emit.float(data as Float32Array, shape)];
  },
};

/** A float32 constant from numbers, row by row. */
export function constant(values: ArrayLike<number>, shape: Shape): Tensor {
  if (values.length !== sizeOf(shape)) {
    throw new GraphError(
      `constant: shape ${showShape(shape)} takes ${sizeOf(shape)} values, got ${values.length}`,
    );
  }
  return apply(constantOp, [], { data: Float32Array.from(values), shape, dtype: 'float32' });
}

/** A float32 scalar constant. */
export const scalar = (value: number): Tensor => constant([value], []);

/** The operand as a tensor. */
export const asTensor = (operand: Operand): Tensor =>
  typeof operand === 'number' ? scalar(operand) : operand;

/** The value of a scalar constant, or undefined for any other tensor. */
export function constantValue(tensor: Tensor): number | undefined {
  if (tensor.node.op.name !== constantOp.name || tensor.size !== 1) return undefined;
  return Number((tensor.node.attributes as ConstantAttributes).data[0]);
}
