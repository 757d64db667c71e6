/** Separable filters over images. Along one axis, a filter with its padding is a matrix, and so is its gradient. */
import { constant, matMul, type Tensor } from '../graph/index.js';

/** Pixels beyond the border mirror those within, without repeating the edge. */
function source(position: number, size: number): number {
  if (position < 0) return -position;
  return position >= size ? 2 * (size - 1) - position : position;
}

/** `[size, size]`: row `i` holds the weights of the pixels that make pixel `i`, or column `i` does when transposed. */
function filterMatrix(size: number, taps: readonly number[], transposed: boolean): Tensor {
  const matrix = new Float64Array(size * size);
  const radius = (taps.length - 1) / 2;
  for (let i = 0; i < size; i++) {
    taps.forEach((tap, k) => {
      const j = source(i + k - radius, size);
      matrix[transposed ? j * size + i : i * size + j] += tap;
    });
  }
  return constant(matrix, [size, size]);
}

/**
 * `x [N, C, H, W]` correlated with `taps`, an odd number of them, along H and along W; the size is kept. The border is mirrored,
 * which needs a radius below the size of the axis.
 */
export function filter(x: Tensor, taps: readonly number[]): Tensor {
  const [, , height, width] = x.shape;
  const rows = matMul(x, filterMatrix(width, taps, true));
  return matMul(filterMatrix(height, taps, false), rows);
}
