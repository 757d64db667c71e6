/** Scale- and shift-invariant error (Ranftl 2020). */
import { abs, clamp, div, maximum, mean, mul, sigmoid, sub, sum, type Tensor } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { masked, meanOfMasked } from '../masked.js';
import { noOptions } from '../schemas.js';

/** Variance of a prediction below which it counts as constant, to which no scale fits. */
const smallestVariance = 1e-8;

/**
 * For each image the `scale` and `shift` that minimise `Σ (scale·p + shift − t)²`, then the mean `|scale·p + shift − t|`, no
 * residual trimmed. Gradients flow through scale and shift.
 */
export const ssi = defineLoss({
  name: 'ssi',
  task: 'depth',
  summary: 'mean |scale·p + shift − t|, scale and shift by least squares for each image',
  source: 'Ranftl 2020',
  options: noOptions,
  evaluate({ logits, target, valid }) {
    const axes = [1, 2, 3];
    const imageMean = (x: Tensor): Tensor =>
      valid
        ? div(sum(x, axes, { keepDims: true }), maximum(sum(valid, axes, { keepDims: true }), 1))
        : mean(x, axes, { keepDims: true });
    const centred = (x: Tensor): Tensor => masked(sub(x, imageMean(x)), valid);
    const p = centred(masked(sigmoid(logits), valid));
    const t = centred(masked(target, valid));
    const scale = div(imageMean(mul(p, t)), clamp(imageMean(mul(p, p)), smallestVariance));
    return meanOfMasked(abs(sub(mul(p, scale), t)), valid);
  },
});
