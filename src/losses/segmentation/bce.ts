/** Binary cross-entropy of the mask. */
import { bce, bceOptions, bceSummary } from '../bce.js';
import { defineLoss } from '../loss.js';

/** {@link bce} against the mask, which may be soft. */
export const segmentationBce = defineLoss({
  name: 'bce',
  task: 'segmentation',
  summary: bceSummary,
  source: '—',
  options: bceOptions,
  evaluate: bce,
});
