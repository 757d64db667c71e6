/** Sorting along the last axis, and what is computed in sorted order. */
import { largestDivisor } from './divisor.js';
import type { Emitter, ValueName } from './lowering.js';
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
 * Running sums within rows `[…, length]`, each element included, times `factor`: a product with a triangular matrix. The CPU provider's
 * CumSum takes one thread and a step after the other, so that on a long axis only the sums of such rows are left to it.
 */
export function runningSumsWithin(
  emit: Emitter,
  rows: ValueName,
  length: number,
  { factor = 1, reverse = false } = {},
): ValueName {
  const triangle = Float32Array.from({ length: length ** 2 }, (_, i) => {
    const [from, to] = [Math.floor(i / length), i % length];
    return (reverse ? from >= to : from <= to) ? factor : 0;
  });
  return emit.op('MatMul', [rows, emit.float(triangle, [length, length])]);
}

function lowerCumulativeSum(emit: Emitter, x: ValueName, shape: Shape, reverse: boolean): ValueName {
  const size = shape.at(-1)!;
  const length = emit.target === 'cpu' ? largestDivisor(size, 64) : 1;
  const axis = emit.ints([shape.length - 1]);
  if (size < 1024 || length < 8) return emit.op('CumSum', [x, axis], { reverse: Number(reverse) });
  const rows = emit.op('Reshape', [x, emit.ints([...shape.slice(0, -1), size / length, length])]);
  const within = runningSumsWithin(emit, rows, length, { reverse });
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
