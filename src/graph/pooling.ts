/** 2×2 max pooling. */
import { GraphError, showShape } from './shape.js';
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
  gradient: ({ inputs: [x], outputs: [, indices] }, [dy]) => [
    dy && apply(maxUnpoolOp, [dy, indices], { like: x }),
  ],
  lower: (emit, [x]) => emit.ops('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }, 2),
};

interface UnpoolAttributes {
  readonly like: Tensor;
}

/** Puts each value back where the maximum was found; at a tie that is the first, as in PyTorch. */
const maxUnpoolOp: Op<UnpoolAttributes> = {
  name: 'maxUnpool2x2',
  infer: (_, { like }) => [{ shape: like.shape, dtype: 'float32' }],
  gradient: null,
  lower: (emit, [dy, indices], { attributes: { like } }) => [
    emit.op('MaxUnpool', [dy, indices, emit.ints(like.shape)], { kernel_shape: [2, 2], strides: [2, 2] }),
  ],
};

/** The largest of each 2×2 block: `[N, C, H, W]` to `[N, C, H/2, W/2]`. */
export const maxPool2x2 = (x: Tensor): Tensor => applyAll(maxPool2x2Op, [x], null)[0];
