/** Charbonnier loss (1994): a smooth absolute error. */
import { z } from 'zod';
import { add, sqrt, square } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { pixelMean } from '../masked.js';
import { depthError } from './error.js';

/** Its minimum is `eps`. */
export const charbonnier = defineLoss({
  name: 'charbonnier',
  task: 'depth',
  summary: 'mean √(e² + eps²)',
  source: 'Charbonnier 1994',
  options: z.strictObject({ eps: z.number().min(1e-6).default(1e-3) }),
  evaluate: (inputs, { eps }) => pixelMean(sqrt(add(square(depthError(inputs)), eps ** 2)), inputs.valid),
});
