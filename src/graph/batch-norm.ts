/** Batch normalisation (Ioffe 2015), for training with its gradient and for evaluation. */
import { GraphError, showShape } from './shape.js';
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
    const c = shape[1];
    const [n, , h, w] = shape;
    const axes = emit.ints([0, 2]);
    // Σx and Σ(x − mean)² of rows that lie together in memory.
    const rows = emit.op('Reshape', [x, emit.ints([n, c, h * w])]);
    const mean = emit.op('ReduceMean', [rows, axes], { keepdims: 1 });
    const centred = emit.op('Sub', [rows, mean]);
    const square = emit.op('Mul', [centred, centred]);
    const variance = emit.op('ReduceMean', [square, axes], { keepdims: 0 });
    const flatMean = emit.op('Reshape', [mean, emit.ints([c])]);
    const y = emit.op('BatchNormalization', [x, weight, bias, flatMean, variance], {
      epsilon: { float: epsilon },
    });
    return [y, flatMean, variance];
  },
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
  lower: (emit, [x, weight, mean, variance, dy], { inputs: [{ shape }], attributes: { epsilon } }) => {
    const [n, c, h, w] = shape;
    const m = n * h * w;
    const rowShape = emit.ints([n, c, h * w]);
    const axes = emit.ints([0, 2]);
    const xRows = emit.op('Reshape', [x, rowShape]);
    const dyRows = emit.op('Reshape', [dy, rowShape]);
    const sigma = emit.op('Sqrt', [emit.op('Add', [variance, emit.float(epsilon)])]);
    const biasGradient = emit.op('ReduceSum', [dyRows, axes], { keepdims: 0 });
    const meanColumn = emit.op('Reshape', [mean, emit.ints([c, 1])]);
    const centred = emit.op('Sub', [xRows, meanColumn]);
    const dot = emit.op('ReduceSum', [emit.op('Mul', [dyRows, centred]), axes], { keepdims: 0 });
    const weightGradient = emit.op('Div', [dot, sigma]);
    const s = emit.op('Div', [weight, sigma]);
    const slope = emit.op('Neg', [emit.op('Mul', [s, emit.op('Mul', [weightGradient, emit.float(1 / m)])])]);
    const offset = emit.op('Neg', [emit.op('Mul', [s, emit.op('Mul', [biasGradient, emit.float(1 / m)])])]);
    const inX = emit.op('BatchNormalization', [x, slope, offset, mean, variance], {
      epsilon: { float: epsilon },
    });
    const scaled = emit.op('Mul', [dy, emit.op('Reshape', [s, emit.ints([c, 1, 1])])]);
    return [emit.op('Add', [scaled, inX]), weightGradient, biasGradient];
  },
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
