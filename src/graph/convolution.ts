/** Convolution with stride 1, and its two gradients. */
import {
  blockedConv,
  blockedFlippedKernel,
  blockedKernel,
  canBlock,
  fromBlocked,
  toBlocked,
} from './blocked.js';
import { blockedWeightGradient } from './blocked-weight-gradient.js';
import { blockedDomain, type Emitter, type ValueName } from './lowering.js';
import { GraphError, type Shape, showShape } from './shape.js';
import { apply, type Op, type Tensor } from './tensor.js';

interface ConvAttributes {
  /** Zeros added on both sides of each axis: `[rows, columns]`. */
  readonly padding: readonly [number, number];
}

const conv2dOp: Op<ConvAttributes> = {
  name: 'conv2d',
  infer: ([x, w], { padding }) => {
    const [n, c, h, width] = x.shape;
    const [k, wc, kh, kw] = w.shape;
    const rows = h + 2 * padding[0] - kh + 1;
    const columns = width + 2 * padding[1] - kw + 1;
    const fits = padding[0] < kh && padding[1] < kw && rows > 0 && columns > 0;
    if (x.shape.length !== 4 || w.shape.length !== 4 || c !== wc || !fits) {
      throw new GraphError(
        `conv2d: expected x [N, C, H, W] and kernel [K, C, kh, kw], got ${showShape(x.shape)} and ${showShape(w.shape)} with padding ${showShape(padding)}`,
      );
    }
    return [{ shape: [n, k, rows, columns], dtype: 'float32' }];
  },
  gradient: ({ inputs: [x, w], attributes: { padding } }, [dy]) => [
    apply(inputGradientOp, [dy!, w], { padding }),
    apply(weightGradientOp, [x, dy!], { padding, kernel: [w.shape[2], w.shape[3]] }),
  ],
  lower: (emit, [x, w], { inputs: [, { shape }], attributes: { padding } }) => {
    const [k, c, kh, kw] = shape;
    const outputs = blockedOutputs(emit, c, k, kh * kw);
    if (outputs === 0) return [convolve(emit, x, w, c, padding)];
    const source = c % emit.blockSize === 0 ? toBlocked(emit, x) : x;
    const kernel = blockedKernel(emit, shift(emit, w, 0, 0, outputs - k), [outputs, c, kh, kw]);
    return [firstChannels(emit, blockedConv(emit, source, kernel, [kh, kw], padding), k)];
  },
};

/**
 * Output channels of a blocked convolution from c channels to k, 0 where a standard one is faster. Fewer than a block are filled up
 * with zeros from this many products a pixel on: 16 to 8 channels of 3×3 then take 2 ms instead of 3.4, 8 to 4 no less than they took.
 */
function blockedOutputs(emit: Emitter, c: number, k: number, taps: number): number {
  if (canBlock(emit, c, k)) return k;
  const pays = k < emit.blockSize && c * taps >= 100;
  return pays && canBlock(emit, c, emit.blockSize) ? emit.blockSize : 0;
}

/** The first `channels` of a blocked value, which it need not have more of. */
function firstChannels(emit: Emitter, y: ValueName, channels: number): ValueName {
  return channels % emit.blockSize === 0
    ? fromBlocked(emit, y, channels)
    : emit.op(`${blockedDomain}::ReorderOutput`, [y], { channels });
}

/** A convolution over `channels` input channels in the standard layout. */
function convolve(
  emit: Emitter,
  x: ValueName,
  kernel: ValueName,
  channels: number,
  padding: readonly [number, number],
): ValueName {
  // onnxruntime 1.30 on WebGPU reads vectors of three channels where it can, and is right only for three in all
  // (github.com/microsoft/onnxruntime/issues/29651): zeros bring the others to a multiple of four.
  const threes = channels > 3 && channels % 3 === 0 && channels % 4 !== 0;
  const missing = emit.target === 'webgpu' && threes ? 4 - (channels % 4) : 0;
  const inputs = [x, kernel].map((value) => shift(emit, value, 1, 0, missing));
  return emit.op('Conv', inputs, { pads: [...padding, ...padding] });
}

/**
 * Cross-correlation of `x [N, C, H, W]` with a kernel `[K, C, kh, kw]`, stride 1.
 * Without `padding` the size is kept, which needs an odd kernel.
 */
export function conv2d(x: Tensor, kernel: Tensor, padding?: readonly [number, number]): Tensor {
  const [kh, kw] = kernel.shape.slice(2);
  if (!padding && (kh % 2 === 0 || kw % 2 === 0)) {
    throw new GraphError(`conv2d: an even kernel ${showShape(kernel.shape)} needs an explicit padding`);
  }
  return apply(conv2dOp, [x, kernel], { padding: padding ?? [(kh - 1) / 2, (kw - 1) / 2] });
}

/** Gradient in the input: a convolution of dY with the kernel's taps reversed and its channel axes swapped. */
const inputGradientOp: Op<ConvAttributes> = {
  name: 'conv2dInputGradient',
  infer: ([dy, w], { padding }) => {
    const [n, , h, width] = dy.shape;
    const [, c, kh, kw] = w.shape;
    return [
      { shape: [n, c, h + kh - 1 - 2 * padding[0], width + kw - 1 - 2 * padding[1]], dtype: 'float32' },
    ];
  },
  gradient: null,
  lower: (emit, [dy, w], { inputs: [, { shape }], attributes }) => {
    const [k, c, kh, kw] = shape;
    const padding = [kh - 1 - attributes.padding[0], kw - 1 - attributes.padding[1]] as const;
    const outputs = k % (emit.blockSize || 1) === 0 ? blockedOutputs(emit, k, c, kh * kw) : 0;
    if (outputs > 0) {
      const kernel = blockedFlippedKernel(emit, shift(emit, w, 1, 0, outputs - c), [k, outputs, kh, kw]);
      return [firstChannels(emit, blockedConv(emit, toBlocked(emit, dy), kernel, [kh, kw], padding), c)];
    }
    return [convolve(emit, dy, flippedKernel(emit, w, shape), k, padding)];
  },
};

/** `[K, C, kh, kw]` to `[C, K, kh, kw]` with the taps reversed. */
function flippedKernel(emit: Emitter, w: ValueName, shape: Shape): ValueName {
  const [k, c, kh, kw] = shape;
  const taps = kh * kw;
  if (taps === 1) return emit.op('Transpose', [w], { perm: [1, 0, 2, 3] });
  // A product with the reversing permutation is faster than a Slice with negative steps.
  const reversal = new Float32Array(taps * taps);
  for (let i = 0; i < taps; i++) reversal[i * taps + (taps - 1 - i)] = 1;
  const rows = emit.op('Reshape', [w, emit.ints([k * c, taps])]);
  const flipped = emit.op('MatMul', [rows, emit.float(reversal, [taps, taps])]);
  return emit.op('Transpose', [emit.op('Reshape', [flipped, emit.ints(shape)])], { perm: [1, 0, 2, 3] });
}

interface WeightGradientAttributes extends ConvAttributes {
  readonly kernel: readonly [number, number];
}

/**
 * `dW[k, c, i, j] = Σ_n Σ_hw dY[n, k, h, w] · X[n, c, h + i − ph, w + j − pw]`.
 *
 * The gradient is not an im2col product: dY is shifted by columns and X by rows, so only kh + kw shifted copies
 * exist instead of kh · kw. With D the kw shifts of dY stacked, every row i is one product
 * `[kw·K, H·W] · [H·W, C]` an image.
 */
const weightGradientOp: Op<WeightGradientAttributes> = {
  name: 'conv2dWeightGradient',
  infer: ([x, dy], { kernel }) => [{ shape: [dy.shape[1], x.shape[1], ...kernel], dtype: 'float32' }],
  gradient: null,
  lower: (emit, [x, dy], { inputs: [xTensor, dyTensor], attributes: { padding, kernel } }) => {
    const byConvolution = blockedWeightGradient(
      emit,
      { name: x, shape: xTensor.shape },
      { name: dy, shape: dyTensor.shape },
      kernel,
      padding,
    );
    if (byConvolution) return [byConvolution];
    const [n, c, h, w] = xTensor.shape;
    const [, k, dyH, dyW] = dyTensor.shape;
    const [kh, kw] = kernel;
    const pixels = dyH * w;
    // dY is brought to X's columns: column q of shift j holds dY's column q − j + pw.
    const columnShifts = Array.from({ length: kw }, (_, j) =>
      shift(emit, dy, 3, j - padding[1], w - dyW - (j - padding[1])),
    );
    const stacked = kw === 1 ? columnShifts[0] : emit.op('Concat', columnShifts, { axis: 1 });
    const dyRows = emit.op('Reshape', [stacked, emit.ints([n, kw * k, pixels])]);
    // Few pixels an image make thin products: then the images' pixels are laid side by side, one product for all.
    const pooled = n > 1 && pixels < 512;
    const left = pooled
      ? emit.op('Reshape', [
          emit.op('Transpose', [dyRows], { perm: [1, 0, 2] }),
          emit.ints([kw * k, n * pixels]),
        ])
      : dyRows;
    const rows = Array.from({ length: kh }, (_, i) => {
      // X is brought to dY's rows: row r of shift i holds X's row r + i − ph.
      const moved = shift(emit, x, 2, padding[0] - i, dyH - h - (padding[0] - i));
      const xRows = emit.op('Transpose', [emit.op('Reshape', [moved, emit.ints([n, c, pixels])])], {
        perm: [0, 2, 1],
      });
      if (pooled) return emit.op('MatMul', [left, emit.op('Reshape', [xRows, emit.ints([n * pixels, c])])]);
      const products = emit.op('MatMul', [left, xRows]);
      return n === 1
        ? emit.op('Reshape', [products, emit.ints([kw * k, c])])
        : emit.op('ReduceSum', [products, emit.ints([0])], { keepdims: 0 });
    });
    if (kh * kw === 1) return [emit.op('Reshape', [rows[0], emit.ints([k, c, 1, 1])])];
    // [kh·kw, K·C] to [K, C, kh, kw]: a plain transpose of a matrix.
    const taps = kh === 1 ? rows[0] : emit.op('Concat', rows, { axis: 0 });
    const byTap = emit.op('Reshape', [taps, emit.ints([kh * kw, k * c])]);
    return [emit.op('Reshape', [emit.op('Transpose', [byTap], { perm: [1, 0] }), emit.ints([k, c, kh, kw])])];
  },
};

/** Pads (or, where negative, crops) one axis of a `[N, C, H, W]` value. */
function shift(emit: Emitter, x: ValueName, axis: number, before: number, after: number): ValueName {
  if (before === 0 && after === 0) return x;
  const pads: Shape = Array.from({ length: 8 }, (_, i) => (i === axis ? before : i === axis + 4 ? after : 0));
  return emit.op('Pad', [x, emit.ints(pads)]);
}
