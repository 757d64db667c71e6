/** Per-image sums of a batch, computed inside the graph: everything that a metric is derived from. */
import {
  abs,
  clamp,
  concat,
  constant,
  div,
  expand,
  greater,
  log,
  matMul,
  maximum,
  mul,
  reshape,
  sigmoid,
  slice,
  square,
  sub,
  type Tensor,
  toFloat,
  transpose,
} from '../graph/index.js';
import { boundarySums, sumBoundary } from './boundary.js';

/** Columns of the mask: counts at threshold 0.5, then Σp, Σt and Σpt of the soft mask. */
export const maskSums = ['tp', 'fp', 'fn', 'tn', 'maskP', 'maskT', 'maskPT'] as const;

/** Columns of the depth that training needs: valid pixels and Σe², with e = p − t. */
export const depthTrainingSums = ['depthN', 'depthSquare'] as const;

/**
 * Columns of the depth that evaluation needs, in this order:
 * valid pixels, Σe², Σp, Σt, Σ|e|, Σ|e|/t, Σe²/t, Σg, Σg², Σ|g| with g = ln p − ln t,
 * pixels with max(p/t, t/p) below 1.25, 1.25² and 1.25³,
 * and the centred moments Σ(p − p̄)², Σ(p − p̄)(t − t̄), Σ(t − t̄)².
 */
export const depthEvaluationSums = [
  ...depthTrainingSums,
  'depthP',
  'depthT',
  'depthAbs',
  'depthAbsRel',
  'depthSquareRel',
  'depthLog',
  'depthLogSquare',
  'depthLogAbs',
  'depthDelta1',
  'depthDelta2',
  'depthDelta3',
  'depthVarP',
  'depthCovPT',
  'depthVarT',
] as const;

/** Columns of `evaluation` detail, in order. */
export const evaluationSums = [...maskSums, ...depthEvaluationSums, ...boundarySums] as const;

/** A column of the sums. */
export type SumName = (typeof evaluationSums)[number];

/** `training`: what mIoU, RMSE and the published numbers need; `evaluation`: what every metric needs. */
export type SumDetail = 'training' | 'evaluation';

/** A prediction and its truth, each `[N, 1, H, W]`. */
export interface Prediction {
  /** The prediction is `p = sigmoid(logits)`. */
  readonly logits: Tensor;
  /** `t`, 0–1. */
  readonly target: Tensor;
  /** 0 or 1; left out when every pixel is valid. */
  readonly valid?: Tensor;
}

/** Sums of a batch: column `k` of `sums [N, K]` is called `names[k]`. */
export interface ImageSums {
  readonly names: readonly SumName[];
  readonly sums: Tensor;
}

/** Depths below this (0–1) are held at it in ratios and logarithms, as in the `silog` loss. */
export const smallestDepth = 1e-4;

/**
 * Sums over the valid pixels of each image. The mask counts as foreground where `p > 0.5`, and so does its target.
 * In ratios and logarithms both depths are held at {@link smallestDepth} or above, so a valid target of 0 stays
 * finite (but weighs heavily: mark unknown depth as invalid).
 *
 * @example const { names, sums } = imageSums({ segmentation: { logits, target: mask }, depth }, 'training')
 */
export function imageSums(
  { segmentation, depth }: { readonly segmentation: Prediction; readonly depth: Prediction },
  detail: SumDetail = 'evaluation',
): ImageSums {
  const parts = [sumMask(segmentation), sumDepth(depth, detail)];
  if (detail === 'training') return { names: [...maskSums, ...depthTrainingSums], sums: concat(parts, 1) };
  return { names: evaluationSums, sums: concat([...parts, sumMaskBoundary(segmentation)], 1) };
}

/** `[N, 1, H, W]` as one row of pixels an image, `[N, 1, H·W]`. */
const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0], 1, x.size / x.shape[0]]);

const ones = (like: Tensor): Tensor => expand(constant([1], [1, 1, 1]), like.shape);

const swap = (x: Tensor): Tensor => transpose(x, [0, 2, 1]);

// With b and s the binarised prediction and target, [b, p, 1]·[s, t, 1]ᵀ over the pixels holds every sum:
//   Σbs Σbt Σb
//   Σps Σpt Σp
//   Σs  Σt  n
// Row i of this matrix says how much of that product's element i goes into each of `maskSums`.
const fromProduct = constant(
  [
    [1, -1, -1, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
    [0, 1, 0, -1, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 1, 0, 0],
    [0, 0, 1, -1, 0, 0, 0],
    [0, 0, 0, 0, 0, 1, 0],
    [0, 0, 0, 1, 0, 0, 0],
  ].flat(),
  [9, maskSums.length],
);

function sumMask({ logits, target, valid }: Prediction): Tensor {
  const x = rows(logits);
  const t = rows(target);
  const predicted = concat([toFloat(greater(x, 0)), sigmoid(x), ones(x)], 1);
  const truth = concat([toFloat(greater(t, 0.5)), t, ones(t)], 1);
  const product = matMul(valid ? mul(predicted, rows(valid)) : predicted, swap(truth));
  return matMul(reshape(product, [x.shape[0], 9]), fromProduct);
}

function sumMaskBoundary({ logits, target, valid }: Prediction): Tensor {
  const foreground = (x: Tensor, threshold: number) => {
    const mask = toFloat(greater(x, threshold));
    return valid ? mul(mask, valid) : mask;
  };
  return sumBoundary(foreground(logits, 0), foreground(target, 0.5));
}

function sumDepth({ logits, target, valid }: Prediction, detail: SumDetail): Tensor {
  const p = sigmoid(rows(logits));
  const t = rows(target);
  const v = valid ? rows(valid) : ones(t);
  const e = sub(p, t);
  const squares = square(e);
  const planes = [ones(e), squares];
  if (detail === 'evaluation') planes.push(p, t, ...relativePlanes(p, t, abs(e), squares));
  // One product with the valid map both masks and sums.
  const sums = matMul(concat(planes, 1), swap(v));
  const columns = reshape(sums, [sums.shape[0], planes.length]);
  return detail === 'training' ? columns : concat([columns, centredMoments(p, t, v, sums)], 1);
}

function relativePlanes(p: Tensor, t: Tensor, absolute: Tensor, squares: Tensor): Tensor[] {
  const depth = clamp(t, smallestDepth);
  const ratio = div(clamp(p, smallestDepth), depth);
  const g = log(ratio);
  const within = maximum(ratio, div(1, ratio));
  const delta = (power: number) => toFloat(greater(1.25 ** power, within));
  return [
    absolute,
    div(absolute, depth),
    div(squares, depth),
    g,
    square(g),
    abs(g),
    delta(1),
    delta(2),
    delta(3),
  ];
}

/** Centred, because Σt² − (Σt)²/n would leave float32 with few digits of a small residual. */
function centredMoments(p: Tensor, t: Tensor, v: Tensor, sums: Tensor): Tensor {
  const count = maximum(slice(sums, 1, 0, 1), 1);
  const means = div(slice(sums, 1, 2, 4), count);
  const centred = sub(concat([p, t], 1), means);
  const product = matMul(mul(centred, v), swap(centred));
  const flat = reshape(product, [p.shape[0], 4]);
  return concat([slice(flat, 1, 0, 2), slice(flat, 1, 3, 4)], 1);
}
