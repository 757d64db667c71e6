/** Separable filters over images. Along one axis, a filter with its padding is a matrix, and so is its gradient. */
import { constant, matMul, type Tensor } from '../graph/index.js';

/** How pixels beyond the border are made: the nearest one, or mirrored without repeating the edge. */
export type Border = 'edge' | 'reflect';

function source(position: number, size: number, border: Border): number {
  if (border === 'edge') return Math.min(Math.max(position, 0), size - 1);
  if (position < 0) return -position;
  return position >= size ? 2 * (size - 1) - position : position;
}

/** `[size, size]`: row `i` holds the weights of the pixels that make pixel `i`, or column `i` does when transposed. */
function filterMatrix(size: number, taps: readonly number[], border: Border, transposed: boolean): Tensor {
  const matrix = new Float64Array(size * size);
  const radius = (taps.length - 1) / 2;
  for (let i = 0; i < size; i++) {
    taps.forEach((tap, k) => {
      const j = source(i + k - radius, size, border);
      matrix[transposed ? j * size + i : i * size + j] += tap;
    });
  }
  return constant(matrix, [size, size]);
}

/**
 * `x [N, C, H, W]` correlated with `vertical` along H and `horizontal` along W, each of odd length; the size is kept.
 * `reflect` needs a radius below the size of the axis.
 */
export function filter(
  x: Tensor,
  vertical: readonly number[],
  horizontal: readonly number[],
  border: Border,
): Tensor {
  const [, , height, width] = x.shape;
  const rows = matMul(x, filterMatrix(width, horizontal, border, true));
  return matMul(filterMatrix(height, vertical, border, false), rows);
}
