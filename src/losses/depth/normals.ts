/** Surface normals (Hu 2019): the angle between the surfaces of prediction and target. */
import { add, div, mul, sigmoid, sobel, sqrt, square, sub, type Tensor } from '../../graph/index.js';
import { defineLoss } from '../loss.js';
import { masked, pixelMean } from '../masked.js';
import { noOptions } from '../schemas.js';
import { asChannels, wholeStencil } from './slopes.js';

/**
 * Normals `(−∂x, −∂y, 1)` from Sobel slopes per pixel. With `a·b` their product and `|a||b|` that of their lengths,
 * `1 − cos = |a × b|²/(|a||b|·(|a||b| + a·b))`, which keeps its digits for small angles. Slopes are at most ½, so `a·b > 0`.
 */
export const normals = defineLoss({
  name: 'normals',
  task: 'depth',
  summary: 'mean 1 − cos of the angle between surface normals, depth slopes per pixel',
  source: 'Hu 2019',
  options: noOptions,
  evaluate({ logits, target, valid }) {
    const slopes = (maps: Tensor) => [sobel(maps, 3), sobel(maps, 2)];
    const [px, py] = slopes(asChannels(sigmoid(logits)));
    const [tx, ty] = slopes(asChannels(masked(target, valid)));
    const squares = (x: Tensor, y: Tensor) => add(square(x), square(y));
    const cross = add(squares(sub(px, tx), sub(py, ty)), square(sub(mul(px, ty), mul(py, tx))));
    const dot = add(add(mul(px, tx), mul(py, ty)), 1);
    const lengths = sqrt(mul(add(squares(px, py), 1), add(squares(tx, ty), 1)));
    const angle = div(cross, mul(lengths, add(lengths, dot)));
    return pixelMean(angle, valid && wholeStencil(asChannels(valid)));
  },
});
