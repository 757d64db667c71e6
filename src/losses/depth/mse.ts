/** Mean squared error. */
import { square } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { noOptions } from '../schemas.js';
import { depthError } from './error.js';

/** Mean `e²`. */
export const mse = defineLoss({
  name: 'mse',
  task: 'depth',
  summary: 'mean e²',
  source: '—',
  options: noOptions,
  evaluate: (inputs) => meanOfMasked(square(depthError(inputs)), inputs.valid),
});
