/** What trivial predictors reach, as the lines that every trained arm has to cross. */
import type { ArmResult } from '../study/results.js';

const segmentationMetrics = new Set([
  ...['miou', 'iou', 'dice', 'precision', 'recall', 'accuracy', 'boundaryF1', 'publishedMiou'],
]);

/** What a trivial predictor reaches in one metric; a reference line of the dot plot. */
export interface Reference {
  readonly metric: string;
  /** Name of the control arm. */
  readonly name: string;
  readonly label: string;
  readonly value: number;
}

/**
 * What the controls reach in a metric, named by their mask rule for a segmentation metric and by their depth rule
 * for a depth metric; controls that share the rule are one reference.
 */
export function references(arms: readonly ArmResult[], metric: string): Reference[] {
  const found = new Map<string, Reference>();
  for (const arm of arms) {
    const value = arm.summary[metric]?.mean;
    if (arm.kind !== 'control' || value === undefined) continue;
    const label = segmentationMetrics.has(metric) ? arm.segmentation : arm.depth;
    found.set(label, { metric, name: arm.name, label, value });
  }
  return [...found.values()];
}
