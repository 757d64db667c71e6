/** Huber loss (1964): squared for small errors, absolute for large ones. */
import { z } from 'zod';
import { clamp, mul, square, stopGradient, sub } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { depthError } from './error.js';

/** With `m` the error clamped to ±delta, both branches are `m·e − m²/2`, and their slope is `m`. As `m·e ≥ m²`, nothing cancels. */
export const huber = defineLoss({
  name: 'huber',
  task: 'depth',
  summary: 'mean of e²/2 where |e| ≤ delta, else delta·(|e| − delta/2)',
  source: 'Huber 1964',
  options: z.strictObject({ delta: z.number().min(1e-6).default(0.1) }),
  evaluate(inputs, { delta }) {
    const error = depthError(inputs);
    const m = stopGradient(clamp(error, -delta, delta));
    const product = meanOfMasked(mul(m, error), inputs.valid);
    return sub(product, mul(meanOfMasked(square(m), inputs.valid), 0.5));
  },
});
