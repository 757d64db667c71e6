/** Sorting along the last axis, and what is computed in sorted order. */
import { largestDivisor } from './divisor.js';
import { add, mul, relu, step, stopGradient } from './elementwise.js';
import type { Emitter, ValueName } from './lowering.js';
import { max, sum } from './reduce.js';
import { GraphError, type Shape, sameShape, showShape } from './shape.js';
import { apply, applyAll, type Op, type Tensor } from './tensor.js';

const sortOp: Op<null> = {
  name: 'sortDescending',
  infer: ([x]) => [
    { shape: x.shape, dtype: 'float32' },
    { shape: x.shape, dtype: 'int64' },
  ],
  gradient: ({ outputs: [, order] }, [dy]) => [dy && apply(scatterOp, [dy, order], null)],
  lower: (emit, [x], { inputs: [{ shape }] }) =>
    emit.ops('TopK', [x, emit.ints([shape.at(-1)!])], { axis: -1, largest: 1, sorted: 1 }, 2),
};

/** The largest first, along the last axis; `order` (int64) says where each came from. */
export function sortDescending(x: Tensor): { readonly values: Tensor; readonly order: Tensor } {
  const [values, order] = applyAll(sortOp, [x], null);
  return { values, order };
}

const takeOp: Op<null> = {
  name: 'takeAlong',
  infer: ([x, order]) => {
    if (!sameShape(x.shape, order.shape) || order.dtype !== 'int64') {
      throw new GraphError(
        `takeAlong: expected an int64 order of shape ${showShape(x.shape)}, got ${order.dtype} ${showShape(order.shape)}`,
      );
    }
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [, order] }, [dy]) => [apply(scatterOp, [dy!, order], null), undefined],
  lower: (emit, inputs) => [emit.op('GatherElements', inputs, { axis: -1 })],
};

/** `x` in the order of a {@link sortDescending}: element `i` of each row is `x[order[i]]`. */
export const takeAlong = (x: Tensor, order: Tensor): Tensor => apply(takeOp, [x, order], null);

/** Puts sorted elements back where they came from; each place is written once, so the data beneath do not matter. */
const scatterOp: Op<null> = {
  name: 'scatterAlong',
  infer: ([dy]) => [{ shape: dy.shape, dtype: 'float32' }],
  gradient: ({ inputs: [, order] }, [dy]) => [takeAlong(dy!, order), undefined],
  lower: (emit, [dy, order]) => [emit.op('ScatterElements', [dy, order, dy], { axis: -1 })],
};

/** Numbers of element types in ONNX. */
const elementTypes = { float32: 1, int32: 6, int64: 7 } as const;

const sortPositiveOp: Op<null> = {
  name: 'sortPositive',
  // On the CPU the order has as many columns as were sorted, so that only takePositive and putBack can read it.
  infer: sortOp.infer,
  gradient: ({ outputs: [, order] }, [dy]) => [dy && apply(putBackOp, [dy, order], null)],
  lower: (emit, inputs, node) =>
    emit.target === 'cpu'
      ? sortAsIntegers(emit, inputs[0], inputs[1], node.inputs[0].shape)
      : sortOp.lower(emit, inputs, node),
};

/**
 * `count` elements of each row, sorted as 30-bit integers: onnxruntime's TopK is an eighth faster with those. A count that is NaN
 * makes all values NaN.
 */
function sortAsIntegers(emit: Emitter, x: ValueName, count: ValueName, shape: Shape): ValueName[] {
  const whole = emit.op('Cast', [count], { to: elementTypes.int64 });
  const columns = emit.op('Max', [emit.op('Reshape', [whole, emit.ints([1])]), emit.ints([1])]);
  const largest = emit.op('Max', [emit.op('ReduceMax', [x], { keepdims: 0 }), emit.float(1e-20)]);
  const range = emit.op('Add', [largest, emit.op('Mul', [count, emit.float(0)])]);
  const scaled = emit.op('Mul', [x, emit.op('Div', [emit.float(2 ** 30), range])]);
  const integers = emit.op('Cast', [scaled], { to: elementTypes.int32 });
  const [sorted, order] = emit.ops('TopK', [integers, columns], { axis: -1, largest: 1, sorted: 1 }, 2);
  const numbers = emit.op('Cast', [sorted], { to: elementTypes.float32 });
  const values = emit.op('Mul', [numbers, emit.op('Mul', [range, emit.float(2 ** -30)])]);
  return [withZeros(emit, values, shape), order];
}

/** Rows with zeros at their ends, up to `shape`. */
function withZeros(emit: Emitter, x: ValueName, shape: Shape): ValueName {
  const missing = emit.op('Sub', [emit.ints([shape.at(-1)!]), emit.op('Shape', [x], { start: -1 })]);
  const before = emit.ints(new Array(2 * shape.length - 1).fill(0));
  return emit.op('Pad', [x, emit.op('Concat', [before, missing], { axis: 0 })]);
}

const takePositiveOp: Op<null> = {
  name: 'takePositive',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: ({ inputs: [, order] }, [dy]) => [apply(putBackOp, [dy!, order], null), undefined],
  lower: (emit, inputs, { inputs: [{ shape }] }) => {
    const taken = emit.op('GatherElements', inputs, { axis: -1 });
    return [emit.target === 'cpu' ? withZeros(emit, taken, shape) : taken];
  },
};

/** Puts the elements that were sorted back where they came from, on zeros. */
const putBackOp: Op<null> = {
  name: 'putBack',
  infer: ([dy]) => [{ shape: dy.shape, dtype: 'float32' }],
  gradient: ({ inputs: [, order] }, [dy]) => [apply(takePositiveOp, [dy!, order], null), undefined],
  lower: (emit, [dy, order]) => {
    const [first, last] = [emit.ints([0]), emit.ints([-1])];
    const updates =
      emit.target === 'cpu'
        ? emit.op('Slice', [dy, first, emit.op('Shape', [order], { start: -1 }), last])
        : dy;
    const zeros = emit.op('Mul', [dy, emit.float(0)]);
    return [emit.op('ScatterElements', [zeros, order, updates], { axis: -1 })];
  },
};

/**
 * Along the last axis: the elements above 0, the largest first, then a 0 for each other. `take` puts another tensor of the shape
 * in the same order; what it gives beside the zeros means nothing, except that it is finite. Elements are told apart, and given,
 * to 2⁻³⁰ of the largest of all rows. The fewer are above 0, the quicker all this is.
 */
export function sortPositive(x: Tensor): { readonly values: Tensor; readonly take: (y: Tensor) => Tensor } {
  const positive = relu(x);
  const counts = sum(step(positive), [x.shape.length - 1]);
  // As many columns as the fullest row needs. The sum is NaN where an element is; the maximum need not be.
  const columns = add(max(counts), mul(sum(counts), 0));
  const [values, order] = applyAll(sortPositiveOp, [positive, stopGradient(columns)], null);
  const take = (y: Tensor): Tensor => {
    if (!sameShape(y.shape, x.shape)) {
      throw new GraphError(
        `sortPositive: expected a tensor of shape ${showShape(x.shape)} to take along, got ${showShape(y.shape)}`,
      );
    }
    return apply(takePositiveOp, [y, order], null);
  };
  return { values, take };
}

interface CumulativeAttributes {
  /** From the last element to the first. */
  readonly reverse: boolean;
}

const cumulativeSumOp: Op<CumulativeAttributes> = {
  name: 'cumulativeSum',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: ({ attributes: { reverse } }, [dy]) => [apply(cumulativeSumOp, [dy!], { reverse: !reverse })],
  lower: (emit, [x], { inputs: [{ shape }], attributes: { reverse } }) => [
    lowerCumulativeSum(emit, x, shape, reverse),
  ],
};

/**
 * The CPU provider's CumSum takes one thread and a step after the other. On a long axis, running sums within short rows are
 * a product with a triangular matrix, and only the sums of the rows are left to it.
 */
function lowerCumulativeSum(emit: Emitter, x: ValueName, shape: Shape, reverse: boolean): ValueName {
  const size = shape.at(-1)!;
  const length = emit.target === 'cpu' ? largestDivisor(size, 64) : 1;
  const axis = emit.ints([shape.length - 1]);
  if (size < 1024 || length < 8) return emit.op('CumSum', [x, axis], { reverse: Number(reverse) });
  const triangle = Float32Array.from({ length: length * length }, (_, i) => {
    const [from, to] = [Math.floor(i / length), i % length];
    return Number(reverse ? from >= to : from <= to);
  });
  const rowCount = size / length;
  const rows = emit.op('Reshape', [x, emit.ints([...shape.slice(0, -1), rowCount, length])]);
  const within = emit.op('MatMul', [rows, emit.float(triangle, [length, length])]);
  const edge = reverse ? [0, 1] : [length - 1, length];
  const sums = emit.op('Slice', [
    within,
    emit.ints([edge[0]]),
    emit.ints([edge[1]]),
    emit.ints([shape.length]),
  ]);
  const before = emit.op('CumSum', [sums, axis], { reverse: Number(reverse), exclusive: 1 });
  return emit.op('Reshape', [emit.op('Add', [within, before]), emit.ints(shape)]);
}

/** Running sum along the last axis, each element included. */
export const cumulativeSum = (x: Tensor): Tensor => apply(cumulativeSumOp, [x], { reverse: false });
