/** 2×2 max pooling. */
import { fromBlocked, toBlocked } from './blocked.js';
import { blockedDomain, type Emitter, type ValueName } from './lowering.js';
import {
  blockedBlocksOfPlanes,
  blockedPlanesOfBlocks,
  blocksOfPlanes,
  planesOfBlocks,
} from './pixel-shuffle.js';
import { GraphError, type Shape, showShape } from './shape.js';
import { apply, applyAll, type Op, type Tensor } from './tensor.js';

const maxPool2x2Op: Op<null> = {
  name: 'maxPool2x2',
  infer: ([x]) => {
    const [n, c, h, w] = x.shape;
    if (x.shape.length !== 4 || h % 2 || w % 2) {
      throw new GraphError(`maxPool2x2: expected [N, C, H, W] with even H and W, got ${showShape(x.shape)}`);
    }
    const shape = [n, c, h / 2, w / 2];
    return [
      { shape, dtype: 'float32' },
      { shape, dtype: 'int64' },
    ];
  },
  gradient: ({ inputs: [x], outputs: [y, indices] }, [dy]) => [
    dy && apply(maxUnpoolOp, [dy, indices, x, y], null),
  ],
  lower: (emit, [x], { inputs: [{ shape }] }) => {
    const window = { kernel_shape: [2, 2], strides: [2, 2] };
    if (isBlocked(emit, x, shape)) {
      const options = { ...window, pads: [0, 0, 0, 0], dilations: [1, 1] };
      return [
        fromBlocked(emit, emit.op(`${blockedDomain}::MaxPool`, [toBlocked(emit, x)], options), shape[1]),
        '',
      ];
    }
    // WebGPU's MaxPool has no indices; its gradient there compares x with y.
    return emit.target === 'webgpu'
      ? [emit.op('MaxPool', [x], window), '']
      : emit.ops('MaxPool', [x], window, 2);
  },
};

/** True where a value was computed in blocked layout; it then has no indices, which only the standard operator makes. */
const isBlocked = (emit: Emitter, x: ValueName, shape: Shape): boolean =>
  emit.blockedTwins.has(x) && shape[1] % emit.blockSize === 0;

/** Puts each value back where the maximum was found; at a tie that is the first, as in PyTorch. */
const maxUnpoolOp: Op<null> = {
  name: 'maxUnpool2x2',
  infer: ([, , x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: null,
  lower: (emit, [dy, indices, x, y], { inputs: [, , { shape }] }) => {
    if (emit.target === 'webgpu') return [unpoolByComparison(emit, dy, x, y, shape)];
    if (isBlocked(emit, x, shape)) return [unpoolBlocked(emit, dy, x, y, shape)];
    return [emit.op('MaxUnpool', [dy, indices, emit.ints(shape)], { kernel_shape: [2, 2], strides: [2, 2] })];
  },
};

/** Rows are the four pixels of a block: each less those before it. */
const firstOfFour = [
  [1, 0, 0, 0],
  [-1, 1, 0, 0],
  [-1, -1, 1, 0],
  [-1, -1, -1, 1],
].flat();

/**
 * With the four pixels of the blocks as planes: 1 where a pixel equals y, less 1 for each before it that does, is above 0 at the first.
 * Every operator of it takes all threads.
 */
function unpoolBlocked(emit: Emitter, dy: ValueName, x: ValueName, y: ValueName, shape: Shape): ValueName {
  const [n, c, h, w] = shape;
  const planes = (value: ValueName, count: number) =>
    emit.op('Reshape', [value, emit.ints([n, count, (c * h * w) / 4])]);
  const pixels = planes(blockedPlanesOfBlocks(emit, toBlocked(emit, x), shape), 4);
  const below = emit.op('Sub', [pixels, planes(toBlocked(emit, y), 1)]);
  // 1 where it is 0, and 0 where it is below 0 by more than 2⁻¹²⁷.
  const attained = emit.op('HardSigmoid', [below], { alpha: { float: 2 ** 127 }, beta: { float: 1 } });
  const first = emit.op('Relu', [emit.op('MatMul', [emit.float(firstOfFour, [4, 4]), attained])]);
  const dPixels = emit.op('Mul', [first, planes(toBlocked(emit, dy), 1)]);
  return fromBlocked(emit, blockedBlocksOfPlanes(emit, dPixels, shape), c);
}

/** With the four pixels of a block side by side, the first of those that equal y gets dY. */
function unpoolByComparison(
  emit: Emitter,
  dy: ValueName,
  x: ValueName,
  y: ValueName,
  [n, c, h, w]: Shape,
): ValueName {
  const planes = emit.ints([n, 1, c, h / 2, w / 2]);
  const pixels = emit.op('Reshape', [
    planesOfBlocks(emit, x, [n, c, h, w]),
    emit.ints([n, 4, c, h / 2, w / 2]),
  ]);
  const attained = emit.op('Cast', [emit.op('Equal', [pixels, emit.op('Reshape', [y, planes])])], { to: 1 });
  const ranked = emit.op('Mul', [attained, emit.float([4, 3, 2, 1], [1, 4, 1, 1, 1])]);
  const best = emit.op('ReduceMax', [ranked, emit.ints([1])], { keepdims: 1 });
  const chosen = emit.op('Cast', [emit.op('Equal', [ranked, best])], { to: 1 });
  const dPixels = emit.op('Mul', [chosen, emit.op('Reshape', [dy, planes])]);
  return blocksOfPlanes(emit, dPixels, [n, c, h, w]);
}

/** The largest of each 2×2 block: `[N, C, H, W]` to `[N, C, H/2, W/2]`. */
export const maxPool2x2 = (x: Tensor): Tensor => applyAll(maxPool2x2Op, [x], null)[0];
