/** Lovász hinge (Berman 2018): the convex extension of the Jaccard loss, on logits. */
import {
  add,
  cumulativeSum,
  div,
  greater,
  maximum,
  mul,
  relu,
  reshape,
  sortDescending,
  stopGradient,
  sub,
  sum,
  type Tensor,
  takeAlong,
  toFloat,
} from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfPools } from '../masked.js';
import { noOptions } from '../schemas.js';

/**
 * How much the Jaccard loss of a set grows as each pixel joins it, in sorted order, from 0/1 maps of the pixels that are
 * foreground and background, `[N, K]`. With U the union and I what is left of the intersection, a foreground pixel adds
 * `1/U` and a background pixel `I/(U − 1) − I/U`, or 1 when it is the first of an empty mask. In this form nothing cancels,
 * and a pixel that is neither adds 0, wherever it was sorted.
 */
function jaccardSteps(foreground: Tensor, background: Tensor, total: Tensor): Tensor {
  const intersection = sub(total, cumulativeSum(foreground));
  const union = add(total, cumulativeSum(background));
  const firstOfEmpty = relu(sub(2, union));
  const inBackground = div(add(intersection, firstOfEmpty), maximum(mul(union, sub(union, 1)), 1));
  return add(div(foreground, maximum(union, 1)), mul(background, inBackground));
}

/** Per image, then averaged. The target is foreground where it is above 0.5, since the set function needs a set. */
export const lovasz = defineLoss({
  name: 'lovasz',
  task: 'segmentation',
  summary: 'Lovász hinge: Σ relu(m_k)·ΔJaccard_k, margins m = 1 − x·(2t − 1) sorted, the largest first',
  source: 'Berman 2018',
  options: noOptions,
  evaluate({ logits, target, valid }) {
    const row = [logits.shape[0], logits.size / logits.shape[0]];
    const label = toFloat(greater(reshape(target, row), 0.5));
    const { values, order } = sortDescending(sub(1, mul(reshape(logits, row), sub(mul(label, 2), 1))));
    const foreground = valid ? mul(label, reshape(valid, row)) : label;
    const sorted = takeAlong(foreground, order);
    const background = valid ? sub(takeAlong(reshape(valid, row), order), sorted) : sub(1, sorted);
    const steps = jaccardSteps(sorted, background, sum(foreground, [1], { keepDims: true }));
    return meanOfPools(sum(mul(relu(values), stopGradient(steps)), [1]), valid, 'image');
  },
});
