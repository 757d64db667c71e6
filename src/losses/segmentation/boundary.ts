/** Boundary loss (Kervadec 2019): the prediction integrated over the signed distance to the target's boundary. */
import { mul, sigmoid } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { pixelMean } from '../masked.js';
import { noOptions } from '../schemas.js';

/**
 * Negative where the prediction lies inside the target; made to be added to a region loss, as `bce + 0.01*boundary`.
 * An empty or a full mask has no boundary: φ is 0, and so are the loss and its gradient.
 */
export const boundary = defineLoss({
  name: 'boundary',
  task: 'segmentation',
  summary: 'mean of p·φ, φ the signed distance to the target in pixels, negative inside',
  source: 'Kervadec 2019',
  options: noOptions,
  needs: ['distance'],
  evaluate: ({ logits, valid, distance }) => pixelMean(mul(sigmoid(logits), distance!), valid),
});
