/** Trivial predictors: the controls that any trained network has to beat, measured by the same sums. */
import { countBoundary } from './boundary.js';
import { evaluationSums, type SumName, smallestDepth } from './sums.js';

/** The truth of one image, `[H, W]` each: mask and depth 0–1, valid maps 0 or 1. */
export interface TargetPlanes {
  readonly mask: ArrayLike<number>;
  readonly maskValid: ArrayLike<number>;
  readonly depth: ArrayLike<number>;
  readonly depthValid: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** A predictor that says the same of every pixel. */
export interface ConstantPredictor {
  readonly name: string;
  /** Probability of foreground, 0–1. */
  readonly mask: number;
  /** 0–1. */
  readonly depth: number;
}

/** The controls of a study: all or no pixel is foreground, and everything is as far away as the training mean. */
export const constantPredictors = (trainingMeanDepth: number): readonly ConstantPredictor[] => [
  { name: 'predict-everything', mask: 1, depth: trainingMeanDepth },
  { name: 'predict-nothing', mask: 0, depth: trainingMeanDepth },
];

/**
 * The sums of one image under a constant prediction, as `imageSums` would give them with detail `evaluation`.
 *
 * @example finalize(images.map((planes) => constantPredictorRow(planes, predictor)), evaluationSums, options)
 */
export function constantPredictorRow(target: TargetPlanes, prediction: ConstantPredictor): Float64Array {
  const { height, width } = target;
  const sums = Object.fromEntries(evaluationSums.map((name) => [name, 0])) as Sums;
  const predicted = new Uint8Array(height * width);
  const truth = new Uint8Array(height * width);
  for (let i = 0; i < predicted.length; i++) {
    if (target.maskValid[i]) {
      addMaskPixel(sums, prediction.mask, target.mask[i]);
      predicted[i] = Number(prediction.mask > 0.5);
      truth[i] = Number(target.mask[i] > 0.5);
    }
    if (target.depthValid[i]) addDepthPixel(sums, prediction.depth, target.depth[i]);
  }
  Object.assign(sums, countBoundary(predicted, truth, height, width));
  const meanDepth = sums.depthT / Math.max(1, sums.depthN);
  for (let i = 0; i < target.depth.length; i++) {
    if (target.depthValid[i]) sums.depthVarT += (target.depth[i] - meanDepth) ** 2;
  }
  return Float64Array.from(evaluationSums, (name) => sums[name]);
}

type Sums = Record<SumName, number>;

function addMaskPixel(sums: Sums, p: number, t: number): void {
  if (p > 0.5) sums[t > 0.5 ? 'tp' : 'fp'] += 1;
  else sums[t > 0.5 ? 'fn' : 'tn'] += 1;
  sums.maskP += p;
  sums.maskT += t;
  sums.maskPT += p * t;
}

function addDepthPixel(sums: Sums, p: number, t: number): void {
  const e = p - t;
  const depth = Math.max(t, smallestDepth);
  const ratio = Math.max(p, smallestDepth) / depth;
  const g = Math.log(ratio);
  const within = Math.max(ratio, 1 / ratio);
  sums.depthN += 1;
  sums.depthSquare += e * e;
  sums.depthP += p;
  sums.depthT += t;
  sums.depthAbs += Math.abs(e);
  sums.depthAbsRel += Math.abs(e) / depth;
  sums.depthSquareRel += (e * e) / depth;
  sums.depthLog += g;
  sums.depthLogSquare += g * g;
  sums.depthLogAbs += Math.abs(g);
  if (within < 1.25) sums.depthDelta1 += 1;
  if (within < 1.25 ** 2) sums.depthDelta2 += 1;
  if (within < 1.25 ** 3) sums.depthDelta3 += 1;
}
