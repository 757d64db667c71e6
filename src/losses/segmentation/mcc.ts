/** One minus Matthews' correlation coefficient, on soft counts (Abhishek 2021). */
import { z } from 'zod';
import {
  add,
  constant,
  div,
  imageProducts,
  mul,
  sigmoid,
  sqrt,
  sub,
  type Tensor,
} from '../../graph/index.js';
import { defineLoss, type LossInputs } from '../loss.js';
import { masked, meanOfPools } from '../masked.js';
import { epsilon } from '../schemas.js';

/** Soft counts of each image, `[N]`. */
interface SoftCounts {
  /** `I = Σ pt`. */
  readonly truePositives: Tensor;
  /** `Σ p(1 − t)`. */
  readonly falsePositives: Tensor;
  /** `Σ t`. */
  readonly foreground: Tensor;
  /** `Σ (1 − t)`. */
  readonly background: Tensor;
}

/**
 * Counts over valid pixels. The positives are sums of their own and not `P − I`, so that in a full mask the gradients of both
 * do not cancel. All are sums of products in one order, so that there are never more true positives than foreground, nor more
 * false ones than background, in floating point too.
 */
function softCounts({ logits, target, valid }: LossInputs): SoftCounts {
  const p = sigmoid(logits);
  const counted = valid ?? constant(new Float32Array(target.size).fill(1), target.shape);
  const t = masked(target, valid);
  const rest = sub(valid ?? 1, t);
  return {
    truePositives: imageProducts(p, t),
    falsePositives: imageProducts(p, rest),
    foreground: imageProducts(counted, t),
    background: imageProducts(counted, rest),
  };
}

/** `eps` is added to each of the four counts. 0 is a perfect fit, 1 chance, 2 the inverted mask. */
export const mcc = defineLoss({
  name: 'mcc',
  task: 'segmentation',
  summary: '1 − (TP·TN − FP·FN)/√((TP+FP)(TP+FN)(TN+FP)(TN+FN)), eps added to each count',
  source: 'Abhishek 2021',
  options: z.strictObject({ eps: epsilon(1e-5) }),
  evaluate(inputs, { eps }) {
    const { truePositives, falsePositives, foreground, background } = softCounts(inputs);
    const tp = add(truePositives, eps);
    const fp = add(falsePositives, eps);
    const fn = add(sub(foreground, truePositives), eps);
    const tn = add(sub(background, falsePositives), eps);
    const [positives, negatives] = [add(foreground, 2 * eps), add(background, 2 * eps)];
    // TP·TN − FP·FN, as TN = negatives − FP and FN = positives − TP.
    const covariance = sub(mul(tp, negatives), mul(fp, positives));
    // Two roots: the product of all four factors leaves float32's range.
    const spread = mul(sqrt(mul(add(tp, fp), add(tn, fn))), sqrt(mul(positives, negatives)));
    return meanOfPools(sub(1, div(covariance, spread)), inputs.valid, 'image');
  },
});
