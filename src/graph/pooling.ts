/** 2×2 max pooling. */
import type { Emitter, ValueName } from './lowering.js';
import { planesOfBlocks } from './pixel-shuffle.js';
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
  lower: (emit, [x]) => {
    const window = { kernel_shape: [2, 2], strides: [2, 2] };
    // WebGPU's MaxPool has no indices; its gradient there compares x with y.
    return emit.target === 'webgpu'
      ? [emit.op('MaxPool', [x], window), '']
      : emit.ops('MaxPool', [x], window, 2);
  },
};

/** Puts each value back where the maximum was found; at a tie that is the first, as in PyTorch. */
const maxUnpoolOp: Op<null> = {
  name: 'maxUnpool2x2',
  infer: ([, , x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: null,
  lower: (emit, [dy, indices, x, y], { inputs: [, , { shape }] }) =>
    emit.target === 'webgpu'
      ? [unpoolByComparison(emit, dy, x, y, shape)]
      : [emit.op('MaxUnpool', [dy, indices, emit.ints(shape)], { kernel_shape: [2, 2], strides: [2, 2] })],
};

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
  const stacked = emit.op('Reshape', [dPixels, emit.ints([n, 4 * c, h / 2, w / 2])]);
  return emit.op('DepthToSpace', [stacked], { blocksize: 2, mode: 'DCR' });
}

/** The largest of each 2×2 block: `[N, C, H, W]` to `[N, C, H/2, W/2]`. */
export const maxPool2x2 = (x: Tensor): Tensor => applyAll(maxPool2x2Op, [x], null)[0];
