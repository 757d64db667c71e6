/** The formula of each metric, once for all: which columns are added up over images, and what becomes of their sums. */
import type { SumName } from './sums.js';

/** The sums of one image: its value in a column, undefined where the row has no such column. */
export type ImageRow = (name: SumName) => number;

/** One metric: `of` the sums over images of what `columns` gives for each image that has a valid pixel of `task`. */
export interface Formula {
  readonly name: string;
  readonly task: 'segmentation' | 'depth';
  /** Columns of the sums that it reads. */
  readonly needs: readonly SumName[];
  /** Numbers of one image that are added up. */
  columns(image: ImageRow): readonly number[];
  /** The metric of the totals over `images` images. */
  of(totals: Float64Array | readonly number[], images: number): number;
}

/** A share of counts; `empty` where there is nothing to count. */
const share = (part: number, whole: number, empty: number): number => (whole > 0 ? part / whole : empty);

type Counts = readonly [tp: number, fp: number, fn: number];

const iou = (tp: number, fp: number, fn: number): number => share(tp, tp + fp + fn, 1);
const dice = (tp: number, fp: number, fn: number): number => share(2 * tp, 2 * tp + fp + fn, 1);
const precision = (tp: number, fp: number, fn: number): number => share(tp, tp + fp, fn > 0 ? 0 : 1);
const recall = (tp: number, fp: number, fn: number): number => share(tp, tp + fn, fp > 0 ? 0 : 1);

/** F1 of the share of predicted boundary that is near a true one and the share of true boundary that was found. */
function boundaryF1(image: ImageRow): number {
  const [p, t] = [image('boundaryP'), image('boundaryT')];
  if (p === 0 || t === 0) return Number(p === t);
  const [exact, found] = [image('boundaryHitP') / p, image('boundaryHitT') / t];
  return share(2 * exact * found, exact + found, 0);
}

/** Spread of a prediction (0–1) below which it counts as constant, and only a shift can align it. */
const constantSpread = 1e-5;

/**
 * Sum of squares left after the least-squares scale and shift of p to t:
 * `Σ(t − t̄)² − (Σ(p − p̄)(t − t̄))² / Σ(p − p̄)²`; without the last term for a constant p.
 */
function alignedSquares(image: ImageRow): number {
  const varP = image('depthVarP');
  if (varP <= image('depthN') * constantSpread ** 2) return image('depthVarT');
  return Math.max(0, image('depthVarT') - image('depthCovPT') ** 2 / varP);
}

/** Sum of squared log errors about the image's mean log error, so that a common factor of an image costs nothing. */
const centredLogSquares = (image: ImageRow): number =>
  Math.max(0, image('depthLogSquare') - image('depthLog') ** 2 / image('depthN'));

const countNames = ['tp', 'fp', 'fn'] as const;
const countsOf = (image: ImageRow): Counts => [image('tp'), image('fp'), image('fn')];

/** A mean over images. */
const imageMean = (name: string, needs: readonly SumName[], value: (image: ImageRow) => number): Formula => ({
  name,
  task: 'segmentation',
  needs,
  columns: (image) => [value(image)],
  of: ([sum], images) => sum / images,
});

const ofCounts = (name: string, value: (...counts: Counts) => number): Formula =>
  imageMean(name, countNames, (image) => value(...countsOf(image)));

/** A number a valid depth pixel, pooled over all images. */
const perPixel = (
  name: string,
  needs: readonly SumName[],
  sum: (image: ImageRow) => number,
  of: (mean: number) => number = (mean) => mean,
): Formula => ({
  name,
  task: 'depth',
  needs: ['depthN', ...needs],
  columns: (image) => [sum(image), image('depthN')],
  of: ([total, pixels]) => of(total / pixels),
});

const ofColumn = (name: string, column: SumName, of?: (mean: number) => number): Formula =>
  perPixel(name, [column], (image) => image(column), of);

/**
 * Every metric that is a mean over images or a number of pooled sums, in the order of the tables. Those of the published
 * study depend on batches and are in `finalize.ts`.
 *
 * @param maxDepth depth unit (metres) at a normalised depth of 1
 */
export const metricFormulas = (maxDepth: number): readonly Formula[] => [
  ofCounts('miou', iou),
  {
    name: 'iou',
    task: 'segmentation',
    needs: countNames,
    columns: countsOf,
    of: ([tp, fp, fn]) => iou(tp, fp, fn),
  },
  ofCounts('dice', dice),
  ofCounts('precision', precision),
  ofCounts('recall', recall),
  {
    name: 'accuracy',
    task: 'segmentation',
    needs: [...countNames, 'tn'],
    columns: (image) => [image('tp') + image('tn'), maskPixels(image)],
    of: ([right, pixels]) => right / pixels,
  },
  imageMean('boundaryF1', ['boundaryP', 'boundaryT', 'boundaryHitP', 'boundaryHitT'], boundaryF1),
  ofColumn('mrmse', 'depthSquare', Math.sqrt),
  ofColumn('rmseMetres', 'depthSquare', (mean) => maxDepth * Math.sqrt(mean)),
  ofColumn('mae', 'depthAbs'),
  ofColumn('absRel', 'depthAbsRel'),
  ofColumn('sqRel', 'depthSquareRel'),
  ofColumn('rmseLog', 'depthLogSquare', Math.sqrt),
  ofColumn('log10', 'depthLogAbs', (mean) => mean / Math.LN10),
  perPixel('silog', ['depthLog', 'depthLogSquare'], centredLogSquares, Math.sqrt),
  ofColumn('delta1', 'depthDelta1'),
  ofColumn('delta2', 'depthDelta2'),
  ofColumn('delta3', 'depthDelta3'),
  perPixel('alignedRmse', ['depthVarP', 'depthCovPT', 'depthVarT'], alignedSquares, Math.sqrt),
];

/** Pixels of an image whose mask is known. */
export const maskPixels = (image: ImageRow): number => image('tp') + image('fp') + image('fn') + image('tn');

/** Whether an image has a valid pixel of a task. */
export const hasTruth = (task: Formula['task'], image: ImageRow): boolean =>
  (task === 'depth' ? image('depthN') : maskPixels(image)) > 0;

/** Rows as images by column name. */
export function imageRows(rows: readonly ArrayLike<number>[], names: readonly SumName[]): ImageRow[] {
  const column = new Map(names.map((name, i) => [name, i]));
  return rows.map((row) => (name) => row[column.get(name)!]);
}
