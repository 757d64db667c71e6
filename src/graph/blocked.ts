/**
 * onnxruntime's blocked layout on the CPU, `[N, C/b, H, W, b]` stored under the shape `[N, C, H, W]`: convolutions in it
 * run at twice the speed of the standard ones. Its operators are internal to the runtime but may stand in any model.
 * Weights are fed, not constant, so kernels are reordered at every step, by operators that do it in one or two passes.
 */
import { largestDivisor } from './divisor.js';
import { type Attribute, blockedDomain, type Emitter, type ValueName } from './lowering.js';
import { type Shape, sameShape, sizeOf } from './shape.js';

/** True when a convolution of these channels can run in the blocked layout. */
export const canBlock = (emit: Emitter, inChannels: number, outChannels: number): boolean =>
  emit.blockSize > 0 &&
  outChannels % emit.blockSize === 0 &&
  (inChannels % emit.blockSize === 0 || inChannels < emit.blockSize);

/** A `[N, C, H, W]` value in blocked layout; free when it was computed there. */
export function toBlocked(emit: Emitter, x: ValueName): ValueName {
  const known = emit.blockedTwins.get(x);
  if (known) return known;
  const blocked = reorder(emit, x);
  emit.blockedTwins.set(x, blocked);
  return blocked;
}

/** A value in blocked layout with zeros for the channels that it lacks to whole blocks. */
export const filledBlocks = (emit: Emitter, x: ValueName): ValueName => reorder(emit, x);

/** A blocked value in the standard layout. The reorder is dropped again when nothing reads it there. */
export function fromBlocked(emit: Emitter, x: ValueName, channels: number): ValueName {
  const standard = emit.op(`${blockedDomain}::ReorderOutput`, [x], { channels });
  emit.blockedTwins.set(standard, x);
  return standard;
}

/** Lowers an op on each element of `x [N, C, …]` by itself, in the layout that `x` is in. */
export function lowerUnary(
  emit: Emitter,
  x: ValueName,
  channels: number,
  lower: (x: ValueName) => ValueName,
): ValueName {
  const blocked = emit.blockedTwins.get(x);
  return blocked ? fromBlocked(emit, lower(blocked), channels) : lower(x);
}

/** Values whose elements are in one order, whichever it is: for sums over all of them. */
export function inOneLayout(emit: Emitter, values: readonly ValueName[]): readonly ValueName[] {
  const blocked = values.map((value) => emit.blockedTwins.get(value));
  return blocked.every((value) => value !== undefined) ? blocked : values;
}

/**
 * Lowers an element-wise op, in blocked layout where an operand already is in it: the order of the elements does not
 * matter as long as it is the same for all. Operands must be scalars or of the output's shape for that.
 * An operand that was only expanded to meet another is read as it was before: broadcasting is free.
 */
export function lowerElementwise(
  emit: Emitter,
  inputs: readonly ValueName[],
  node: {
    readonly inputs: readonly { readonly shape: Shape }[];
    readonly outputs: readonly { readonly shape: Shape }[];
  },
  type: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): ValueName {
  const { shape } = node.outputs[0];
  const whole = inputs.some((x, i) => !emit.expanded.has(x) && sameShape(node.inputs[i].shape, shape));
  const operands = inputs.map(
    (name, i) => (whole && emit.expanded.get(name)) || { name, shape: node.inputs[i].shape },
  );
  const isScalar = (operand: { readonly shape: Shape }) => sizeOf(operand.shape) === 1;
  const uniform = operands.every((operand) => isScalar(operand) || sameShape(operand.shape, shape));
  const names = operands.map(({ name }) => name);
  if (!uniform || !names.some((name) => emit.blockedTwins.has(name))) return emit.op(type, names, attributes);
  const blocked = operands.map((operand) =>
    isScalar(operand) ? operand.name : toBlocked(emit, operand.name),
  );
  return fromBlocked(emit, emit.op(type, blocked, attributes), shape[1]);
}

/** What `place` gives for every index below `sizes`, the last one moving fastest; the index it is given changes afterwards. */
export function orderOf(sizes: readonly number[], place: (index: readonly number[]) => number): number[] {
  const index = sizes.map(() => 0);
  const order: number[] = [];
  for (let left = sizeOf(sizes); left > 0; left--) {
    order.push(place(index));
    for (let axis = sizes.length - 1; axis >= 0 && ++index[axis] === sizes[axis]; axis--) index[axis] = 0;
  }
  return order;
}

/** The rows of each part in another order, `[parts, order.length, length]`. On all threads, which a Transpose is not. */
export function gatherRows(
  emit: Emitter,
  x: ValueName,
  [parts, rows, length]: readonly [number, number, number],
  order: readonly number[],
): ValueName {
  const split = emit.op('Reshape', [x, emit.ints([parts, rows, length])]);
  return emit.op('Gather', [split, emit.ints(order)], { axis: 1 });
}

/** The axes of `x` in another order. Where the last ones of a large value stay, whole rows change places, on all threads. */
export function permuteAxes(
  emit: Emitter,
  x: ValueName,
  shape: Shape,
  permutation: readonly number[],
): ValueName {
  const moved = permutation.findLastIndex((axis, i) => axis !== i) + 1;
  const length = sizeOf(shape.slice(moved));
  if (emit.blockSize === 0 || length < 16 || sizeOf(shape) < 2 ** 14)
    return emit.op('Transpose', [x], { perm: permutation });
  const to = permutation.map((axis) => shape[axis]);
  const steps = permutation.slice(0, moved).map((axis) => sizeOf(shape.slice(axis + 1, moved)));
  const order = orderOf(to.slice(0, moved), (at) => at.reduce((sum, i, axis) => sum + i * steps[axis], 0));
  return emit.op('Reshape', [gatherRows(emit, x, [1, order.length, length], order), emit.ints(to)]);
}

/**
 * Pixels of a blocked `[N, C, H, W]` in another order, `[N·C/b, pixels.length, b]`; each is the b values of a block.
 */
export function gatherPixels(
  emit: Emitter,
  x: ValueName,
  [n, c, h, w]: Shape,
  pixels: readonly number[],
): ValueName {
  const b = emit.blockSize;
  return gatherRows(emit, x, [(n * c) / b, h * w, b], pixels);
}

const reorder = (emit: Emitter, x: ValueName): ValueName => emit.op(`${blockedDomain}::ReorderInput`, [x]);

const isSmall = (emit: Emitter, channels: number): boolean => channels % emit.blockSize !== 0;

/**
 * A kernel `[K, C, kh, kw]` as blocked convolution wants it: `[K/b, C/b, kh, kw, b(c), b(k)]`, below b input channels
 * `[K/b, C, kh, kw, b(k)]`. Free when it was computed so.
 */
export function blockedKernel(emit: Emitter, w: ValueName, [k, c, kh, kw]: Shape): ValueName {
  const known = emit.blockedKernels.get(w);
  if (known) return known;
  const b = emit.blockSize;
  const taps = kh * kw;
  // Moves the b output channels of a block innermost: [K/b, C, taps, b].
  const rows = reorder(emit, emit.op('Reshape', [w, emit.ints([k / b, b, c * taps, 1])]));
  const shape = emit.ints([k, c, kh, kw]);
  if (isSmall(emit, c) || taps === 1) return emit.op('Reshape', [rows, shape]);
  // Within each block of channels: [b(c), taps] to [taps, b(c)].
  const order = orderOf([taps, b], ([tap, channel]) => channel * taps + tap);
  return emit.op('Reshape', [gatherRows(emit, rows, [(k * c) / b ** 2, b * taps, b], order), shape]);
}

/** The inverse of {@link blockedKernel}. */
export function kernelFromBlocked(emit: Emitter, blocked: ValueName, [k, c, kh, kw]: Shape): ValueName {
  const b = emit.blockSize;
  const taps = kh * kw;
  // Each reorder brings the innermost b channels before what they are innermost to.
  const outermost = (x: ValueName, n: number, inner: number) =>
    emit.op(`${blockedDomain}::ReorderOutput`, [emit.op('Reshape', [x, emit.ints([n, b, inner, 1])])], {
      channels: b,
    });
  const byOutput = outermost(blocked, k / b, c * taps);
  const whole = isSmall(emit, c) || taps === 1 ? byOutput : outermost(byOutput, (k * c) / b, taps);
  const standard = emit.op('Reshape', [whole, emit.ints([k, c, kh, kw])]);
  emit.blockedKernels.set(standard, blocked);
  return standard;
}

/** The kernel of the input gradient, taps reversed and channel axes swapped: `[C/b, K/b, kh, kw, b(k), b(c)]`. */
export function blockedFlippedKernel(emit: Emitter, w: ValueName, [k, c, kh, kw]: Shape): ValueName {
  const b = emit.blockSize;
  const taps = kh * kw;
  // Moves the b input channels of a block innermost: [K/b, b(k), C/b, taps, b(c)].
  const rows = taps === 1 ? w : reorder(emit, emit.op('Reshape', [w, emit.ints([k * (c / b), b, taps, 1])]));
  // Within each block of output channels: [C/b, taps reversed, b(k), b(c)].
  const within = orderOf(
    [c / b, taps, b],
    ([block, tap, filter]) => (filter * (c / b) + block) * taps + taps - 1 - tap,
  );
  const parts = gatherRows(emit, rows, [k / b, c * taps, b], within);
  const across = orderOf([c / b, k / b], ([input, output]) => output * (c / b) + input);
  const swapped =
    k === b || c === b ? parts : gatherRows(emit, parts, [1, across.length, taps * b ** 2], across);
  return emit.op('Reshape', [swapped, emit.ints([c, k, kh, kw])]);
}

/** Blocked convolution of a blocked value (a standard one below b channels) with a blocked kernel. */
export const blockedConv = (
  emit: Emitter,
  x: ValueName,
  kernel: ValueName,
  [kh, kw]: readonly [number, number],
  [ph, pw]: readonly [number, number],
  group = 1,
): ValueName =>
  emit.op(`${blockedDomain}::Conv`, [x, kernel], {
    kernel_shape: [kh, kw],
    pads: [ph, pw, ph, pw],
    strides: [1, 1],
    dilations: [1, 1],
    group,
  });

/** `x · scale[c] + bias[c] (+ sum)` of a blocked value in one pass: a depthwise 1×1 convolution. */
export const blockedAffine = (
  emit: Emitter,
  x: ValueName,
  channels: number,
  scale: ValueName,
  bias: ValueName,
  sum?: ValueName,
): ValueName =>
  emit.op(
    `${blockedDomain}::Conv`,
    [x, emit.op('Reshape', [scale, emit.ints([channels, 1, 1, 1])]), bias, ...(sum ? [sum] : [])],
    { kernel_shape: [1, 1], pads: [0, 0, 0, 0], strides: [1, 1], dilations: [1, 1], group: channels },
  );

/**
 * `x · scale[c] + bias[c] (+ sum)` of standard values `[N, C, H, W]` whose planes are whole blocks, in one pass: each block's worth of a
 * plane's pixels is read as the channels of one.
 */
export function planeAffine(
  emit: Emitter,
  x: ValueName,
  shape: Shape,
  scale: ValueName,
  bias: ValueName,
  sum?: ValueName,
): ValueName {
  const [n, c, h, w] = shape;
  const b = emit.blockSize;
  const rows = largestDivisor((h * w) / b, 64);
  const channels = n * c * b;
  const inBlocks = (value: ValueName) =>
    emit.op('Reshape', [value, emit.ints([1, channels, rows, (h * w) / b / rows])]);
  const forEach = (values: ValueName) => {
    const each = emit.op('Reshape', [values, emit.ints([c, 1])]);
    return emit.op('Reshape', [emit.op('Expand', [each, emit.ints([n, c, b])]), emit.ints([channels])]);
  };
  const y = blockedAffine(emit, inBlocks(x), channels, forEach(scale), forEach(bias), sum && inBlocks(sum));
  return emit.op('Reshape', [y, emit.ints(shape)]);
}

/** Mean of x over N, H and W of a blocked value, `[C]`. Reads the value once and writes nothing of its size. */
export function blockedChannelMean(emit: Emitter, x: ValueName): ValueName {
  const perImage = emit.op(`${blockedDomain}::GlobalAveragePool`, [x]);
  return emit.op('ReduceMean', [perImage, emit.ints([0, 2, 3])], { keepdims: 0 });
}

/**
 * Mean of x·y over N, H and W of two blocked values, `[C]`: the diagonal of a product of each block's pixels. Fifteen
 * sixteenths of the product are thrown away, and it is still far cheaper than writing x·y to memory.
 */
export function blockedChannelMeanProduct(
  emit: Emitter,
  x: ValueName,
  y: ValueName,
  [n, c, h, w]: Shape,
): ValueName {
  const b = emit.blockSize;
  const pixels = emit.ints([(n * c) / b, h * w, b]);
  const left = emit.op('Transpose', [emit.op('Reshape', [x, pixels])], { perm: [0, 2, 1] });
  const products = emit.op('MatMul', [left, emit.op('Reshape', [y, pixels])]);
  const share = 1 / (n * h * w);
  const identity = Float32Array.from({ length: b * b }, (_, i) => (i % (b + 1) === 0 ? share : 0));
  const diagonal = emit.op('Mul', [products, emit.float(identity, [b, b])]);
  const perBlock = emit.op('Reshape', [diagonal, emit.ints([n, c, b])]);
  return emit.op('ReduceSum', [perBlock, emit.ints([0, 2])], { keepdims: 0 });
}
