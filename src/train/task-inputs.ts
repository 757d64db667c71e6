/** What the losses of each task see of a batch. */
import type { Tensor } from '../graph/index.js';
import type { LossInputs, Task } from '../losses/loss.js';
import type { BatchInputs } from './batch-inputs.js';
import { tasksOf } from './evaluation.js';

/** Logits, truth and valid map of each task, with the image, and the distance map for segmentation. */
export function taskInputs(
  logits: { readonly segmentation: Tensor; readonly depth: Tensor },
  inputs: BatchInputs,
): Record<Task, LossInputs> {
  const { segmentation, depth } = tasksOf(logits, inputs);
  const { image, distance } = inputs;
  return { segmentation: { ...segmentation, image, distance }, depth: { ...depth, image } };
}
