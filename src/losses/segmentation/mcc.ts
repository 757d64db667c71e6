/** One minus Matthews' correlation coefficient, on soft counts (Abhishek 2021). */
import { z } from 'zod';
import { add, div, mul, sqrt, sub } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { meanOfPools } from '../masked.js';
import { epsilon } from '../schemas.js';
import { softCounts } from './overlap.js';

/** `eps` is added to each of the four counts. 0 is a perfect fit, 1 chance, 2 the inverted mask. */
export const mcc = defineLoss({
  name: 'mcc',
  task: 'segmentation',
  summary: '1 − (TP·TN − FP·FN)/√((TP+FP)(TP+FN)(TN+FP)(TN+FN)), eps added to each count',
  source: 'Abhishek 2021',
  options: z.strictObject({ eps: epsilon(1e-5) }),
  evaluate(inputs, { eps }) {
    const counts = softCounts(inputs, 'image');
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
