/** Convolution with stride 1, and its two gradients. */
import type { Emitter, ValueName } from './lowering.js';
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
    if (x.shape.length !== 4 || w.shape.length !== 4 || c !== wc || rows < 1 || columns < 1) {
      throw new GraphError(
        `conv2d: expected x [N, C, H, W] and kernel [K, C, kh, kw], got ${showShape(x.shape)} and ${showShape(w.shape)} with padding ${showShape(padding)}`,
      );
    }
    return [{ shape: [n, k, rows, columns], dtype: 'float32' }];
  },
  gradient: ({ inputs: [x, w], attributes: { padding } }, [dy]) => {
    const [kh, kw] = w.shape.slice(2);
    return [
      conv2d(dy!, flipKernel(w), [kh - 1 - padding[0], kw - 1 - padding[1]]),
      apply(weightGradientOp, [x, dy!], { padding, kernel: [kh, kw] }),
    ];
  },
  lower: (
    emit,
    inputs,
    {
      attributes: {
        padding: [ph, pw],
      },
    },
  ) => [emit.op('Conv', inputs, { pads: [ph, pw, ph, pw] })],
};

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

const flipKernelOp: Op<null> = {
  name: 'flipKernel',
  infer: ([w]) => [{ shape: [w.shape[1], w.shape[0], w.shape[2], w.shape[3]], dtype: 'float32' }],
  gradient: (_, [dy]) => [flipKernel(dy!)],
  lower: (emit, [w], { inputs: [{ shape }] }) => {
    const [k, c, kh, kw] = shape;
    const taps = kh * kw;
    if (taps === 1) return [emit.op('Transpose', [w], { perm: [1, 0, 2, 3] })];
    // A product with the reversing permutation is faster than a Slice with negative steps.
    const reversal = new Float32Array(taps * taps);
    for (let i = 0; i < taps; i++) reversal[i * taps + (taps - 1 - i)] = 1;
    const rows = emit.op('Reshape', [w, emit.ints([k * c, taps])]);
    const flipped = emit.op('MatMul', [rows, emit.float(reversal, [taps, taps])]);
    return [emit.op('Transpose', [emit.op('Reshape', [flipped, emit.ints(shape)])], { perm: [1, 0, 2, 3] })];
  },
};

/** The kernel whose convolution is the transpose of `w`'s: taps reversed, channel axes swapped. */
export const flipKernel = (w: Tensor): Tensor => apply(flipKernelOp, [w], null);

interface WeightGradientAttributes extends ConvAttributes {
  readonly kernel: readonly [number, number];
}

/**
 * `dW[k, c, i, j] = Σ_n Σ_hw dY[n, k, h, w] · X[n, c, h + i − ph, w + j − pw]`.
 *
 * The gradient is not an im2col product: dY is shifted by rows and X by columns, so only kh + kw shifted copies
 * exist instead of kh · kw. With D the kh shifts of dY stacked, every column j is one product
 * `[kh·K, H·W] · [H·W, C]` an image.
 */
const weightGradientOp: Op<WeightGradientAttributes> = {
  name: 'conv2dWeightGradient',
  infer: ([x, dy], { kernel }) => [{ shape: [dy.shape[1], x.shape[1], ...kernel], dtype: 'float32' }],
  gradient: null,
  lower: (emit, [x, dy], { inputs: [xTensor, dyTensor], attributes: { padding, kernel } }) => {
    const [n, c, h, w] = xTensor.shape;
    const [, k, dyH, dyW] = dyTensor.shape;
    const [kh, kw] = kernel;
    const perImage: ValueName[] = [];
    // dY is brought to X's rows: row r of shift i holds dY's row r − i + ph.
    const rowShifts = Array.from({ length: kh }, (_, i) =>
      shift(emit, dy, 2, i - padding[0], h - dyH - (i - padding[0])),
    );
    const stacked = kh === 1 ? rowShifts[0] : emit.op('Concat', rowShifts, { axis: 1 });
    const left = emit.op('Reshape', [stacked, emit.ints([n, kh * k, h * dyW])]);
    for (let j = 0; j < kw; j++) {
      // X is brought to dY's columns: column q of shift j holds X's column q + j − pw.
      const moved = shift(emit, x, 3, padding[1] - j, dyW - w - (padding[1] - j));
      const right = emit.op('Reshape', [moved, emit.ints([n, c, h * dyW])]);
      perImage.push(emit.op('MatMul', [left, emit.op('Transpose', [right], { perm: [0, 2, 1] })]));
    }
    const summed = perImage.map((product) =>
      emit.op('Reshape', [
        n === 1 ? product : emit.op('ReduceSum', [product, emit.ints([0])], { keepdims: 0 }),
        emit.ints([kh, k, c, 1]),
      ]),
    );
    const columns = kw === 1 ? summed[0] : emit.op('Concat', summed, { axis: 3 });
    return [
      kh === 1
        ? emit.op('Reshape', [columns, emit.ints([k, c, 1, kw])])
        : emit.op('Transpose', [columns], { perm: [1, 2, 0, 3] }),
    ];
  },
};

/** Pads (or, where negative, crops) one axis of a `[N, C, H, W]` value. */
function shift(emit: Emitter, x: ValueName, axis: number, before: number, after: number): ValueName {
  if (before === 0 && after === 0) return x;
  const pads: Shape = Array.from({ length: 8 }, (_, i) => (i === axis ? before : i === axis + 4 ? after : 0));
  return emit.op('Pad', [x, emit.ints(pads)]);
}
