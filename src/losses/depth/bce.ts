/** Binary cross-entropy of the depth, as if it were a probability. */
import { bce, bceOptions, bceSummary } from '../bce.js';
import { defineLoss } from '../loss.js';

/** {@link bce} against the soft target; its minimum is the entropy of the target and not 0. */
export const depthBce = defineLoss({
  name: 'bce',
  task: 'depth',
  summary: bceSummary,
  source: 'published study',
  options: bceOptions,
  evaluate: bce,
});
