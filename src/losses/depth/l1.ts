/** Mean absolute error. */
import { abs } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfMasked } from '../masked.js';
import { noOptions } from '../schemas.js';
import { depthError } from './error.js';

/** Mean `|e|`, with gradient 0 where `e` is 0. */
export const l1 = defineLoss({
  name: 'l1',
  task: 'depth',
  summary: 'mean |e|',
  source: '—',
  options: noOptions,
  evaluate: (inputs) => meanOfMasked(abs(depthError(inputs)), inputs.valid),
});
