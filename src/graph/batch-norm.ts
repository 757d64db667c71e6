/** Batch normalisation (Ioffe 2015), for training with its gradient and for evaluation. */
import {
  blockedAffine,
  blockedChannelMean,
  blockedChannelMeanProduct,
  fromBlocked,
  toBlocked,
} from './blocked.js';
import type { Emitter, ValueName } from './lowering.js';
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
  lower: (emit, inputs, { inputs: [{ shape }], attributes: { epsilon } }) =>
    isBlockable(emit, shape)
      ? lowerTrainBlocked(emit, inputs, shape, epsilon)
      : lowerTrain(emit, inputs, shape, epsilon),
};

const isBlockable = (emit: Emitter, shape: Shape): boolean =>
  emit.blockSize > 0 && shape[1] % emit.blockSize === 0;

type Lowering = (emit: Emitter, inputs: readonly ValueName[], shape: Shape, epsilon: number) => ValueName[];

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

/** Both sums are read-only passes, so that y is the only value of x's size that is written. */
const lowerTrainBlocked: Lowering = (emit, [x, weight, bias], shape, epsilon) => {
  const c = shape[1];
  const blocked = toBlocked(emit, x);
  const mean = blockedChannelMean(emit, blocked);
  const meanSquare = blockedChannelMeanProduct(emit, blocked, blocked, shape);
  const variance = emit.op('Relu', [emit.op('Sub', [meanSquare, emit.op('Mul', [mean, mean])])]);
  const scale = emit.op('Div', [weight, standardDeviation(emit, variance, epsilon)]);
  const offset = emit.op('Sub', [bias, emit.op('Mul', [mean, scale])]);
  return [fromBlocked(emit, blockedAffine(emit, blocked, c, scale, offset), c), mean, variance];
};

/**
 * With `s = weight/σ` and sums over the channel's m elements:
 * `db = Σ dY`, `dw = Σ dY·(X − mean)/σ`, `dX = s·(dY − db/m − (X − mean)/σ · dw/m)`.
 * The terms in X and the constant are together one inference-mode BatchNormalization of X.
 */
const trainGradientOp: Op<BatchNormAttributes> = {
  name: 'batchNormTrainGradient',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }, perChannel(x), perChannel(x)],
  gradient: null,
  lower: (emit, inputs, { inputs: [{ shape }], attributes: { epsilon } }) =>
    isBlockable(emit, shape)
      ? lowerGradientBlocked(emit, inputs, shape, epsilon)
      : lowerGradient(emit, inputs, shape, epsilon),
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

const lowerGradientBlocked: Lowering = (emit, [x, weight, mean, variance, dy], shape, epsilon) => {
  const [n, c, h, w] = shape;
  const blockedX = toBlocked(emit, x);
  const blockedDy = toBlocked(emit, dy);
  const count = emit.float(n * h * w);
  const sigma = standardDeviation(emit, variance, epsilon);
  const meanDy = blockedChannelMean(emit, blockedDy);
  const meanProduct = blockedChannelMeanProduct(emit, blockedX, blockedDy, shape);
  // Mean of dY·(X − mean)/σ.
  const meanSlope = emit.op('Div', [emit.op('Sub', [meanProduct, emit.op('Mul', [mean, meanDy])]), sigma]);
  const scale = emit.op('Div', [weight, sigma]);
  const slope = emit.op('Div', [emit.op('Mul', [scale, meanSlope]), emit.op('Neg', [sigma])]);
  const offset = emit.op('Neg', [
    emit.op('Add', [emit.op('Mul', [scale, meanDy]), emit.op('Mul', [slope, mean])]),
  ]);
  const zero = emit.float(new Float32Array(c));
  const inX = blockedAffine(emit, blockedX, c, slope, offset);
  return [
    fromBlocked(emit, blockedAffine(emit, blockedDy, c, scale, zero, inX), c),
    emit.op('Mul', [meanSlope, count]),
    emit.op('Mul', [meanDy, count]),
  ];
};

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
  lower: (emit, inputs, { attributes: { epsilon } }) => [
    emit.op('BatchNormalization', inputs, { epsilon: { float: epsilon } }),
  ],
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
