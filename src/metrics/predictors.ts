/** Trivial predictors: the controls that any trained network has to beat, measured by the same sums. */
import { type boundarySums, countBoundary } from './boundary.js';
import {
  type depthEvaluationSums,
  evaluationSums,
  type maskSums,
  type SumName,
  smallestDepth,
} from './sums.js';

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
 * The sums of one image under each of some constant predictions, as `imageSums` would give them with detail `evaluation`.
 *
 * @example finalize(images.map((planes) => constantPredictorRows(planes, [predictor])[0]), evaluationSums, options)
 */
export function constantPredictorRows(
  target: TargetPlanes,
  predictions: readonly ConstantPredictor[],
): Float64Array[] {
  // Most of them agree in depth.
  const depths = new Map<number, ReturnType<typeof sumDepth>>();
  return predictions.map(({ mask, depth }) => {
    const ofDepth = depths.get(depth) ?? sumDepth(target, depth);
    depths.set(depth, ofDepth);
    const sums = { ...sumMask(target, mask), ...ofDepth };
    return Float64Array.from(evaluationSums, (name) => sums[name]);
  });
}

type Sums<Name extends SumName> = Record<Name, number>;

function sumMask(
  { mask, maskValid, height, width }: TargetPlanes,
  p: number,
): Sums<(typeof maskSums)[number] | (typeof boundarySums)[number]> {
  const predicted = new Uint8Array(height * width);
  const truth = new Uint8Array(height * width);
  const isForeground = p > 0.5;
  let [count, foreground, maskT] = [0, 0, 0];
  for (let i = 0; i < predicted.length; i++) {
    if (maskValid[i] === 0) continue;
    const t = mask[i];
    predicted[i] = isForeground ? 1 : 0;
    truth[i] = t > 0.5 ? 1 : 0;
    count += 1;
    foreground += truth[i];
    maskT += t;
  }
  const background = count - foreground;
  return {
    tp: isForeground ? foreground : 0,
    fp: isForeground ? background : 0,
    fn: isForeground ? 0 : foreground,
    tn: isForeground ? 0 : background,
    maskP: count * p,
    maskT,
    maskPT: p * maskT,
    ...countBoundary(predicted, truth, height, width),
  };
}

function sumDepth(
  { depth, depthValid }: TargetPlanes,
  p: number,
): Sums<(typeof depthEvaluationSums)[number]> {
  let [count, square, total, absolute, absRel, squareRel] = [0, 0, 0, 0, 0, 0];
  let [log, logSquare, logAbs] = [0, 0, 0];
  let [delta1, delta2, delta3] = [0, 0, 0];
  for (let i = 0; i < depth.length; i++) {
    if (depthValid[i] === 0) continue;
    const t = depth[i];
    const e = p - t;
    const held = Math.max(t, smallestDepth);
    const ratio = Math.max(p, smallestDepth) / held;
    const g = Math.log(ratio);
    const within = Math.max(ratio, 1 / ratio);
    count += 1;
    square += e * e;
    total += t;
    absolute += Math.abs(e);
    absRel += Math.abs(e) / held;
    squareRel += (e * e) / held;
    log += g;
    logSquare += g * g;
    logAbs += Math.abs(g);
    if (within < 1.25) delta1 += 1;
    if (within < 1.25 ** 2) delta2 += 1;
    if (within < 1.25 ** 3) delta3 += 1;
  }
  const mean = total / Math.max(1, count);
  let variance = 0;
  for (let i = 0; i < depth.length; i++) if (depthValid[i] !== 0) variance += (depth[i] - mean) ** 2;
  return {
    depthN: count,
    depthSquare: square,
    depthP: count * p,
    depthT: total,
    depthAbs: absolute,
    depthAbsRel: absRel,
    depthSquareRel: squareRel,
    depthLog: log,
    depthLogSquare: logSquare,
    depthLogAbs: logAbs,
    depthDelta1: delta1,
    depthDelta2: delta2,
    depthDelta3: delta3,
    // A constant does not vary.
    depthVarP: 0,
    depthCovPT: 0,
    depthVarT: variance,
  };
}
