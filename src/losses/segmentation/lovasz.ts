/** Lovász hinge (Berman 2018): the convex extension of the Jaccard loss, on logits. */
import {
  add,
  constant,
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
 * foreground and background, and the number of both so far, `[N, K]`. With U the union and I what is left of the
 * intersection, a foreground pixel adds `1/U` and a background pixel `I/(U − 1) − I/U`, or 1 when it is the first of an empty
 * mask. In this form nothing cancels, and a pixel that is neither adds 0, wherever it was sorted.
 */
function jaccardSteps(foreground: Tensor, background: Tensor, count: Tensor): Tensor {
  const total = sum(foreground, [1], { keepDims: true });
  const intersection = sub(total, cumulativeSum(foreground));
  const union = add(intersection, count);
  // 2 − U is above I for the first of an empty mask alone.
  const inBackground = div(maximum(intersection, sub(2, union)), maximum(sub(union, 1), 1));
  return div(add(foreground, mul(background, inBackground)), maximum(union, 1));
}

/** 1, 2, …, size. */
const positions = (size: number): Tensor =>
  constant(
    Float32Array.from({ length: size }, (_, i) => i + 1),
    [1, size],
  );

/**
 * Per image, then averaged. The target is foreground where it is above 0.5, since the set function needs a set. Pixels with
 * margins below 0 add nothing, so they are sorted as equal, which is quicker.
 */
export const lovasz = defineLoss({
  name: 'lovasz',
  task: 'segmentation',
  summary: 'Lovász hinge: Σ relu(m_k)·ΔJaccard_k, margins m = 1 − x·(2t − 1) sorted, the largest first',
  source: 'Berman 2018',
  options: noOptions,
  evaluate({ logits, target, valid }) {
    const [images, pixels] = [logits.shape[0], logits.size / logits.shape[0]];
    const rows = (x: Tensor) => reshape(x, [images, pixels]);
    const label = toFloat(greater(rows(target), 0.5));
    const hinges = relu(sub(1, mul(rows(logits), sub(mul(label, 2), 1))));
    const { values, order } = sortDescending(hinges);
    const counted = valid && takeAlong(rows(valid), order);
    const foreground = takeAlong(valid ? mul(label, rows(valid)) : label, order);
    const background = sub(counted ?? 1, foreground);
    const steps = jaccardSteps(foreground, background, counted ? cumulativeSum(counted) : positions(pixels));
    return meanOfPools(sum(mul(values, stopGradient(steps)), [1]), valid, 'image');
  },
});
