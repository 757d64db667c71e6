/** Structural dissimilarity (Wang 2004), summed over window sizes. */
import { z } from 'zod';
import { FathomError } from '../../errors.js';
import { add, concat, div, mul, relu, sigmoid, split, square, sub, type Tensor } from '../../graph/index.js';
import { filter } from '../filter.js';
import { defineLoss } from '../loss.js';
import { masked, pixelMean } from '../masked.js';

const c1 = 0.01 ** 2;
const c2 = 0.03 ** 2;
const sigma = 1.5;

/** A Gaussian of σ 1.5 over `window` pixels, of sum 1. */
function gaussian(window: number): number[] {
  const weights = Array.from({ length: window }, (_, i) =>
    Math.exp(-((i - (window - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}

/**
 * `1 − SSIM` of each pixel. With `d = a − b`, `SSIM = (1 − L)(1 − S)` where
 * `L = μ_d²/(μ_a² + μ_b² + C1)` and `S = σ_d²/(σ_a² + σ_b² + C2)`, because `2μ_aμ_b = μ_a² + μ_b² − μ_d²` and likewise for the
 * variances. Four filtered maps suffice instead of five, nothing cancels near a perfect fit, and `L + S·(1 − L)` lies
 * in [0, 2] by itself.
 */
function dissimilarity(maps: Tensor, window: number): Tensor {
  const taps = gaussian(window);
  const [meanA, meanB, meanSquares, meanDifference] = split(filter(maps, taps), 1, [1, 1, 1, 1]);
  const squaredMeans = add(square(meanA), square(meanB));
  const squaredMean = square(sub(meanA, meanB));
  const luminance = div(squaredMean, add(squaredMeans, c1));
  // Variances are clamped at 0, below which only rounding takes them.
  const variances = relu(sub(meanSquares, squaredMeans));
  const structure = div(relu(sub(meanDifference, squaredMean)), add(variances, c2));
  return add(luminance, mul(structure, sub(1, luminance)));
}

/** Prediction and target are 0 at invalid pixels, which count neither, though windows reach over them. */
export const ssim = defineLoss({
  name: 'ssim',
  task: 'depth',
  summary: 'sum over windows of mean (1 − SSIM)/2; Gaussian σ 1.5, data range 1, reflected borders',
  source: 'Wang 2004, published study',
  options: z.strictObject({
    windows: z
      .array(
        z
          .int()
          .min(3)
          .max(101)
          .refine((n) => n % 2 === 1),
      )
      .min(1)
      .max(8)
      .default([5, 11])
      .describe('a list of odd numbers, each 3–101'),
  }),
  evaluate({ logits, target, valid }, { windows }) {
    const [, , height, width] = logits.shape;
    const largest = 2 * Math.min(height, width) - 1;
    const tooLarge = windows.find((window) => window > largest);
    if (tooLarge !== undefined) {
      throw new FathomError(
        'usage',
        `ssim: windows: expected at most ${largest} for images of ${height}×${width}, got ${tooLarge}`,
        { hint: 'a window may reach over the border by less than the image is long' },
      );
    }
    const a = masked(sigmoid(logits), valid);
    const b = masked(target, valid);
    const maps = concat([a, b, add(square(a), square(b)), square(sub(a, b))], 1);
    const total = windows.map((window) => dissimilarity(maps, window)).reduce(add);
    return mul(pixelMean(total, valid), 0.5);
  },
});
