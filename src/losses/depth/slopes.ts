/** Slopes of depth maps in both directions, and the pixels at which they may be trusted. */
import {
  difference,
  mul,
  pad,
  reshape,
  slice,
  sobel,
  sobelSmooth,
  step,
  type Tensor,
} from '../../graph/index.js';

/** A slope map and 0/1 where it rests on valid pixels only; undefined where all are valid. */
export interface Slope {
  readonly value: Tensor;
  readonly valid?: Tensor;
}

/** Maps `[N, 1, H, W]` as the channels of one image, `[1, N, H, W]`, of which Sobel's filters take many at once. */
export function asChannels(maps: Tensor): Tensor {
  const [n, c, h, w] = maps.shape;
  return reshape(maps, [1, n * c, h, w]);
}

/** That of a corner, when a neighbourhood is smoothed. */
const leastWeight = 1 / 16;

/** 1 where the 3×3 neighbourhood, as far as it lies in the image, is valid throughout. */
export const wholeStencil = (valid: Tensor): Tensor => step(sobelSmooth(valid), 1 - leastWeight / 2);

/** Sobel slopes per pixel along x and y, each valid where its whole stencil is. */
export function sobelSlopes(x: Tensor, valid: Tensor | undefined): Slope[] {
  const whole = valid && wholeStencil(valid);
  return ([3, 2] as const).map((axis) => ({ value: sobel(x, axis), valid: whole }));
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
