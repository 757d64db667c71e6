/** One minus Matthews' correlation coefficient, on soft counts (Abhishek 2021). */
import { z } from 'zod';
import { add, div, mul, sigmoid, sqrt, sub, type Tensor } from '../../graph/index.js';
import { defineLoss, type LossInputs } from '../loss.js';
import { masked, meanOfPools, poolSum } from '../masked.js';
import { epsilon } from '../schemas.js';

/** Soft counts of each image, `[N]`. */
interface SoftCounts {
  /** `I = Σ pt`. */
  readonly truePositives: Tensor;
  /** `Σ p(1 − t)`. */
  readonly falsePositives: Tensor;
  /** `Σ (1 − p)t`. */
  readonly falseNegatives: Tensor;
  /** `Σ (1 − p)(1 − t)`. */
  readonly trueNegatives: Tensor;
}

/**
 * The four counts over valid pixels. The positives are sums of their own and not `P − I`, so that in a full mask the
 * gradients of both do not cancel. The negatives are what is left of `Σ t` and `Σ (1 − t)`: rounding is monotonic and
 * all sums run in one order, so these differences are never negative, in floating point too.
 */
function softCounts({ logits, target, valid }: LossInputs): SoftCounts {
  const p = sigmoid(logits);
  const t = masked(target, valid);
  const rest = sub(valid ?? 1, t);
  const truePositives = poolSum(mul(p, t), 'image');
  const falsePositives = poolSum(mul(p, rest), 'image');
  return {
    truePositives,
    falsePositives,
    falseNegatives: sub(poolSum(t, 'image'), truePositives),
    trueNegatives: sub(poolSum(rest, 'image'), falsePositives),
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
    const counts = softCounts(inputs);
    const tp = add(counts.truePositives, eps);
    const fp = add(counts.falsePositives, eps);
    const fn = add(counts.falseNegatives, eps);
    const tn = add(counts.trueNegatives, eps);
    // Two roots: the product of all four factors leaves float32's range.
    const predicted = sqrt(mul(add(tp, fp), add(tn, fn)));
    const target = sqrt(mul(add(tp, fn), add(tn, fp)));
    const correlation = div(sub(mul(tp, tn), mul(fp, fn)), mul(predicted, target));
    return meanOfPools(sub(1, correlation), inputs.valid, 'image');
  },
});
