/** Slopes of depth maps in both directions, and the pixels at which they may be trusted. */
import { difference, greater, mul, pad, reshape, slice, type Tensor, toFloat } from '../../graph/index.js';
import { filter } from '../filter.js';

/** A slope map and 0/1 where it rests on valid pixels only; undefined where all are valid. */
export interface Slope {
  readonly value: Tensor;
  readonly valid?: Tensor;
}

const smoothing = [0.25, 0.5, 0.25];
const central = [-0.5, 0, 0.5];

/** Slopes per pixel along x and y, `[N, 1, H, W]`: Sobel's 3×3 filters divided by 8, edges replicated. */
export const sobel = (x: Tensor): readonly [Tensor, Tensor] => [
  filter(x, smoothing, central, 'edge'),
  filter(x, central, smoothing, 'edge'),
];

/** 1 where the 3×3 neighbourhood, as far as it lies in the image, is valid throughout. */
export const wholeStencil = (valid: Tensor): Tensor =>
  toFloat(greater(filter(valid, [1, 1, 1], [1, 1, 1], 'edge'), 8.5));

/** Sobel slopes along x and y, each valid where its whole stencil is. */
export function sobelSlopes(x: Tensor, valid: Tensor | undefined): Slope[] {
  const whole = valid && wholeStencil(valid);
  return sobel(x).map((value) => ({ value, valid: whole }));
}

/** Differences to the next pixel along x and y, one pixel shorter; valid where both are. An axis of one pixel has none. */
export function forwardSlopes(x: Tensor, valid: Tensor | undefined): Slope[] {
  return [3, 2].flatMap((axis) => {
    const size = x.shape[axis];
    if (size === 1) return [];
    const both = (t: Tensor) => mul(slice(t, axis, 1, size), slice(t, axis, 0, size - 1));
    return [{ value: difference(x, axis), valid: valid && both(valid) }];
  });
}

/** Every second pixel of `[N, C, H, W]` along both axes, beginning with the first. */
export function everySecond(x: Tensor): Tensor {
  const [n, c, height, width] = x.shape;
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const even = pad(x, [0, 0, 0, 0], [0, 0, 2 * rows - height, 2 * columns - width]);
  const blocks = reshape(even, [n * c, rows, 2, columns, 2]);
  return reshape(slice(slice(blocks, 2, 0, 1), 4, 0, 1), [n, c, rows, columns]);
}
