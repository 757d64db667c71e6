/** Differences of neighbours along an axis. */
import { neg } from './elementwise.js';
import { blockedDomain, type Emitter, type ValueName } from './lowering.js';
import { GraphError, normaliseAxes, type Shape, showShape, sizeOf } from './shape.js';
import { apply, type Op, type Tensor } from './tensor.js';

interface DifferenceAttributes {
  readonly axis: number;
  /** Zeros put before the first and after the last element, 0 or 1. */
  readonly border: number;
}

/** With a border and without, each is the other's transpose but for the sign. */
const differenceOp: Op<DifferenceAttributes> = {
  name: 'difference',
  infer: ([x], { axis, border }) => {
    const shape = x.shape.map((n, i) => (i === axis ? n + 2 * border - 1 : n));
    if (shape[axis] < 1)
      throw new GraphError(`difference: axis ${axis} of ${showShape(x.shape)} has no neighbours`);
    return [{ shape, dtype: 'float32' }];
  },
  gradient: ({ attributes: { axis, border } }, [dy]) => [
    neg(apply(differenceOp, [dy!], { axis, border: 1 - border })),
  ],
  lower: (emit, [x], { inputs: [{ shape }], outputs: [y], attributes: { axis, border } }) => {
    const inner = sizeOf(shape.slice(axis + 1));
    const block = emit.blockSize;
    const large = block > 0 && sizeOf(shape) >= 4096;
    if (large && inner % block === 0) {
      // Blocks of consecutive elements are what the blocked layout takes for channels.
      const pixels = [sizeOf(shape.slice(0, axis)), block, shape[axis], inner / block];
      const columns = convolve(emit, emit.op('Reshape', [x, emit.ints(pixels)]), block, [2, 1], [border, 0]);
      return [emit.op('Reshape', [columns, emit.ints(y.shape)])];
    }
    if (large && inner === 1 && axis > 0 && shape[axis - 1] % block === 0) {
      // Rows are what the blocked layout takes for channels.
      const rows = shape[axis - 1];
      const pixels = [sizeOf(shape.slice(0, axis - 1)), rows, 1, shape[axis]];
      const blocked = emit.op(`${blockedDomain}::ReorderInput`, [emit.op('Reshape', [x, emit.ints(pixels)])]);
      const along = convolve(emit, blocked, rows, [1, 2], [0, border]);
      const standard = emit.op(`${blockedDomain}::ReorderOutput`, [along], { channels: rows });
      return [emit.op('Reshape', [standard, emit.ints(y.shape)])];
    }
    return [emit.op('Sub', neighbours(emit, x, shape, axis, border))];
  },
};

/** The CPU provider's Slice and Pad take one thread; a depthwise convolution in the blocked layout takes all. */
function convolve(
  emit: Emitter,
  blocked: ValueName,
  channels: number,
  [kh, kw]: readonly [number, number],
  [ph, pw]: readonly [number, number],
): ValueName {
  const block = emit.blockSize;
  const taps = Float32Array.from({ length: 2 * channels }, (_, i) =>
    Math.floor(i / block) % 2 === 0 ? -1 : 1,
  );
  return emit.op(`${blockedDomain}::Conv`, [blocked, emit.float(taps, [channels, 1, kh, kw])], {
    kernel_shape: [kh, kw],
    pads: [ph, pw, ph, pw],
    strides: [1, 1],
    dilations: [1, 1],
    group: channels,
  });
}

/** The next element and this one, for each difference. */
function neighbours(emit: Emitter, x: ValueName, shape: Shape, axis: number, border: number): ValueName[] {
  const size = shape[axis];
  if (border === 0) {
    return [1, 0].map((start) =>
      emit.op('Slice', [x, emit.ints([start]), emit.ints([size - 1 + start]), emit.ints([axis])]),
    );
  }
  const zeros = shape.map(() => 0);
  const one = shape.map((_, i) => Number(i === axis));
  return [
    [...zeros, ...one],
    [...one, ...zeros],
  ].map((pads) => emit.op('Pad', [x, emit.ints(pads)], { mode: 'constant' }));
}

/** `x[i + 1] − x[i]` along one axis, which becomes one shorter. Throws a GraphError where it has one element. */
export function difference(x: Tensor, axis: number): Tensor {
  const [normalised] = normaliseAxes('difference', [axis], x.shape);
  return apply(differenceOp, [x], { axis: normalised, border: 0 });
}
