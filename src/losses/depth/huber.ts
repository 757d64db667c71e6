/** Huber loss (1964): squared for small errors, absolute for large ones. */
import { z } from 'zod';
import { abs, minimum, mul, sub } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { depthError } from './error.js';

/** With `m = min(|e|, delta)`, both branches are `m·(|e| − m/2)`. */
export const huber = defineLoss({
  name: 'huber',
  task: 'depth',
  summary: 'mean of e²/2 where |e| ≤ delta, else delta·(|e| − delta/2)',
  source: 'Huber 1964',
  options: z.strictObject({ delta: z.number().min(1e-6).default(0.1) }),
  evaluate(inputs, { delta }) {
    const size = abs(depthError(inputs));
    const m = minimum(size, delta);
    return meanOfMasked(mul(m, sub(size, mul(m, 0.5))), inputs.valid);
  },
});
