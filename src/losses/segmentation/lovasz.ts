/** Lovász hinge (Berman 2018): the convex extension of the Jaccard loss, on logits. */
import {
  add,
  constant,
  cumulativeSum,
  div,
  maximum,
  mul,
  reshape,
  sortPositive,
  step,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfPools } from '../masked.js';
import { noOptions } from '../schemas.js';

/**
 * How much the Jaccard loss of a set grows as each pixel joins it. `foreground`, 0 or 1, is in sorted order, `[N, K]`; `total`,
 * `[N, 1]`, is how many there are. With U the union and I what is left of the intersection, a foreground pixel adds `1/U` and a
 * background pixel `I/(U − 1) − I/U`: both are over `U(U − 1)`, where nothing cancels. The first of an empty mask, or of one that it
 * is all of, adds 1: there U is 1, and both sides are next to nothing.
 */
function jaccardSteps(foreground: Tensor, total: Tensor): Tensor {
  const nothing = 1e-30;
  const before = positions(foreground.shape[1]);
  const intersection = sub(total, cumulativeSum(foreground));
  const others = maximum(add(intersection, before), nothing);
  const added = add(mul(foreground, before), add(intersection, nothing));
  return div(added, mul(others, add(others, 1)));
}

/** 0, 1, …, size − 1. */
const positions = (size: number): Tensor =>
  constant(
    Float32Array.from({ length: size }, (_, i) => i),
    [1, size],
  );

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
    const [images, pixels] = [logits.shape[0], logits.size / logits.shape[0]];
    const rows = (x: Tensor) => reshape(x, [images, pixels]);
    const label = step(sub(target, 0.5));
    const margins = add(mul(logits, sub(1, mul(label, 2))), 1);
    // Pixels that do not count join no set.
    const counted = (x: Tensor) => rows(valid ? mul(x, valid) : x);
    const { values, take } = sortPositive(counted(margins));
    const inMask = counted(label);
    const jaccard = jaccardSteps(take(inMask), sum(inMask, [1], { keepDims: true }));
    return meanOfPools(sum(mul(values, stopGradient(jaccard)), [1]), valid, 'image');
  },
});
