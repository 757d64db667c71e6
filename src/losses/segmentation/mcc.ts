/** One minus Matthews' correlation coefficient, on soft counts (Abhishek 2021). */
import { z } from 'zod';
import { add, div, mul, relu, sigmoid, sqrt, sub, type Tensor } from '../../graph/index.js';
import { defineLoss, type LossInputs } from '../loss.js';
import { masked, meanOfPools, poolCount, poolProducts, poolSum } from '../masked.js';
import { epsilon } from '../schemas.js';

/** Soft counts over each image's valid pixels, `[N]`, none below 0: {@link poolSum} adds up in one order. */
interface SoftCounts {
  /** `I = Σ pt`. */
  readonly truePositives: Tensor;
  /** `P − I`, without gradient where it is 0: in a full mask it would cancel with that of I but for rounding. */
  readonly falsePositives: Tensor;
  /** `Σ t`. */
  readonly foreground: Tensor;
  /** `Σ (1 − t)`. */
  readonly background: Tensor;
}

function softCounts({ logits, target, valid }: LossInputs): SoftCounts {
  const p = masked(sigmoid(logits), valid);
  const t = masked(target, valid);
  const truePositives = poolProducts(p, t, 'image');
  const foreground = poolSum(t, 'image');
  return {
    truePositives,
    falsePositives: relu(sub(poolSum(p, 'image'), truePositives)),
    foreground,
    background: sub(poolCount(target, valid, 'image'), foreground),
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
    // The difference of two rounded sums may be below 0.
    const tn = add(relu(sub(background, falsePositives)), eps);
    const [positives, negatives] = [add(foreground, 2 * eps), add(background, 2 * eps)];
    // TP·TN − FP·FN, as TN = negatives − FP and FN = positives − TP.
    const covariance = sub(mul(tp, negatives), mul(fp, positives));
    // Two roots: the product of all four factors leaves float32's range.
    const spread = mul(sqrt(mul(add(tp, fp), add(tn, fn))), sqrt(mul(positives, negatives)));
    return meanOfPools(sub(1, div(covariance, spread)), inputs.valid, 'image');
  },
});
