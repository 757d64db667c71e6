/** Metrics as plain numbers, derived in float64 from the per-image sums of `sums.ts`. */
import { hasTruth, type ImageRow, imageRows, metricFormulas } from './formulas.js';
import type { SumName } from './sums.js';

/** What the numbers depend on beside the sums. */
export interface FinalizeOptions {
  /** Images a batch of the published definitions: consecutive rows, the last batch may be smaller. */
  readonly batch: number;
  /** Depth unit (metres) at a normalised depth of 1. */
  readonly maxDepth: number;
}

/** One row an image of the first `count` rows of `values [N, names.length]`, as the graph gives them. */
export function sumRows(
  values: ArrayLike<number>,
  width: number,
  count = values.length / width,
): Float64Array[] {
  return Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: width }, (_, k) => values[i * width + k]),
  );
}

const total = (images: readonly ImageRow[], name: SumName): number =>
  images.reduce((sum, image) => sum + image(name), 0);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The published definitions, whose value depends on which images share a batch. */
function publishedMetrics(images: readonly ImageRow[], size: number): Record<string, number> {
  const batches = Array.from({ length: Math.ceil(images.length / size) }, (_, i) =>
    images.slice(i * size, (i + 1) * size),
  );
  const overlaps = batches
    .filter((batch) => batch.some((image) => hasTruth('segmentation', image)))
    .map((batch) => total(batch, 'maskPT') / (total(batch, 'maskP') + total(batch, 'maskT') + 1e-6));
  const errors = batches
    .filter((batch) => total(batch, 'depthN') > 0)
    .map((batch) => Math.sqrt(total(batch, 'depthSquare') / total(batch, 'depthN') + 1e-6));
  return {
    ...(overlaps.length > 0 && { publishedMiou: mean(overlaps) }),
    ...(errors.length > 0 && { publishedMrmse: mean(errors) }),
  };
}

/**
 * Every metric of `info.ts` that the columns allow, by name, over all rows (one an image).
 *
 * - Image means leave out images without a valid mask pixel. Where prediction and target are both empty an image
 *   scores 1, where only one is 0 (IoU, Dice, precision, recall and boundary F1 alike).
 * - Pooled numbers add up the sums of all images first.
 * - `publishedMiou = mean over batches of I/(P + T + 1e-6)` on soft masks, and
 *   `publishedMrmse = mean over batches of √(mse + 1e-6)`; batches are consecutive rows.
 *
 * A metric is absent when no pixel was valid for it, or when the sums are those of `training` detail and it needs more.
 *
 * @example finalize(sumRows(values, names.length), names, { batch: 32, maxDepth: 10 }).miou
 */
export function finalize(
  rows: readonly ArrayLike<number>[],
  names: readonly SumName[],
  options: FinalizeOptions,
): Record<string, number> {
  const images = imageRows(rows, names);
  const metrics = applyFormulas(metricFormulas(options.maxDepth), images, names);
  return { ...metrics, ...publishedMetrics(images, options.batch) };
}

/** The metrics of some formulas, as far as the columns allow. */
function applyFormulas(
  formulas: ReturnType<typeof metricFormulas>,
  images: readonly ImageRow[],
  names: readonly SumName[],
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const { name, task, needs, columns, of } of formulas) {
    const counted = images.filter((image) => hasTruth(task, image));
    if (counted.length === 0 || !needs.every((column) => names.includes(column))) continue;
    const parts = counted.map(columns);
    const totals = parts[0].map((_, k) => parts.reduce((sum, part) => sum + part[k], 0));
    metrics[name] = of(totals, counted.length);
  }
  return metrics;
}

const formulaOf = (wanted: string) => metricFormulas(1).find(({ name }) => name === wanted)!;
const [overlap, depthError] = [formulaOf('iou'), formulaOf('mrmse')];

/** Metrics of one image; a part is absent where the image has no valid pixel for it. */
export interface ImageMetrics {
  /** Intersection over union of the mask at threshold 0.5. */
  readonly iou?: number;
  /** Root mean square depth error, 0–1 scale. */
  readonly rmse?: number;
}

/** IoU and RMSE of each image; `rows` are their sums. */
export function perImage(rows: readonly ArrayLike<number>[], names: readonly SumName[]): ImageMetrics[] {
  return imageRows(rows, names).map((image) => ({
    ...(hasTruth('segmentation', image) && { iou: overlap.of(overlap.columns(image), 1) }),
    ...(hasTruth('depth', image) && { rmse: depthError.of(depthError.columns(image), 1) }),
  }));
}
