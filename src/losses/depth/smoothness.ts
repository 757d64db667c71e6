/** Edge-aware smoothness (Godard 2017): depth may change where the image does. */
import { abs, add, exp, mul, scalar, sigmoid, sum } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { pixelMean } from '../masked.js';
import { noOptions } from '../schemas.js';
import { forwardSlopes } from './slopes.js';

/** Knows no target: a regulariser to add to another loss. */
export const smoothness = defineLoss({
  name: 'smoothness',
  task: 'depth',
  summary: 'mean |∂x p|·e^−|∂x I| + mean |∂y p|·e^−|∂y I|, |∂I| averaged over the colours of image I',
  source: 'Godard 2017',
  options: noOptions,
  needs: ['image'],
  evaluate({ logits, valid, image }) {
    const edges = forwardSlopes(image!, undefined);
    return forwardSlopes(sigmoid(logits), valid)
      .map(({ value, valid: pair }, i) => {
        const contrast = sum(abs(edges[i].value), [1], { keepDims: true });
        const weight = exp(mul(contrast, -1 / image!.shape[1]));
        return pixelMean(mul(abs(value), weight), pair);
      })
      .reduce(add, scalar(0));
  },
});
