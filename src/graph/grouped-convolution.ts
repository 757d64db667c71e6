/** Convolution in groups of channels, stride 1 and size kept, and its two gradients; with one channel a group, depthwise. */
import {
  blockedConv,
  blockedKernel,
  fromBlocked,
  kernelFromBlocked,
  permuteAxes,
  toBlocked,
} from './blocked.js';
import type { Emitter, ValueName } from './lowering.js';
import { GraphError, type Shape, showShape } from './shape.js';
import { apply, type Op, type Tensor } from './tensor.js';

interface GroupedAttributes {
  readonly groups: number;
}

const groupedConv2dOp: Op<GroupedAttributes> = {
  name: 'groupedConv2d',
  infer: ([x, w], { groups }) => {
    const [n, c, h, width] = x.shape;
    const [k, perGroup, kh, kw] = w.shape;
    const fits = c === perGroup * groups && k % groups === 0 && kh % 2 === 1 && kw % 2 === 1;
    if (x.shape.length !== 4 || w.shape.length !== 4 || !fits) {
      throw new GraphError(
        `groupedConv2d: expected x [N, C, H, W] and an odd kernel [K, C/${groups}, kh, kw] with K a multiple of ${groups}, got ${showShape(x.shape)} and ${showShape(w.shape)}`,
      );
    }
    return [{ shape: [n, k, h, width], dtype: 'float32' }];
  },
  gradient: ({ inputs: [x, w], attributes }, [dy]) => [
    apply(inputGradientOp, [dy!, w], attributes),
    apply(weightGradientOp, [x, dy!], { ...attributes, kernel: [w.shape[2], w.shape[3]] }),
  ],
  lower: (emit, [x, w], { inputs: [, { shape }], attributes: { groups } }) => [
    convolve(emit, x, w, shape, groups),
  ],
};

/**
 * Cross-correlation of each of `groups` groups of channels of `x [N, C, H, W]` with its part of a kernel
 * `[K, C/groups, kh, kw]` of odd size, to `[N, K, H, W]`: output channel k reads the group of index ⌊k·groups/K⌋.
 *
 * Throws a GraphError for shapes that do not fit.
 *
 * @example groupedConv2d(x, kernel, x.shape[1]) // depthwise: kernel [C, 1, 3, 3]
 */
export const groupedConv2d = (x: Tensor, kernel: Tensor, groups: number): Tensor =>
  apply(groupedConv2dOp, [x, kernel], { groups });

/** True when a depthwise convolution can run in the blocked layout. */
const canBlock = (emit: Emitter, outputs: number, groups: number): boolean =>
  emit.blockSize > 0 && outputs === groups && groups % emit.blockSize === 0;

function convolve(emit: Emitter, x: ValueName, w: ValueName, shape: Shape, groups: number): ValueName {
  const [k, perGroup, kh, kw] = shape;
  const padding = [(kh - 1) / 2, (kw - 1) / 2] as const;
  if (perGroup === 1 && canBlock(emit, k, groups)) {
    const kernel = blockedKernel(emit, w, shape);
    return fromBlocked(emit, blockedConv(emit, toBlocked(emit, x), kernel, [kh, kw], padding, groups), k);
  }
  return emit.op('Conv', [x, w], { group: groups, pads: [...padding, ...padding] });
}

/** Gradient in the input: the same convolution of dY, taps reversed and channel axes swapped within each group. */
const inputGradientOp: Op<GroupedAttributes> = {
  name: 'groupedConv2dInputGradient',
  infer: ([dy, w], { groups }) => [
    { shape: [dy.shape[0], w.shape[1] * groups, ...dy.shape.slice(2)], dtype: 'float32' },
  ],
  gradient: null,
  lower: (emit, [dy, w], { inputs: [, { shape }], attributes: { groups } }) => {
    const [k, c, kh, kw] = shape;
    const taps = kh * kw;
    const outputs = k / groups;
    const reversed = emit.ints(Array.from({ length: taps }, (_, i) => taps - 1 - i));
    const parts = emit.op('Reshape', [w, emit.ints([groups, outputs, c, taps])]);
    const swapped = emit.op('Transpose', [emit.op('Gather', [parts, reversed], { axis: 3 })], {
      perm: [0, 2, 1, 3],
    });
    const kernel = [groups * c, outputs, kh, kw];
    return [convolve(emit, dy, emit.op('Reshape', [swapped, emit.ints(kernel)]), kernel, groups)];
  },
};

interface WeightGradientAttributes extends GroupedAttributes {
  readonly kernel: readonly [number, number];
}

/**
 * The weight gradient of a depthwise convolution as one depthwise convolution: X with the channels of all images side by
 * side, and dY as the kernel with a tap a pixel. Blocked values and blocked kernels of one input channel lie alike, so
 * nothing is moved.
 */
function depthwiseWeightGradient(
  emit: Emitter,
  x: ValueName,
  dy: ValueName,
  [n, c, h, w]: Shape,
  [kh, kw]: readonly [number, number],
): ValueName {
  const image = emit.op('Reshape', [toBlocked(emit, x), emit.ints([1, n * c, h, w])]);
  const taps = emit.op('Reshape', [toBlocked(emit, dy), emit.ints([n * c, 1, h, w])]);
  const perImage = blockedConv(emit, image, taps, [h, w], [(kh - 1) / 2, (kw - 1) / 2], n * c);
  const images = emit.op('Reshape', [perImage, emit.ints([n, c, kh, kw])]);
  const blocked = emit.op('ReduceSum', [images, emit.ints([0])], { keepdims: 0 });
  return kernelFromBlocked(emit, emit.op('Reshape', [blocked, emit.ints([c, 1, kh, kw])]), [c, 1, kh, kw]);
}

/**
 * `dW[k, c, i, j] = Σ_n Σ_hw dY[n, k, h, w] · X[n, g(k)·C/groups + c, h + i − ph, w + j − pw]`.
 *
 * It is itself a grouped convolution: the images are the channels of each group, X's channels within a group the images,
 * and dY the kernel, with a tap a pixel. The padding leaves kh × kw positions for it.
 */
const weightGradientOp: Op<WeightGradientAttributes> = {
  name: 'groupedConv2dWeightGradient',
  infer: ([x, dy], { groups, kernel }) => [
    { shape: [dy.shape[1], x.shape[1] / groups, ...kernel], dtype: 'float32' },
  ],
  gradient: null,
  lower: (emit, [x, dy], { inputs: [xTensor, dyTensor], attributes: { groups, kernel } }) => {
    const [n, c, h, w] = xTensor.shape;
    if (c === groups && canBlock(emit, dyTensor.shape[1], groups))
      return [depthwiseWeightGradient(emit, x, dy, xTensor.shape, kernel)];
    const perGroup = c / groups;
    const padding = kernel.map((size) => (size - 1) / 2);
    const grouped = emit.op('Reshape', [x, emit.ints([n, groups, perGroup, h, w])]);
    const images = permuteAxes(emit, grouped, [n, groups, perGroup, h, w], [2, 1, 0, 3, 4]);
    const source = emit.op('Reshape', [images, emit.ints([perGroup, groups * n, h, w])]);
    const taps = permuteAxes(emit, dy, dyTensor.shape, [1, 0, 2, 3]);
    const gradient = emit.op('Conv', [source, taps], { group: groups, pads: [...padding, ...padding] });
    return [
      perGroup === 1
        ? emit.op('Reshape', [gradient, emit.ints([dyTensor.shape[1], 1, ...kernel])])
        : emit.op('Transpose', [gradient], { perm: [1, 0, 2, 3] }),
    ];
  },
};
