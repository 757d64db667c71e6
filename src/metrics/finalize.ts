/** Metrics as plain numbers, derived in float64 from the per-image sums of `sums.ts`. */
import type { SumName } from './sums.js';

/** What the numbers depend on beside the sums. */
export interface FinalizeOptions {
  /** Images a batch of the published definitions: consecutive rows, the last batch may be smaller. */
  readonly batch: number;
  /** Depth unit (metres) at a normalised depth of 1. */
  readonly maxDepth: number;
}

/** The sums of one image: its value in a column, undefined where the row has no such column. */
type Image = (name: SumName) => number;

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

function readRow(row: ArrayLike<number>, column: ReadonlyMap<string, number>): Image {
  return (name) => row[column.get(name)!];
}

const columnsOf = (names: readonly SumName[]): ReadonlyMap<string, number> =>
  new Map(names.map((name, i) => [name, i]));

const total = (images: readonly Image[], value: (image: Image) => number): number =>
  images.reduce((sum, image) => sum + value(image), 0);

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const maskPixels = (image: Image): number => image('tp') + image('fp') + image('fn') + image('tn');

/** A share of counts; `empty` where there is nothing to count. */
const share = (part: number, whole: number, empty: number): number => (whole > 0 ? part / whole : empty);

const iou = (image: Image): number => share(image('tp'), image('tp') + image('fp') + image('fn'), 1);

const dice = (image: Image): number => share(2 * image('tp'), 2 * image('tp') + image('fp') + image('fn'), 1);

const precision = (image: Image): number =>
  share(image('tp'), image('tp') + image('fp'), image('fn') > 0 ? 0 : 1);

const recall = (image: Image): number =>
  share(image('tp'), image('tp') + image('fn'), image('fp') > 0 ? 0 : 1);

/** Spread of a prediction (0–1) below which it counts as constant, and only a shift can align it. */
const constantSpread = 1e-5;

/**
 * Sum of squares left after the least-squares scale and shift of p to t:
 * `Σ(t − t̄)² − (Σ(p − p̄)(t − t̄))² / Σ(p − p̄)²`; without the last term for a constant p.
 */
function alignedSquares(image: Image): number {
  const varP = image('depthVarP');
  if (varP <= image('depthN') * constantSpread ** 2) return image('depthVarT');
  return Math.max(0, image('depthVarT') - image('depthCovPT') ** 2 / varP);
}

function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

function maskMetrics(all: readonly Image[], batch: number): Record<string, number> {
  const images = all.filter((image) => maskPixels(image) > 0);
  if (images.length === 0) return {};
  const sum = (name: SumName) => total(images, (image) => image(name));
  const pooled: Image = sum;
  const published = batches(all, batch)
    .filter((part) => part.some((image) => maskPixels(image) > 0))
    .map((part) => {
      const of = (name: SumName) => total(part, (image) => image(name));
      return of('maskPT') / (of('maskP') + of('maskT') + 1e-6);
    });
  return {
    miou: mean(images.map(iou)),
    iou: iou(pooled),
    dice: mean(images.map(dice)),
    precision: mean(images.map(precision)),
    recall: mean(images.map(recall)),
    accuracy: (sum('tp') + sum('tn')) / maskPixels(pooled),
    publishedMiou: mean(published),
  };
}

function depthMetrics(all: readonly Image[], { batch, maxDepth }: FinalizeOptions): Record<string, number> {
  const count = total(all, (image) => image('depthN'));
  if (count === 0) return {};
  const perPixel = (name: SumName) => total(all, (image) => image(name)) / count;
  const rmse = Math.sqrt(perPixel('depthSquare'));
  const published = batches(all, batch).flatMap((part) => {
    const n = total(part, (image) => image('depthN'));
    return n > 0 ? [Math.sqrt(total(part, (image) => image('depthSquare')) / n + 1e-6)] : [];
  });
  const metrics = { mrmse: rmse, rmseMetres: rmse * maxDepth, publishedMrmse: mean(published) };
  if (all[0]('depthAbs') === undefined) return metrics;
  return {
    ...metrics,
    mae: perPixel('depthAbs'),
    absRel: perPixel('depthAbsRel'),
    delta1: perPixel('depthDelta1'),
    delta2: perPixel('depthDelta2'),
    delta3: perPixel('depthDelta3'),
    alignedRmse: Math.sqrt(total(all, alignedSquares) / count),
  };
}

/**
 * Every metric of `info.ts` that the columns allow, by name, over all rows (one an image).
 *
 * - Image means leave out images without a valid mask pixel. Where prediction and target are both empty an image
 *   scores 1, where only one is 0 (IoU, Dice, precision and recall alike).
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
  if (rows.length === 0) return {};
  const columns = columnsOf(names);
  const images = rows.map((row) => readRow(row, columns));
  return { ...maskMetrics(images, options.batch), ...depthMetrics(images, options) };
}

/** Metrics of one image; a part is absent where the image has no valid pixel for it. */
export interface ImageMetrics {
  /** Intersection over union of the mask at threshold 0.5. */
  readonly iou?: number;
  /** Root mean square depth error, 0–1 scale. */
  readonly rmse?: number;
}

/** IoU and RMSE of the image whose sums are `row`. */
export function perImage(row: ArrayLike<number>, names: readonly SumName[]): ImageMetrics {
  const image = readRow(row, columnsOf(names));
  const n = image('depthN');
  return {
    ...(maskPixels(image) > 0 && { iou: iou(image) }),
    ...(n > 0 && { rmse: Math.sqrt(image('depthSquare') / n) }),
  };
}
