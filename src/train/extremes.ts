/** The test images that a run does worst, middling and best, for a look at its errors. */
import { perImage } from '../metrics/finalize.js';
import type { Measurement } from './evaluation.js';

/** The two tasks of every network. */
export const tasks = ['segmentation', 'depth'] as const;

/**
 * Positions among the measured images of the worst, the median and the best one of a task: by IoU of the mask, or by
 * RMSE of the depth. None when no image has a truth for the task.
 */
export function pickExtremes(
  { names, rows }: Pick<Measurement, 'names' | 'rows'>,
  task: (typeof tasks)[number],
): number[] {
  const order = perImage(rows, names)
    .flatMap(({ iou, rmse }, position) => {
      const value = task === 'depth' ? rmse : iou === undefined ? undefined : 1 - iou;
      return value === undefined ? [] : [{ position, value }];
    })
    .sort((a, b) => b.value - a.value)
    .map(({ position }) => position);
  if (order.length === 0) return [];
  return [order[0], order[order.length >> 1], order[order.length - 1]];
}
