/** What each element adds to the mean Jaccard loss, in sorted order: the gradient of its Lovász extension (Berman 2018). */
import { largestDivisor } from './divisor.js';
import { step } from './elementwise.js';
import type { Emitter, ValueName } from './lowering.js';
import { imageSums } from './product-sums.js';
import { GraphError, sameShape, showShape } from './shape.js';
import { runningSumsWithin } from './sorting.js';
import { apply, type Op, type Tensor } from './tensor.js';

/** Numbers of element types in ONNX. */
const elementTypes = { int32: 6, int64: 7 } as const;

/**
 * The first element of a mask that is empty, or that has no other, adds 1, which the steps below have as 0/0. These two take the place
 * of the zeros: the background before the first, and what is left of an empty mask, beside which the other is nothing. Any other number
 * that they are added to stays as it is.
 */
const nothing = { before: 1e-30, left: 1e-22 };

const jaccardStepsOp: Op<null> = {
  name: 'jaccardSteps',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  // Constant but where the order changes.
  gradient: () => [undefined, undefined, undefined, undefined],
  lower: (emit, [x, foreground, counts, totals], { inputs: [{ shape }] }) => {
    const [images, size] = shape;
    const length = largestDivisor(size, 64);
    const { order, rowCount, poison } = sortPositive(emit, x, counts, [size, length]);

    const rows = emit.op('Reshape', [
      emit.op('GatherElements', [foreground, order], { axis: 1 }),
      emit.ints([images, -1, length]),
    ]);
    // Counts are taken `images` times, which makes the steps those of the mean.
    const within = runningSumsWithin(emit, rows, length, { factor: -images });
    const sums = emit.op('Slice', [within, emit.ints([length - 1]), emit.ints([length]), emit.ints([2])]);
    const above = emit.op('CumSum', [sums, emit.ints([1])], { exclusive: 1 });
    const all = emit.op('Add', [totals, emit.op('Add', [poison, emit.float(nothing.left)])]);
    const total = emit.op('Reshape', [emit.op('Mul', [all, emit.float(images)]), emit.ints([images, 1, 1])]);
    const left = emit.op('Add', [total, above]);
    const intersection = emit.op('Add', [within, left]);

    const positions = Float32Array.from({ length: size }, (_, i) => images * (i || nothing.before));
    const before = emit.op('Slice', [
      emit.float(positions, [1, size / length, length]),
      emit.ints([0]),
      rowCount,
      emit.ints([1]),
    ]);
    // With U the union and I what is left of the intersection, a foreground element adds 1/U and another I/(U − 1) − I/U, which is
    // I/(U − 1)/U: both are fractions of 1/U, where nothing cancels.
    const others = emit.op('Add', [intersection, before]);
    const fraction = emit.op('Max', [emit.op('Div', [intersection, others]), rows]);
    const steps = emit.op('Div', [fraction, emit.op('Add', [others, emit.float(images)])]);
    return [putBack(emit, x, order, steps, [images, size])];
  },
};

/**
 * The order of each row's elements above 0, of which there are `counts`, the largest first: `rowCount` times `length` of them, on the
 * CPU as many as the fullest row needs. `poison` is NaN where an element is, else 0.
 */
function sortPositive(
  emit: Emitter,
  x: ValueName,
  counts: ValueName,
  [size, length]: readonly [number, number],
): { order: ValueName; rowCount: ValueName; poison: ValueName } {
  // The sum is NaN where an element is; the maximum need not be.
  const sum = emit.op('ReduceSum', [counts, emit.ints([0])], { keepdims: 1 });
  const poison = emit.op('Mul', [sum, emit.float(0)]);
  const rowCount = emit.target === 'cpu' ? fullestRow(emit, counts, length) : emit.ints([size / length]);
  const columns = emit.op('Mul', [rowCount, emit.ints([length])]);
  const values = emit.target === 'cpu' ? bitsOf(emit, x) : x;
  const [, order] = emit.ops('TopK', [values, columns], { axis: 1, largest: 1, sorted: 1 }, 2);
  return { order, rowCount, poison };
}

/** Steps to where their elements came from. What was not sorted is 0 in x, and stays so. */
function putBack(
  emit: Emitter,
  x: ValueName,
  order: ValueName,
  steps: ValueName,
  [images, size]: readonly [number, number],
): ValueName {
  if (emit.target !== 'cpu') {
    const sorted = emit.op('Reshape', [steps, emit.ints([images, -1])]);
    return emit.op('ScatterElements', [x, order, sorted], { axis: 1 });
  }
  // Unpooling by places in the whole batch: the CPU provider's ScatterElements takes longer than it and the places.
  const firsts = emit.ints(Array.from({ length: images }, (_, i) => i * size));
  const places = emit.op('Add', [order, emit.op('Reshape', [firsts, emit.ints([images, 1])])]);
  const [values, indices] = [steps, places].map((v) => emit.op('Reshape', [v, emit.ints([1, 1, -1])]));
  const shape = emit.ints([1, 1, images * size]);
  const flat = emit.op('MaxUnpool', [values, indices, shape], { kernel_shape: [1], strides: [1] });
  return emit.op('Reshape', [flat, emit.ints([images, size])]);
}

/**
 * The bits of positive numbers have their order, and onnxruntime's TopK is an eighth faster with integers. A BitCast of what others read
 * too is a copy by one thread; the Relu, which changes nothing, makes a value that it can take over.
 */
const bitsOf = (emit: Emitter, x: ValueName): ValueName =>
  emit.op('BitCast', [emit.op('Relu', [x])], { to: elementTypes.int32 });

/** How many `length`s the largest count takes, at least one. */
function fullestRow(emit: Emitter, counts: ValueName, length: number): ValueName {
  const most = emit.op('ReduceMax', [counts, emit.ints([0])], { keepdims: 1 });
  const lengths = emit.op('Ceil', [emit.op('Div', [most, emit.float(length)])]);
  return emit.op('Max', [emit.op('Cast', [lengths], { to: elementTypes.int64 }), emit.ints([1])]);
}

/**
 * How much the mean over rows of the Jaccard loss, `1 − |foreground not missed| / |foreground ∪ false alarms|`, grows as each element
 * of a row turns wrong, the one with the largest `x` first. `x` is 0 or more, `foreground` 0 or 1, both `[N, K]`, as is the result;
 * where `x` is 0 that means nothing, except that it is finite. The fewer are above 0, the quicker this is. Without gradient, since
 * `Σ x·steps`, the Lovász extension, has the steps as its own.
 */
export function jaccardSteps(x: Tensor, foreground: Tensor): Tensor {
  if (x.shape.length !== 2 || !sameShape(x.shape, foreground.shape)) {
    throw new GraphError(
      `jaccardSteps: expected two equal shapes [N, K], got ${showShape(x.shape)} and ${showShape(foreground.shape)}`,
    );
  }
  return apply(jaccardStepsOp, [x, foreground, imageSums(step(x)), imageSums(foreground)], null);
}
