/** Reverse Huber loss (Owen 2007, Laina 2016): absolute for small errors, squared for large ones. */
import { z } from 'zod';
import { abs, add, div, max, maximum, mul, relu, square, stopGradient, sub } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { depthError } from './error.js';

/**
 * `c = threshold·max|e|` over the batch's valid pixels, held constant in the gradient. As
 * `(e² + c²)/(2c) = |e| + (|e| − c)²/(2c)`, the loss is the absolute error and a squared excess.
 */
export const berhu = defineLoss({
  name: 'berhu',
  task: 'depth',
  summary: 'mean of |e| where |e| ≤ c, else (e² + c²)/(2c); c = threshold·max|e|',
  source: 'Owen 2007, Laina 2016',
  options: z.strictObject({ threshold: z.number().min(1e-3).max(1).default(0.2) }),
  evaluate(inputs, { threshold }) {
    const size = abs(depthError(inputs));
    const c = stopGradient(mul(max(size), threshold));
    const excess = meanOfMasked(square(relu(sub(size, c))), inputs.valid);
    // Where c is 0 so is every error; the bound only keeps 0/0 away.
    return add(meanOfMasked(size, inputs.valid), div(excess, maximum(mul(c, 2), 1e-30)));
  },
});
