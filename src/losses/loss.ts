/** The contract of a loss: a pure function of symbolic tensors, made with {@link defineLoss}. */
import type { z } from 'zod';
import type { Tensor } from '../graph/index.js';

/** What a loss compares; a network has one output for each. */
export type Task = 'segmentation' | 'depth';

/** Symbolic inputs of a loss, `[N, 1, H, W]` unless said otherwise. */
export interface LossInputs {
  /** Raw network output; the prediction is its sigmoid. */
  readonly logits: Tensor;
  /** 0–1: foreground coverage, or depth divided by the data set's maximum. */
  readonly target: Tensor;
  /** 0 or 1; left out when every pixel is valid. */
  readonly valid?: Tensor;
  /** `[N, 3, H, W]` the image, 0–1, for losses that look at its edges. */
  readonly image?: Tensor;
  /** Signed distance map of the target, in pixels, negative inside; for losses that need it. */
  readonly distance?: Tensor;
}

/** A loss with its options. */
export interface Loss<Options extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly task: Task;
  /** One line: the formula. */
  readonly summary: string;
  readonly source: string;
  /** Schema of the options, with defaults and bounds; unknown options are refused. */
  readonly options: Options;
  /** Inputs beyond logits, target and valid that it cannot do without. */
  readonly needs?: readonly ('image' | 'distance')[];
  /** The scalar loss; finite and differentiable in the logits; 0 where no pixel is valid. */
  evaluate(inputs: LossInputs, options: z.infer<Options>): Tensor;
}

/**
 * Declares a loss; a built-in one or a user's own.
 *
 * @example
 * export default defineLoss({
 *   name: 'square', task: 'depth', summary: 'mean e²', source: 'this file',
 *   options: z.strictObject({ scale: z.number().positive().default(1) }),
 *   evaluate: ({ logits, target }, { scale }) => mul(mean(square(sub(sigmoid(logits), target))), scale),
 * });
 */
export const defineLoss = <Options extends z.ZodType>(loss: Loss<Options>): Loss<Options> => loss;
