/**
 * Sums and means over valid pixels, which every loss reduces with. Without a valid map they are plain sums and means.
 * Values are masked before anything nonlinear, so that no garbage at an invalid pixel can grow to infinity.
 */
import {
  div,
  imageProducts,
  imageSums,
  maximum,
  mean,
  minimum,
  mul,
  scalar,
  sum,
  type Tensor,
} from '../graph/index.js';

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

/** From one number an image, `[N]`, to one a pool. */
const pooled = (images: Tensor, pool: Pool): Tensor =>
  pool === 'image' ? images : sum(images, [0], { keepDims: true });

/** Sums of an `x` that is 0 at invalid pixels: `[N]`, one an image, or `[1]` for the batch. */
export const poolSum = (x: Tensor, pool: Pool): Tensor => pooled(imageSums(x), pool);

/** `Σ x·y`, added up as by {@link poolSum}: where `x ≥ 0` and `y ≤ 1` it is at most `Σ x`, in floating point too. */
export const poolProducts = (x: Tensor, y: Tensor, pool: Pool): Tensor => pooled(imageProducts(x, y), pool);

/** Number of valid pixels of each pool. */
export const poolCount = ({ shape, size }: Tensor, valid: Tensor | undefined, pool: Pool): Tensor =>
  valid ? poolSum(valid, pool) : scalar(pool === 'image' ? size / shape[0] : size);

/** Means of an `x` that is 0 at invalid pixels: `[N]` or `[1]`; 0 for a pool without a valid pixel. */
export const poolMean = (x: Tensor, valid: Tensor | undefined, pool: Pool): Tensor =>
  div(poolSum(x, pool), maximum(poolCount(x, valid, pool), 1));

/** Pools that have a valid pixel, as a map of 0 and 1. */
const present = (valid: Tensor, pool: Pool): Tensor => minimum(poolSum(valid, pool), 1);

/** Number of pools that have a valid pixel, at least 1. */
export const presentPools = (valid: Tensor, pool: Pool): Tensor => maximum(sum(present(valid, pool)), 1);

/** Mean of values `[N]` or `[1]` over the pools that have a valid pixel; 0 where none has. */
export const meanOfPools = (values: Tensor, valid: Tensor | undefined, pool: Pool): Tensor =>
  valid ? div(sum(mul(values, present(valid, pool))), presentPools(valid, pool)) : mean(values);
