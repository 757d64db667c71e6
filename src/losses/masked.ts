/**
 * Sums and means over valid pixels, which every loss reduces with. Without a valid map they are plain sums and means.
 * Values are masked before anything nonlinear, so that no garbage at an invalid pixel can grow to infinity.
 */
import { div, maximum, mean, minimum, mul, reshape, scalar, sum, type Tensor } from '../graph/index.js';

/** What sums run over: each image by itself, or the whole batch at once. */
export type Pool = 'image' | 'batch';

/** `x`, with 0 at invalid pixels. */
export const masked = (x: Tensor, valid: Tensor | undefined): Tensor => (valid ? mul(x, valid) : x);

/** `Σ x / max(Σ v, 1)` of an `x` that is 0 at invalid pixels: their mean, and 0 where no pixel is valid. */
export const meanOfMasked = (x: Tensor, valid: Tensor | undefined): Tensor =>
  valid ? div(sum(x), maximum(sum(valid), 1)) : mean(x);

/** Mean over valid pixels: `Σ v·x / max(Σ v, 1)`. */
export const pixelMean = (x: Tensor, valid: Tensor | undefined): Tensor =>
  meanOfMasked(masked(x, valid), valid);

/** Sums of an `x` that is 0 at invalid pixels: `[N]`, one an image, or `[1]` for the batch. */
export const poolSum = (x: Tensor, pool: Pool): Tensor =>
  pool === 'image' ? sum(x, [1, 2, 3]) : reshape(sum(x), [1]);

/** Number of valid pixels of each pool. */
export const poolCount = ({ shape, size }: Tensor, valid: Tensor | undefined, pool: Pool): Tensor =>
  valid ? poolSum(valid, pool) : scalar(pool === 'image' ? size / shape[0] : size);

/** Means of an `x` that is 0 at invalid pixels: `[N]` or `[1]`; 0 for a pool without a valid pixel. */
export const poolMean = (x: Tensor, valid: Tensor | undefined, pool: Pool): Tensor =>
  div(poolSum(x, pool), maximum(poolCount(x, valid, pool), 1));

/** Mean of values `[N]` or `[1]` over the pools that have a valid pixel; 0 where none has. */
export function meanOfPools(values: Tensor, valid: Tensor | undefined, pool: Pool): Tensor {
  if (!valid) return mean(values);
  const present = minimum(poolSum(valid, pool), 1);
  return div(sum(mul(values, present)), maximum(sum(present), 1));
}
