/** Ops that act on each element by itself, with NumPy broadcasting for two operands. */
import { blockedAffine, lowerElementwise, lowerUnary } from './blocked.js';
import { largestDivisor } from './divisor.js';
import type { Emitter, ValueName } from './lowering.js';
import { sumTo } from './reduce.js';
import { broadcastShapes, GraphError } from './shape.js';
import { apply, asTensor, constantValue, type Op, type Operand, type Tensor } from './tensor.js';

type BinaryGradient = (
  a: Tensor,
  b: Tensor,
  gradient: Tensor,
  output: Tensor,
) => [Tensor | undefined, Tensor | undefined];

function binaryOp(name: string, onnxType: string, gradient: BinaryGradient): Op<null> {
  return {
    name,
    infer: ([a, b]) => {
      if (a.dtype !== 'float32' || b.dtype !== 'float32') {
        throw new GraphError(`${name}: expected float32 operands, got ${a.dtype} and ${b.dtype}`);
      }
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'float32' }];
    },
    gradient: ({ inputs: [a, b], outputs: [output] }, [dy]) => {
      const [da, db] = gradient(a, b, dy!, output);
      return [da && sumTo(da, a.shape), db && sumTo(db, b.shape)];
    },
    lower: (emit, inputs, node) => [lowerElementwise(emit, inputs, node, onnxType)],
  };
}

const addOp = binaryOp('add', 'Add', (_a, _b, dy) => [dy, dy]);
const subOp = binaryOp('sub', 'Sub', (_a, _b, dy) => [dy, neg(dy)]);
const mulOp = binaryOp('mul', 'Mul', (a, b, dy) => [mul(dy, b), mul(dy, a)]);
const divOp = binaryOp('div', 'Div', (_a, b, dy, y) => {
  const da = div(dy, b);
  return [da, neg(mul(da, y))];
});
const maximumOp = binaryOp('maximum', 'Max', (a, b, dy) => {
  const first = greaterOrEqual(a, b);
  return [where(first, dy, 0), where(first, 0, dy)];
});
const minimumOp = binaryOp('minimum', 'Min', (a, b, dy) => {
  const first = greaterOrEqual(b, a);
  return [where(first, dy, 0), where(first, 0, dy)];
});

/** True when `x` is the constant `value` and broadcasts into `other`, so that `other` may be the result. */
function isNeutral(x: Operand, value: number, other: Operand): other is Tensor {
  if (typeof other === 'number') return false;
  if (typeof x === 'number') return x === value;
  return constantValue(x) === value && x.shape.length <= other.shape.length;
}

const binary = (op: Op<null>, a: Operand, b: Operand): Tensor => apply(op, [asTensor(a), asTensor(b)], null);

/** `a + b`. */
export function add(a: Operand, b: Operand): Tensor {
  if (isNeutral(b, 0, a)) return a;
  return isNeutral(a, 0, b) ? b : binary(addOp, a, b);
}

/** `a − b`. */
export const sub = (a: Operand, b: Operand): Tensor => (isNeutral(b, 0, a) ? a : binary(subOp, a, b));

/** `a · b`, element by element. */
export function mul(a: Operand, b: Operand): Tensor {
  if (isNeutral(b, 1, a)) return a;
  return isNeutral(a, 1, b) ? b : binary(mulOp, a, b);
}

/** `a / b`. */
export const div = (a: Operand, b: Operand): Tensor => (isNeutral(b, 1, a) ? a : binary(divOp, a, b));

/** The larger of both; at a tie the gradient goes to `a`. */
export const maximum = (a: Operand, b: Operand): Tensor => binary(maximumOp, a, b);

/** The smaller of both; at a tie the gradient goes to `a`. */
export const minimum = (a: Operand, b: Operand): Tensor => binary(minimumOp, a, b);

function comparisonOp(name: string, onnxType: string): Op<null> {
  return {
    name,
    infer: ([a, b]) => [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'bool' }],
    gradient: () => [undefined, undefined],
    lower: (emit, inputs) => [emit.op(onnxType, inputs)],
  };
}

const greaterOp = comparisonOp('greater', 'Greater');
const greaterOrEqualOp = comparisonOp('greaterOrEqual', 'GreaterOrEqual');

/** `a > b`, a bool tensor without gradient. */
export const greater = (a: Operand, b: Operand): Tensor => binary(greaterOp, a, b);

/** `a ≥ b`, a bool tensor without gradient. */
export const greaterOrEqual = (a: Operand, b: Operand): Tensor => binary(greaterOrEqualOp, a, b);

const toFloatOp: Op<null> = {
  name: 'toFloat',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: () => [undefined],
  lower: (emit, inputs) => [emit.op('Cast', inputs, { to: 1 })],
};

/** A bool tensor as 0 and 1. */
export const toFloat = (x: Tensor): Tensor => apply(toFloatOp, [x], null);

const whereOp: Op<null> = {
  name: 'where',
  infer: ([condition, a, b]) => {
    if (condition.dtype !== 'bool')
      throw new GraphError(`where: expected a bool condition, got ${condition.dtype}`);
    const branches = broadcastShapes('where', a.shape, b.shape);
    return [{ shape: broadcastShapes('where', condition.shape, branches), dtype: a.dtype }];
  },
  gradient: ({ inputs: [condition, a, b] }, [dy]) => [
    undefined,
    sumTo(where(condition, dy!, 0), a.shape),
    sumTo(where(condition, 0, dy!), b.shape),
  ],
  lower: (emit, inputs) => [emit.op('Where', inputs)],
};

/** `a` where the condition holds, else `b`; the gradient flows into the chosen side only. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(whereOp, [condition, asTensor(a), asTensor(b)], null);

type UnaryGradient = (x: Tensor, y: Tensor, dy: Tensor) => Tensor;

/** Of a float32 tensor, one of its shape. */
const sameShapeOf =
  (name: string): Op<null>['infer'] =>
  ([x]) => {
    if (x.dtype !== 'float32') throw new GraphError(`${name}: expected float32, got ${x.dtype}`);
    return [{ shape: x.shape, dtype: 'float32' }];
  };

function unaryOp(
  name: string,
  lower: string | ((emit: Emitter, x: ValueName) => ValueName),
  gradient: UnaryGradient | null,
): Op<null> {
  return {
    name,
    infer: sameShapeOf(name),
    gradient: ({ inputs: [x], outputs: [y] }, [dy]) => [gradient?.(x, y, dy!)],
    lower: (emit, [x], { inputs: [{ shape }] }) => [
      lowerUnary(emit, x, shape[1], (own) =>
        typeof lower === 'string' ? emit.op(lower, [own]) : lower(emit, own),
      ),
    ],
  };
}

// The CPU provider's Sign is not vectorised; a clip of a saturating product is.
const signOp = unaryOp(
  'sign',
  (emit, x) => emit.op('Clip', [emit.op('Mul', [x, emit.float(3e38)]), emit.float(-1), emit.float(1)]),
  null,
);

/** Threshold of a {@link step}. */
export interface StepAttributes {
  readonly above: number;
}

// A hard sigmoid of a slope that is infinite for all purposes: one pass where Greater and Cast are two. It is a power of two, so that
// its product with the threshold is exact, and so large that the next number above the threshold is already at 1.
const stepOp: Op<StepAttributes> = {
  name: 'step',
  infer: (inputs) => sameShapeOf('step')(inputs, null),
  gradient: () => [undefined],
  lower: (emit, [x], { inputs: [{ shape }], attributes: { above } }) => {
    const slope = 2 ** Math.min(127, 100 - Math.ceil(Math.log2(Math.abs(above))));
    const attributes = { alpha: { float: slope }, beta: { float: -slope * Math.fround(above) } };
    return [lowerUnary(emit, x, shape[1], (own) => emit.op('HardSigmoid', [own], attributes))];
  },
};

const negOp = unaryOp('neg', 'Neg', (_x, _y, dy) => neg(dy));
const expOp = unaryOp('exp', 'Exp', (_x, y, dy) => mul(dy, y));
const logOp = unaryOp('log', 'Log', (x, _y, dy) => div(dy, x));
const sqrtOp = unaryOp('sqrt', 'Sqrt', (_x, y, dy) => div(mul(dy, 0.5), y));
const absOp = unaryOp('abs', 'Abs', (x, _y, dy) => mul(dy, sign(x)));
const sigmoidOp = unaryOp('sigmoid', 'Sigmoid', (_x, y, dy) => mul(dy, mul(y, sub(1, y))));
const reluOp = unaryOp('relu', 'Relu', (_x, y, dy) => mul(dy, step(y)));
// relu(x) − ln σ(|x|): five passes that are vectorised, which the CPU provider's Softplus is not.
const softplusOp = unaryOp(
  'softplus',
  (emit, x) => {
    const tail = emit.op('Log', [emit.op('Sigmoid', [emit.op('Abs', [x])])]);
    return emit.op('Sub', [emit.op('Relu', [x]), tail]);
  },
  (x, _y, dy) => mul(dy, sigmoid(x)),
);
const squareOp = unaryOp(
  'square',
  (emit, x) => emit.op('Mul', [x, x]),
  (x, _y, dy) => mul(dy, mul(x, 2)),
);

/** `−x`. */
export const neg = (x: Tensor): Tensor => apply(negOp, [x], null);
/** `eˣ`. */
export const exp = (x: Tensor): Tensor => apply(expOp, [x], null);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply(logOp, [x], null);
/** Square root; its gradient is infinite at 0, so add an epsilon inside. */
export const sqrt = (x: Tensor): Tensor => apply(sqrtOp, [x], null);
/** `|x|`, with gradient 0 at 0. */
export const abs = (x: Tensor): Tensor => apply(absOp, [x], null);
/** 1 where `x > above`, else 0; without gradient. */
export const step = (x: Tensor, above = 0): Tensor => apply(stepOp, [x], { above });
/** −1, 0 or 1; without gradient. */
export const sign = (x: Tensor): Tensor => apply(signOp, [x], null);
/** `1 / (1 + e⁻ˣ)`. */
export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOp, [x], null);
/** `max(x, 0)`, with gradient 0 at 0. */
export const relu = (x: Tensor): Tensor => apply(reluOp, [x], null);
/** `ln(1 + eˣ)`, finite for every finite x. */
export const softplus = (x: Tensor): Tensor => apply(softplusOp, [x], null);
/** `x²`. */
export const square = (x: Tensor): Tensor => apply(squareOp, [x], null);

/**
 * Of a sigmoid, often a hard sigmoid. Else, on the CPU, a depthwise convolution or, where the size does not fit one, a batch
 * normalisation with chosen statistics, which takes one thread: one pass each, where Mul and Add are two.
 */
const affineOp: Op<null> = {
  name: 'affine',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: ({ inputs: [x, scale, offset] }, [dy]) => [
    mul(dy!, scale),
    sumTo(mul(dy!, x), scale.shape),
    sumTo(dy!, offset.shape),
  ],
  lower: (emit, [x, scale, offset], { inputs: [{ node, shape, size }, ...scalars] }) => {
    const [slope, start] = scalars.map(constantValue);
    if (node.op === sigmoidOp && slope !== undefined && start !== undefined && staysWithin(slope, start))
      return [emit.op('HardSigmoid', [x], { alpha: { float: slope }, beta: { float: start } })];
    if (emit.target !== 'cpu' || size < 4096) return [emit.op('Add', [emit.op('Mul', [x, scale]), offset])];
    const block = emit.blockSize;
    const fits = block > 0 && size % block === 0;
    const channels = fits ? block : 1;
    // Rows are what threads share.
    const rows = largestDivisor(size / channels, 64);
    const [scales, offsets] = [scale, offset].map((name, i) => {
      const known = [slope, start][i];
      if (known !== undefined) return emit.float(new Float32Array(channels).fill(known));
      return emit.op('Expand', [emit.op('Reshape', [name, emit.ints([1])]), emit.ints([channels])]);
    });
    const pixels = fits ? [1, block, rows, size / block / rows] : [rows, 1, size / rows];
    const flat = emit.op('Reshape', [x, emit.ints(pixels)]);
    const y = fits
      ? blockedAffine(emit, flat, block, scales, offsets)
      : emit.op('BatchNormalization', [flat, scales, offsets, emit.float([0]), emit.float([1])], {
          epsilon: { float: 0 },
        });
    return [emit.op('Reshape', [y, emit.ints(shape)])];
  },
};

/** Whether 0–1 stays within 0–1, where a hard sigmoid is an affine function. */
const staysWithin = (slope: number, start: number): boolean =>
  [start, start + slope].every((end) => end >= 0 && end <= 1);

/** `x · scale + offset` with scalar tensors, in one pass where the device can. */
export const affine = (x: Tensor, scale: Tensor, offset: Tensor): Tensor =>
  apply(affineOp, [x, scale, offset], null);

interface ClampAttributes {
  readonly min: number;
  readonly max: number;
}

const clampOp: Op<ClampAttributes> = {
  name: 'clamp',
  infer: ([x]) => [{ shape: x.shape, dtype: 'float32' }],
  gradient: ({ inputs: [x], attributes: { min, max } }, [dy]) => {
    let gradient = dy!;
    // A product: the CPU provider's Where takes as long as five.
    if (min > Number.NEGATIVE_INFINITY) gradient = mul(gradient, toFloat(greaterOrEqual(x, min)));
    if (max < Number.POSITIVE_INFINITY) gradient = mul(gradient, toFloat(greaterOrEqual(max, x)));
    return [gradient];
  },
  lower: (emit, [x], { inputs: [{ shape }], attributes: { min, max } }) => {
    const bounds = [
      min > Number.NEGATIVE_INFINITY ? emit.float(min) : '',
      ...(max < Number.POSITIVE_INFINITY ? [emit.float(max)] : []),
    ];
    return [lowerUnary(emit, x, shape[1], (own) => emit.op('Clip', [own, ...bounds]))];
  },
};

/** `x` held between `min` and `max`; the gradient is 0 outside. Either bound may be infinite. */
export function clamp(x: Tensor, min: number, max = Number.POSITIVE_INFINITY): Tensor {
  if (!(min <= max)) throw new GraphError(`clamp: expected min ≤ max, got ${min} and ${max}`);
  return apply(clampOp, [x], { min, max });
}

interface DequantizeAttributes {
  readonly scale: number;
}

const dequantizeOp: Op<DequantizeAttributes> = {
  name: 'dequantize',
  infer: ([x]) => {
    if (x.dtype !== 'uint8') throw new GraphError(`dequantize: expected uint8, got ${x.dtype}`);
    return [{ shape: x.shape, dtype: 'float32' }];
  },
  gradient: () => [undefined],
  // The CPU provider's Cast takes one thread.
  lower: (emit, [x], { attributes: { scale } }) => [emit.op('DequantizeLinear', [x, emit.float(scale)])],
};

/** `x · scale` as float32, of a uint8 `x`: bytes are a quarter of the memory to write and to feed. */
export const dequantize = (x: Tensor, scale: number): Tensor => apply(dequantizeOp, [x], { scale });

const stopGradientOp: Op<null> = {
  name: 'stopGradient',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  gradient: () => [undefined],
  lower: (_, inputs) => [inputs[0]],
};

/** `x`, held constant in the gradient. */
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOp, [x], null);
