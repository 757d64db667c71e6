/** Root mean squared error. */
import { z } from 'zod';
import { add, sqrt, square } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfPools, poolMean } from '../masked.js';
import { epsilon, pool } from '../schemas.js';
import { depthError } from './error.js';

/** `eps` keeps the slope of the root finite at a perfect fit, where the value is `√eps`. */
export const rmse = defineLoss({
  name: 'rmse',
  task: 'depth',
  summary: '√(mean e² + eps)',
  source: 'published study',
  options: z.strictObject({ eps: epsilon(1e-6), pool: pool('batch') }),
  evaluate(inputs, { eps, pool }) {
    const squares = poolMean(square(depthError(inputs)), inputs.valid, pool);
    return meanOfPools(sqrt(add(squares, eps)), inputs.valid, pool);
  },
});
