/** Reductions over axes, and the sum that undoes a broadcast. */
import { inOneLayout } from './blocked.js';
import { div, greaterOrEqual, mul, toFloat } from './elementwise.js';
import { normaliseAxes, type Shape, sameShape, sizeOf } from './shape.js';
import { expand, reshape } from './shaping.js';
import { apply, type Op, type Tensor } from './tensor.js';

interface ReduceAttributes {
  readonly axes: readonly number[];
}

/** Options of a reduction. */
export interface ReduceOptions {
  /** Keep the reduced axes with size 1; false by default. */
  readonly keepDims?: boolean;
}

type ReduceGradient = (x: Tensor, y: Tensor, dy: Tensor, count: number) => Tensor;

// Reductions keep their axes; dropping them is a reshape, which costs nothing at run time.
function reduceOp(name: string, onnxType: string, gradient: ReduceGradient): Op<ReduceAttributes> {
  return {
    name,
    infer: ([x], { axes }) => [
      { shape: x.shape.map((n, i) => (axes.includes(i) ? 1 : n)), dtype: 'float32' },
    ],
    gradient: ({ inputs: [x], outputs: [y] }, [dy]) => [gradient(x, y, dy!, x.size / y.size)],
    lower: (emit, inputs, { inputs: [{ shape }], attributes: { axes } }) => {
      const [x] = axes.length === shape.length ? inOneLayout(emit, inputs) : inputs;
      return [emit.op(onnxType, [x, emit.ints(axes)], { keepdims: 1 })];
    },
  };
}

const sumOp = reduceOp('sum', 'ReduceSum', (x, _y, dy) => expand(dy, x.shape));
const meanOp = reduceOp('mean', 'ReduceMean', (x, _y, dy, count) => expand(mul(dy, 1 / count), x.shape));
// Every element that attains the maximum shares the gradient, as in PyTorch's amax.
const maxOp = reduceOp('max', 'ReduceMax', (x, y, dy) => {
  const attained = toFloat(greaterOrEqual(x, y));
  const axes = x.shape.flatMap((n, i) => (n === y.shape[i] ? [] : [i]));
  return mul(div(attained, sum(attained, axes, { keepDims: true })), dy);
});

function reduce(
  op: Op<ReduceAttributes>,
  x: Tensor,
  axes: readonly number[] | undefined,
  options: ReduceOptions,
): Tensor {
  const all = x.shape.map((_, i) => i);
  const reduced = normaliseAxes(op.name, axes ?? all, x.shape);
  const kept = reduced.length === 0 ? x : apply(op, [x], { axes: reduced });
  return options.keepDims
    ? kept
    : reshape(
        kept,
        x.shape.filter((_, i) => !reduced.includes(i)),
      );
}

/** Sum over `axes` (all by default). */
export const sum = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(sumOp, x, axes, options);

/** Mean over `axes` (all by default). */
export const mean = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(meanOp, x, axes, options);

/** Maximum over `axes` (all by default). */
export const max = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(maxOp, x, axes, options);

/** Sums `x` down to `shape`, from which it may have been broadcast: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  // A gradient that is smaller than its input was itself broadcast.
  if (sizeOf(x.shape) < sizeOf(shape)) return expand(x, shape);
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
  return reshape(sum(x, axes, { keepDims: true }), shape);
}
