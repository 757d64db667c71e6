/** 2×2 max pooling and pixel shuffle: the ops that change resolution. */
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

const pixelShuffleOp: Op<null> = {
  name: 'pixelShuffle',
  infer: ([x]) => {
    const [n, c, h, w] = x.shape;
    if (x.shape.length !== 4 || c % 4) {
      throw new GraphError(`pixelShuffle: expected [N, 4·C, H, W], got ${showShape(x.shape)}`);
    }
    return [{ shape: [n, c / 4, 2 * h, 2 * w], dtype: 'float32' }];
  },
  gradient: (_, [dy]) => [pixelUnshuffle(dy!)],
  lower: (emit, [x]) => [emit.op('DepthToSpace', [x], { blocksize: 2, mode: 'CRD' })],
};

const pixelUnshuffleOp: Op<null> = {
  name: 'pixelUnshuffle',
  infer: ([x]) => {
    const [n, c, h, w] = x.shape;
    return [{ shape: [n, 4 * c, h / 2, w / 2], dtype: 'float32' }];
  },
  gradient: (_, [dy]) => [pixelShuffle(dy!)],
  // SpaceToDepth knows only the other channel order; a grouped one-hot convolution does it in one fast pass.
  lower: (emit, [x], { inputs: [{ shape }] }) => {
    const c = shape[1];
    const taps = new Float32Array(16 * c);
    for (let i = 0; i < 4 * c; i++) taps[4 * i + (i % 4)] = 1;
    return [emit.op('Conv', [x, emit.float(taps, [4 * c, 1, 2, 2])], { group: c, strides: [2, 2] })];
  },
};

/** `[N, 4·C, H, W]` to `[N, C, 2H, 2W]`: channel `4c + 2i + j` becomes row `i`, column `j` of each block (PyTorch's order). */
export const pixelShuffle = (x: Tensor): Tensor => apply(pixelShuffleOp, [x], null);

/** The inverse of {@link pixelShuffle}. */
export const pixelUnshuffle = (x: Tensor): Tensor => apply(pixelUnshuffleOp, [x], null);
