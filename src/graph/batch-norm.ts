/** Batch normalisation (Ioffe 2015), for training with its gradient and for evaluation. */
import {
  blockedAffine,
  blockedChannelMean,
  blockedChannelMeanProduct,
  fromBlocked,
  planeAffine,
  toBlocked,
} from './blocked.js';
import type { Emitter, ValueName } from './lowering.js';
import { rowProducts } from './product-sums.js';
import { GraphError, type Shape, showShape } from './shape.js';
import { apply, applyAll, type Op, type Tensor } from './tensor.js';

interface BatchNormAttributes {
  readonly epsilon: number;
}

const perChannel = (x: Tensor) => ({ shape: [x.shape[1]], dtype: 'float32' }) as const;

function checkChannels(op: string, x: Tensor, perChannelInputs: readonly Tensor[]): void {
  const bad = perChannelInputs.find((t) => t.shape.length !== 1 || t.shape[0] !== x.shape[1]);
  if (x.shape.length !== 4 || bad) {
    throw new GraphError(
      `${op}: expected x [N, C, H, W] and [C] for the rest, got ${showShape(x.shape)} and ${showShape(bad?.shape ?? [])}`,
    );
  }
}

const trainOp: Op<BatchNormAttributes> = {
  name: 'batchNormTrain',
  infer: ([x, weight, bias]) => {
    checkChannels('batchNormTrain', x, [weight, bias]);
    return [{ shape: x.shape, dtype: 'float32' }, perChannel(x), perChannel(x)];
  },
  gradient: ({ inputs: [x, weight], outputs: [, mean, variance], attributes }, [dy]) =>
    dy ? applyAll(trainGradientOp, [x, weight, mean, variance, dy], attributes) : [],
  lower: (emit, [x, weight, bias], { inputs: [{ shape }], attributes: { epsilon } }) => {
    const passes = passesOf(emit, shape);
    return passes
      ? lowerTrainInPasses(emit, passes, [x, weight, bias], epsilon)
      : lowerTrain(emit, [x, weight, bias], shape, epsilon);
  },
};

type Lowering = (emit: Emitter, inputs: readonly ValueName[], shape: Shape, epsilon: number) => ValueName[];

/** What batch normalisation does with whole values, in a layout in which each takes one pass on all threads. */
interface ChannelPasses {
  /** A value in that layout. */
  readonly enter: (x: ValueName) => ValueName;
  /** A value of that layout in the standard one. */
  readonly leave: (y: ValueName) => ValueName;
  /** Mean over N, H and W, `[C]`. */
  readonly mean: (x: ValueName) => ValueName;
  /** Mean of x·y over N, H and W, `[C]`. */
  readonly meanProduct: (x: ValueName, y: ValueName) => ValueName;
  /** `x · scale[c] + offset[c] (+ sum)`. */
  readonly affine: (x: ValueName, scale: ValueName, offset: ValueName, sum?: ValueName) => ValueName;
}

/** In the blocked layout, or plane by plane where the channels do not fill blocks; undefined off the CPU and where planes do not either. */
function passesOf(emit: Emitter, shape: Shape): ChannelPasses | undefined {
  const [n, c, h, w] = shape;
  if (emit.blockSize === 0) return undefined;
  if (c % emit.blockSize === 0) {
    return {
      enter: (x) => toBlocked(emit, x),
      leave: (y) => fromBlocked(emit, y, c),
      mean: (x) => blockedChannelMean(emit, x),
      meanProduct: (x, y) => blockedChannelMeanProduct(emit, x, y, shape),
      affine: (x, scale, offset, sum) => blockedAffine(emit, x, c, scale, offset, sum),
    };
  }
  if ((h * w) % emit.blockSize !== 0) return undefined;
  const perPixel = emit.float(1 / (n * h * w));
  return {
    enter: (x) => x,
    leave: (y) => y,
    mean: (x) =>
      emit.op('ReduceMean', [emit.op('Reshape', [x, emit.ints([n, c, h * w])]), emit.ints([0, 2])], {
        keepdims: 0,
      }),
    meanProduct: (x, y) => {
      const products = rowProducts(emit, x, y, n * c * h * w, n * c) ?? emit.op('Mul', [x, y]);
      const sums = emit.op('Reshape', [products, emit.ints([n, c, -1])]);
      return emit.op('Mul', [emit.op('ReduceSum', [sums, emit.ints([0, 2])], { keepdims: 0 }), perPixel]);
    },
    affine: (x, scale, offset, sum) => planeAffine(emit, x, shape, scale, offset, sum),
  };
}

const standardDeviation = (emit: Emitter, variance: ValueName, epsilon: number): ValueName =>
  emit.op('Sqrt', [emit.op('Add', [variance, emit.float(epsilon)])]);

const lowerTrain: Lowering = (emit, [x, weight, bias], [n, c, h, w], epsilon) => {
  const axes = emit.ints([0, 2]);
  const rows = emit.op('Reshape', [x, emit.ints([n, c, h * w])]);
  const mean = emit.op('ReduceMean', [rows, axes], { keepdims: 1 });
  const centred = emit.op('Sub', [rows, mean]);
  const variance = emit.op('ReduceMean', [emit.op('Mul', [centred, centred]), axes], { keepdims: 0 });
  const flatMean = emit.op('Reshape', [mean, emit.ints([c])]);
  const y = emit.op('BatchNormalization', [x, weight, bias, flatMean, variance], {
    epsilon: { float: epsilon },
  });
  return [y, flatMean, variance];
};

/** What `(x − mean)/σ · weight + bias` multiplies x by and adds to it. */
function scaleAndOffset(
  emit: Emitter,
  weight: ValueName,
  bias: ValueName,
  mean: ValueName,
  variance: ValueName,
  epsilon: number,
): readonly [ValueName, ValueName] {
  const scale = emit.op('Div', [weight, standardDeviation(emit, variance, epsilon)]);
  return [scale, emit.op('Sub', [bias, emit.op('Mul', [mean, scale])])];
}

/** Both sums are read-only passes, so that y is the only value of x's size that is written. */
function lowerTrainInPasses(
  emit: Emitter,
  { enter, leave, mean: meanOf, meanProduct, affine }: ChannelPasses,
  [x, weight, bias]: readonly ValueName[],
  epsilon: number,
): ValueName[] {
  const own = enter(x);
  const mean = meanOf(own);
  const variance = emit.op('Relu', [emit.op('Sub', [meanProduct(own, own), emit.op('Mul', [mean, mean])])]);
  const [scale, offset] = scaleAndOffset(emit, weight, bias, mean, variance, epsilon);
  return [leave(affine(own, scale, offset)), mean, variance];
}

/**
 * With `s = weight/σ` and sums over the channel's m elements:
 * `db = Σ dY`, `dw = Σ dY·(X − mean)/σ`, `dX = s·(dY − db/m − (X − mean)/σ · dw/m)`.
 * The terms in X and the constant are together one inference-mode BatchNormalization of X.
 */
const trainGradientOp: Op<BatchNormAttributes> = {
  name: 'batchNormTrainGradient',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }, perChannel(x), perChannel(x)],
  gradient: null,
  lower: (emit, inputs, { inputs: [{ shape }], attributes: { epsilon } }) => {
    const passes = passesOf(emit, shape);
    return passes
      ? lowerGradientInPasses(emit, passes, inputs, shape, epsilon)
      : lowerGradient(emit, inputs, shape, epsilon);
  },
};

const lowerGradient: Lowering = (emit, [x, weight, mean, variance, dy], [n, c, h, w], epsilon) => {
  const rowShape = emit.ints([n, c, h * w]);
  const axes = emit.ints([0, 2]);
  const dyRows = emit.op('Reshape', [dy, rowShape]);
  const sigma = standardDeviation(emit, variance, epsilon);
  const biasGradient = emit.op('ReduceSum', [dyRows, axes], { keepdims: 0 });
  const centred = emit.op('Sub', [
    emit.op('Reshape', [x, rowShape]),
    emit.op('Reshape', [mean, emit.ints([c, 1])]),
  ]);
  const dot = emit.op('ReduceSum', [emit.op('Mul', [dyRows, centred]), axes], { keepdims: 0 });
  const weightGradient = emit.op('Div', [dot, sigma]);
  const scale = emit.op('Div', [weight, sigma]);
  const share = emit.op('Mul', [scale, emit.float(-1 / (n * h * w))]);
  const slope = emit.op('Mul', [share, weightGradient]);
  const offset = emit.op('Mul', [share, biasGradient]);
  const inX = emit.op('BatchNormalization', [x, slope, offset, mean, variance], {
    epsilon: { float: epsilon },
  });
  const scaled = emit.op('Mul', [dy, emit.op('Reshape', [scale, emit.ints([c, 1, 1])])]);
  return [emit.op('Add', [scaled, inX]), weightGradient, biasGradient];
};

function lowerGradientInPasses(
  emit: Emitter,
  { enter, leave, mean: meanOf, meanProduct, affine }: ChannelPasses,
  [x, weight, mean, variance, dy]: readonly ValueName[],
  [n, c, h, w]: Shape,
  epsilon: number,
): ValueName[] {
  const [ownX, ownDy] = [enter(x), enter(dy)];
  const count = emit.float(n * h * w);
  const sigma = standardDeviation(emit, variance, epsilon);
  const meanDy = meanOf(ownDy);
  // Mean of dY·(X − mean)/σ.
  const covariance = emit.op('Sub', [meanProduct(ownX, ownDy), emit.op('Mul', [mean, meanDy])]);
  const meanSlope = emit.op('Div', [covariance, sigma]);
  const scale = emit.op('Div', [weight, sigma]);
  // dX / s = dY + slope·X + offset.
  const perX = emit.op('Div', [meanSlope, sigma]);
  const slope = emit.op('Neg', [perX]);
  const offset = emit.op('Sub', [emit.op('Mul', [perX, mean]), meanDy]);
  const zero = emit.float(new Float32Array(c));
  return [
    leave(affine(affine(ownX, slope, offset, ownDy), scale, zero)),
    emit.op('Mul', [meanSlope, count]),
    emit.op('Mul', [meanDy, count]),
  ];
}

/** Output of {@link batchNormTrain}. */
export interface BatchNormResult {
  readonly y: Tensor;
  /** `[C]` mean of the batch. */
  readonly mean: Tensor;
  /** `[C]` biased variance of the batch. */
  readonly variance: Tensor;
}

/**
 * `y = (x − mean)/√(variance + ε) · weight + bias` with the batch's own statistics over N, H and W.
 * `x [N, C, H, W]`, `weight` and `bias` `[C]`. No gradient flows through the returned statistics.
 */
export function batchNormTrain(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): BatchNormResult {
  const [y, mean, variance] = applyAll(trainOp, [x, weight, bias], { epsilon });
  return { y, mean, variance };
}

const evalOp: Op<BatchNormAttributes> = {
  name: 'batchNormEval',
  infer: ([x, ...rest]) => {
    checkChannels('batchNormEval', x, rest);
    return [{ shape: x.shape, dtype: 'float32' }];
  },
  gradient: null,
  lower: (emit, inputs, { inputs: [{ shape }], attributes: { epsilon } }) => {
    const passes = passesOf(emit, shape);
    if (!passes) return [emit.op('BatchNormalization', inputs, { epsilon: { float: epsilon } })];
    const [x, weight, bias, mean, variance] = inputs;
    const [scale, offset] = scaleAndOffset(emit, weight, bias, mean, variance, epsilon);
    return [passes.leave(passes.affine(passes.enter(x), scale, offset))];
  },
};

/** `y = (x − mean)/√(variance + ε) · weight + bias` with the given running statistics `[C]`; not differentiable. */
export const batchNormEval = (
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor => apply(evalOp, [x, weight, bias, mean, variance], { epsilon });
