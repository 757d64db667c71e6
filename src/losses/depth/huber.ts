/** Huber loss (1964): squared for small errors, absolute for large ones. */
import { z } from 'zod';
import { clamp, mul, stopGradient, sub } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { depthError } from './error.js';

/** With `m` the error clamped to ±delta, both branches are `m·(e − m/2)`, and their slope is `m`. */
export const huber = defineLoss({
  name: 'huber',
  task: 'depth',
  summary: 'mean of e²/2 where |e| ≤ delta, else delta·(|e| − delta/2)',
  source: 'Huber 1964',
  options: z.strictObject({ delta: z.number().min(1e-6).default(0.1) }),
  evaluate(inputs, { delta }) {
    const error = depthError(inputs);
    const m = stopGradient(clamp(error, -delta, delta));
    return meanOfMasked(mul(m, sub(error, mul(m, 0.5))), inputs.valid);
  },
});
