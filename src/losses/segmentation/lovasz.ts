/** Lovász hinge (Berman 2018): the convex extension of the Jaccard loss, on logits. */
import {
  add,
  div,
  jaccardSteps,
  mul,
  relu,
  reshape,
  step,
  sub,
  sumOfProducts,
  type Tensor,
} from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { masked, presentPools } from '../masked.js';
import { noOptions } from '../schemas.js';

/**
 * Per image, then averaged. The target is foreground where it is above 0.5, since the set function needs a set. Pixels with
 * margins below 0 add nothing and are not sorted: the better the network, the quicker the loss.
 */
export const lovasz = defineLoss({
  name: 'lovasz',
  task: 'segmentation',
  summary: 'Lovász hinge: Σ relu(m_k)·ΔJaccard_k, margins m = 1 − x·(2t − 1) sorted, the largest first',
  source: 'Berman 2018',
  options: noOptions,
  evaluate({ logits, target, valid }) {
    // Pixels that do not count join no set.
    const rows = (x: Tensor) => reshape(masked(x, valid), [logits.shape[0], logits.size / logits.shape[0]]);
    const label = step(target, 0.5);
    const margins = relu(rows(add(mul(logits, sub(1, mul(label, 2))), 1)));
    const mean = sumOfProducts(margins, jaccardSteps(margins, rows(label)));
    return reshape(valid ? mul(mean, div(logits.shape[0], presentPools(valid, 'image'))) : mean, []);
  },
});
