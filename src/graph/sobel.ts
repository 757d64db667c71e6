/** Sobel's filters over maps: 3×3, in each axis a slope or a smoothing. */
import { blockedConv, fromBlocked, toBlocked } from './blocked.js';
import type { Emitter, ValueName } from './lowering.js';
import { GraphError, type Shape, showShape, sizeOf } from './shape.js';
import { apply, type Op, type Tensor } from './tensor.js';

interface SobelAttributes {
  /** Axis of the slope; the other ones are smoothed. */
  readonly slope: 2 | 3 | null;
  readonly transposed: boolean;
}

const smoothing = [0.25, 0.5, 0.25];
const central = [-0.5, 0, 0.5];

/**
 * Beyond the border stands the nearest pixel. The matrix of the smoothing is its own transpose; that of the slope is transposed when
 * the taps and the pixels beyond the border change their sign.
 */
const sobelOp: Op<SobelAttributes> = {
  name: 'sobel',
  infer: ([{ shape }]) => {
    if (shape.length !== 4) throw new GraphError(`sobel: expected [N, C, H, W], got ${showShape(shape)}`);
    return [{ shape, dtype: 'float32' }];
  },
  gradient: ({ attributes: { slope, transposed } }, [dy]) => [
    apply(sobelOp, [dy!], { slope, transposed: !transposed }),
  ],
  lower: (emit, [x], { inputs: [{ shape }], attributes }) => {
    const blocks = emit.blockSize > 0 && shape[1] % emit.blockSize === 0 && sizeOf(shape) >= 4096;
    return [(blocks ? byConvolution : byProducts)(emit, x, shape, attributes)];
  },
};

function tapsAlong(axis: number, { slope, transposed }: SobelAttributes): readonly number[] {
  if (axis !== slope) return smoothing;
  return transposed ? central.map((tap) => -tap) : central;
}

/** A depthwise convolution in the blocked layout, of which all threads take a part. */
function byConvolution(
  emit: Emitter,
  x: ValueName,
  [n, c, h, w]: Shape,
  attributes: SobelAttributes,
): ValueName {
  const block = emit.blockSize;
  const { slope, transposed } = attributes;
  const rows = emit.op('Reshape', [toBlocked(emit, x), emit.ints([(n * c) / block, h, w, block])]);
  const padded = emit.op('Pad', [rows, emit.ints([0, 1, 1, 0, 0, 1, 1, 0])], { mode: 'edge' });
  const signed =
    slope && transposed ? emit.op('Mul', [padded, borderSigns(emit, slope === 2 ? h : w, slope)]) : padded;
  const [vertical, horizontal] = [2, 3].map((axis) => tapsAlong(axis, attributes));
  const taps = vertical.flatMap((v) => horizontal.map((h) => v * h));
  const kernel = emit.float(
    Float32Array.from({ length: 9 * c }, (_, i) => taps[Math.floor(i / block) % 9]),
    [c, 1, 3, 3],
  );
  const pixels = emit.op('Reshape', [signed, emit.ints([n, c, h + 2, w + 2])]);
  return fromBlocked(emit, blockedConv(emit, pixels, kernel, [3, 3], [0, 0], c), c);
}

/** −1 at both ends of a padded axis of blocked rows, 1 between; repeated along the innermost axis, where broadcasting is slow. */
function borderSigns(emit: Emitter, size: number, axis: 2 | 3): ValueName {
  const repeats = axis === 2 ? 1 : emit.blockSize;
  const signs = new Float32Array((size + 2) * repeats).fill(1);
  signs.fill(-1, 0, repeats).fill(-1, (size + 1) * repeats);
  return emit.float(signs, axis === 2 ? [size + 2, 1, 1] : [size + 2, repeats]);
}

/** Along each axis a filter is a matrix. */
function byProducts(emit: Emitter, x: ValueName, [, , h, w]: Shape, attributes: SobelAttributes): ValueName {
  const matrix = (axis: 2 | 3, size: number) => {
    const sign = axis === attributes.slope && attributes.transposed ? -1 : 1;
    const values = new Float32Array(size * size);
    for (let i = 0; i < size; i++) {
      tapsAlong(axis, attributes).forEach((tap, k) => {
        const j = Math.min(Math.max(i + k - 1, 0), size - 1);
        values[axis === 2 ? i * size + j : j * size + i] += j === i + k - 1 ? tap : sign * tap;
      });
    }
    return emit.float(values, [size, size]);
  };
  return emit.op('MatMul', [matrix(2, h), emit.op('MatMul', [x, matrix(3, w)])]);
}

/**
 * Slopes per pixel of `x [N, C, H, W]` along axis 2 (down) or 3 (right), of the same shape: Sobel's filter divided by 8; beyond
 * the border stands the nearest pixel. On the CPU it is fastest where C is a multiple of 16: many maps may be channels of one image.
 *
 * Throws a GraphError unless x has four axes.
 */
export const sobel = (x: Tensor, axis: 2 | 3): Tensor =>
  apply(sobelOp, [x], { slope: axis, transposed: false });

/** `x [N, C, H, W]` smoothed as {@link sobel} smooths across the slope, `[1, 2, 1]/4` along both axes. */
export const sobelSmooth = (x: Tensor): Tensor => apply(sobelOp, [x], { slope: null, transposed: false });
