/** The error of a depth prediction. */
import { sigmoid, sub, type Tensor } from '../../graph/index.js';
import type { LossInputs } from '../loss.js';
import { masked } from '../masked.js';

/** `e = p − t`, 0 at invalid pixels; `[N, 1, H, W]`. */
export const depthError = ({ logits, target, valid }: LossInputs): Tensor =>
  masked(sub(sigmoid(logits), target), valid);
