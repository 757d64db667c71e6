/** Ops that move or repeat elements without computing on them. */
import { permuteAxes } from './blocked.js';
import { matMul } from './matmul.js';
import { sumTo } from './reduce.js';
import {
  broadcastShapes,
  GraphError,
  normaliseAxes,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from './shape.js';
import { apply, applyAll, constant, type Op, type Tensor } from './tensor.js';

interface ShapeAttributes {
  readonly shape: Shape;
}

const reshapeOp: Op<ShapeAttributes> = {
  name: 'reshape',
  infer: ([x], { shape }) => {
    if (sizeOf(shape) !== x.size) {
      throw new GraphError(
        `reshape: ${showShape(x.shape)} has ${x.size} elements, ${showShape(shape)} ${sizeOf(shape)}`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x] }, [dy]) => [reshape(dy!, x.shape)],
  lower: (emit, [x], { attributes: { shape } }) => [emit.op('Reshape', [x, emit.ints(shape)])],
};

/** The same elements in another shape of the same size. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(reshapeOp, [x], { shape });

interface TransposeAttributes {
  readonly permutation: readonly number[];
}

const transposeOp: Op<TransposeAttributes> = {
  name: 'transpose',
  infer: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (!sameShape(sorted, [...x.shape.keys()])) {
      throw new GraphError(
        `transpose: expected a permutation of ${x.shape.length} axes, got ${showShape(permutation)}`,
      );
    }
    return [{ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }];
  },
  gradient: ({ attributes: { permutation } }, [dy]) => [
    transpose(
      dy!,
      permutation.map((_, i) => permutation.indexOf(i)),
    ),
  ],
  lower: (emit, [x], { inputs: [{ shape }], attributes: { permutation } }) => [
    permuteAxes(emit, x, shape, permutation),
  ],
};

/** Axis `i` of the result is axis `permutation[i]` of `x`. */
export const transpose = (x: Tensor, permutation: readonly number[]): Tensor =>
  apply(transposeOp, [x], { permutation });

/** Repeats axes of size 1 (and leading ones) up to a shape. */
export const expandOp: Op<ShapeAttributes> = {
  name: 'expand',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes('expand', x.shape, shape), shape)) {
      throw new GraphError(`expand: ${showShape(x.shape)} does not expand to ${showShape(shape)}`);
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x] }, [dy]) => [sumTo(dy!, x.shape)],
  lower: (emit, [x], { inputs: [source], attributes: { shape } }) => {
    const y = emit.op('Expand', [x, emit.ints(shape)]);
    emit.expanded.set(y, { name: x, shape: source.shape });
    return [y];
  },
};

/** `x` broadcast to `shape`. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(expandOp, [x], { shape });

interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  infer: ([x], { axis, start, end }) => {
    if (!(start >= 0 && start < end && end <= x.shape[axis])) {
      throw new GraphError(`slice: [${start}, ${end}) is outside axis ${axis} of ${showShape(x.shape)}`);
    }
    return [{ shape: x.shape.map((n, i) => (i === axis ? end - start : n)), dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], attributes: { axis, start, end } }, [dy]) => {
    const before = x.shape.map((_, i) => (i === axis ? start : 0));
    const after = x.shape.map((n, i) => (i === axis ? n - end : 0));
    return [pad(dy!, before, after)];
  },
  lower: (emit, [x], { attributes: { axis, start, end } }) => [
    emit.op('Slice', [x, emit.ints([start]), emit.ints([end]), emit.ints([axis])]),
  ],
};

/** Elements `start` to `end − 1` along one axis. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const [normalised] = normaliseAxes('slice', [axis], x.shape);
  if (start === 0 && end === x.shape[normalised]) return x;
  return apply(sliceOp, [x], { axis: normalised, start, end });
}

/** How {@link pad} fills: zeros, the nearest element, or the elements mirrored without the edge. */
export type PadMode = 'constant' | 'edge' | 'reflect';

interface PadAttributes {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: PadMode;
}

const padOp: Op<PadAttributes> = {
  name: 'pad',
  infer: ([x], { before, after, mode }) => {
    const shape = x.shape.map((n, i) => n + before[i] + after[i]);
    const reach = mode === 'reflect' ? 1 : 0;
    const tooFar =
      mode !== 'constant' && x.shape.some((n, i) => before[i] > n - reach || after[i] > n - reach);
    if (
      before.length !== x.shape.length ||
      after.length !== x.shape.length ||
      shape.some((n) => n < 1) ||
      tooFar
    ) {
      throw new GraphError(
        `pad: cannot pad ${showShape(x.shape)} by ${showShape(before)} and ${showShape(after)} (${mode})`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], attributes: { before, after, mode } }, [dy]) => [
    mode === 'constant'
      ? pad(
          dy!,
          before.map((n) => -n),
          after.map((n) => -n),
        )
      : foldPadding(dy!, x.shape, before, mode),
  ],
  lower: (emit, [x], { attributes: { before, after, mode } }) => [
    emit.op('Pad', [x, emit.ints([...before, ...after])], { mode }),
  ],
};

/**
 * Adds `before[i]` and `after[i]` elements to axis `i`; a negative number crops (mode `constant` only).
 */
export function pad(
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
  mode: PadMode = 'constant',
): Tensor {
  if (before.every((n) => n === 0) && after.every((n) => n === 0)) return x;
  return apply(padOp, [x], { before, after, mode });
}

/** Index in the source of each position of a padded axis. */
function paddedIndex(position: number, size: number, mode: PadMode): number {
  if (mode === 'edge') return Math.min(Math.max(position, 0), size - 1);
  if (position < 0) return -position;
  return position >= size ? 2 * (size - 1) - position : position;
}

/** Sums the gradient of padded elements onto those they were copied from: one product with a 0/1 matrix an axis. */
function foldPadding(dy: Tensor, shape: Shape, before: readonly number[], mode: PadMode): Tensor {
  let result = dy;
  shape.forEach((size, axis) => {
    const padded = dy.shape[axis];
    if (padded === size) return;
    const fold = new Float32Array(padded * size);
    for (let i = 0; i < padded; i++) fold[i * size + paddedIndex(i - before[axis], size, mode)] = 1;
    const last = result.shape.length - 1;
    const swap = result.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const moved = axis === last ? result : transpose(result, swap);
    const folded = matMul(moved, constant(fold, [padded, size]));
    result = axis === last ? folded : transpose(folded, swap);
  });
  return result;
}

interface AxisAttributes {
  readonly axis: number;
}

const concatOp: Op<AxisAttributes> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    for (const x of inputs) {
      if (
        x.shape.length !== first.shape.length ||
        x.shape.some((n, i) => i !== axis && n !== first.shape[i])
      ) {
        throw new GraphError(
          `concat: shapes ${showShape(first.shape)} and ${showShape(x.shape)} differ outside axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((n, x) => n + x.shape[axis], 0);
    return [{ shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype }];
  },
  gradient: ({ inputs, attributes: { axis } }, [dy]) =>
    split(
      dy!,
      axis,
      inputs.map((x) => x.shape[axis]),
    ),
  lower: (emit, inputs, { attributes: { axis } }) => [emit.op('Concat', inputs, { axis })],
};

/** Tensors one after the other along an axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length === 0) throw new GraphError('concat: expected at least one tensor, got none');
  const [normalised] = normaliseAxes('concat', [axis], tensors[0].shape);
  return tensors.length === 1 ? tensors[0] : apply(concatOp, tensors, { axis: normalised });
}

interface SplitAttributes extends AxisAttributes {
  readonly sizes: readonly number[];
}

const splitOp: Op<SplitAttributes> = {
  name: 'split',
  infer: ([x], { axis, sizes }) => {
    if (sizes.reduce((a, b) => a + b, 0) !== x.shape[axis]) {
      throw new GraphError(
        `split: sizes ${showShape(sizes)} do not add up to axis ${axis} of ${showShape(x.shape)}`,
      );
    }
    return sizes.map((size) => ({ shape: x.shape.map((n, i) => (i === axis ? size : n)), dtype: x.dtype }));
  },
  gradient: ({ outputs, attributes: { axis } }, gradients) => [
    concat(
      outputs.map((y, i) => gradients[i] ?? zeros(y.shape)),
      axis,
    ),
  ],
  lower: (emit, [x], { attributes: { axis, sizes } }) =>
    emit.ops('Split', [x, emit.ints(sizes)], { axis }, sizes.length),
};

/** Cuts an axis into consecutive pieces of the given sizes. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): readonly Tensor[] {
  const [normalised] = normaliseAxes('split', [axis], x.shape);
  return sizes.length === 1 && sizes[0] === x.shape[normalised]
    ? [x]
    : applyAll(splitOp, [x], { axis: normalised, sizes });
}

/** A tensor of zeros. */
export const zeros = (shape: Shape): Tensor =>
  expand(
    constant(
      [0],
      shape.map(() => 1),
    ),
    shape,
  );
