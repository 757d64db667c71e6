/**
 * Algebraic simplification and constant folding of a graph, before it is lowered.
 *
 * Every value is kept as `scale · core`, a scalar times a tensor. Multiplications by scalars, which gradients are full
 * of, then cost no pass over memory: they move along products and sums, meet as scalars, and are carried out once at the
 * end, or within the pass of a neighbour.
 */
import {
  add,
  affine,
  constantValue,
  div,
  expand,
  mul,
  type Node,
  reshape,
  type Shape,
  type StepAttributes,
  sameShape,
  scalar,
  sub,
  sumOfMagnitudes,
  sumOfProducts,
  sumOfSquares,
  type Tensor,
  topologicalOrder,
} from '../graph/index.js';
import { applyAll } from '../graph/tensor.js';

/** `factor · Π tensors / Π divisors`: a number and scalars that are known at run time only. */
interface Scale {
  readonly factor: number;
  readonly tensors: readonly Tensor[];
  readonly divisors: readonly Tensor[];
}

/** `scale · core`; without a core, the scale everywhere. */
interface Scaled extends Scale {
  readonly core?: Tensor;
}

const number = (factor: number): Scaled => ({ factor, tensors: [], divisors: [] });
const plain = (core: Tensor): Scaled => ({ ...number(1), core });

const sameTensors = (a: Scale, b: Scale): boolean =>
  sameList(a.tensors, b.tensors) && sameList(a.divisors, b.divisors);
const sameList = (a: readonly Tensor[], b: readonly Tensor[]): boolean =>
  a.length === b.length && a.every((t, i) => t === b[i]);
const isConstant = ({ tensors, divisors }: Scale): boolean => tensors.length + divisors.length === 0;
const isNumber = (x: Scaled): boolean => !x.core && isConstant(x);
const isZero = (scale: Scale): boolean => scale.factor === 0 && isConstant(scale);
const isPlain = (scale: Scale): boolean => scale.factor === 1 && isConstant(scale);

/** A value times a number. */
const multiple = (x: Scaled, n: number): Scaled => ({ ...x, factor: x.factor * n });

const times = (a: Scale, b: Scale): Scale => ({
  factor: a.factor * b.factor,
  tensors: [...a.tensors, ...b.tensors],
  divisors: [...a.divisors, ...b.divisors],
});

const over = (a: Scale, b: Scale): Scale => ({
  factor: a.factor / b.factor,
  tensors: [...a.tensors, ...b.divisors],
  divisors: [...a.divisors, ...b.tensors],
});

/** A scale as a scalar tensor. Divisions alternate with products, so that no intermediate result grows needlessly. */
function scaleTensor({ factor, tensors, divisors }: Scale): Tensor {
  let result: Tensor | number = factor;
  for (let i = 0; i < Math.max(tensors.length, divisors.length); i++) {
    if (i < tensors.length) result = mul(tensors[i], result);
    if (i < divisors.length) result = div(result, divisors[i]);
  }
  return typeof result === 'number' ? scalar(result) : result;
}

/**
 * `scale · core` in as few passes as possible: `s·(c − x)` is one affine pass over x, and of a product's factors the one that
 * takes the scale in its own pass, or is smaller, takes it.
 */
function scaled(core: Tensor, scale: Scale): Tensor {
  return isPlain(scale) ? core : (absorbed(core, scale) ?? mul(core, scaleTensor(scale)));
}

function absorbed(core: Tensor, scale: Scale): Tensor | undefined {
  const {
    op: { name },
    inputs: [a, b],
  } = core.node;
  if (name === 'sub') {
    const c = constantValue(a);
    return c === undefined
      ? undefined
      : affine(b, scaleTensor(times(scale, number(-1))), scaleTensor(times(scale, number(c))));
  }
  if (name !== 'mul') return undefined;
  if (a.size !== b.size) return a.size < b.size ? mul(scaled(a, scale), b) : mul(a, scaled(b, scale));
  const right = absorbed(b, scale);
  if (right) return mul(a, right);
  const left = absorbed(a, scale);
  return left && mul(left, b);
}

/** A scalar in a shape. */
function fill(x: Tensor, shape: Shape): Tensor {
  const ones = shape.map(() => 1);
  return expand(reshape(x, ones), shape);
}

/** `scale · x`; an `x` of one element is a scale itself. */
const asValue = (x: Tensor, scale: Scale = number(1)): Scaled =>
  x.size === 1 && x.dtype === 'float32'
    ? times(scale, { ...number(1), tensors: [reshape(x, [])] })
    : { ...scale, core: x };

/** The outputs of a node for new inputs. */
const reapply = ({ op, inputs, outputs, attributes }: Node, now: readonly Tensor[]): readonly Tensor[] =>
  now.every((tensor, i) => tensor === inputs[i]) ? outputs : applyAll(op, now, attributes);

function product(a: Scaled, b: Scaled): Scaled {
  const scale = times(a, b);
  if (!a.core || !b.core) return { ...scale, core: a.core ?? b.core };
  // A small factor, such as one number an image, takes the scale at once.
  if (a.core.size !== b.core.size) return plain(scaled(mul(a.core, b.core), scale));
  return {
    ...scale,
    core: shortProduct(a.core, b.core) ?? shortProduct(b.core, a.core) ?? mul(a.core, b.core),
  };
}

/** `x·(1/y) = x/y`, and `relu(x)·[relu(x) > 0] = relu(x)`, which the gradient of a squared ReLU holds. */
function shortProduct(x: Tensor, { node: { op, inputs, attributes } }: Tensor): Tensor | undefined {
  if (op.name === 'div' && constantValue(inputs[0]) === 1) return div(x, inputs[1]);
  const isOwnSlope = op.name === 'step' && inputs[0] === x && (attributes as StepAttributes).above === 0;
  return isOwnSlope && x.node.op.name === 'relu' ? x : undefined;
}

/** A reciprocal is a core by itself, for a product to take up. */
const quotient = (a: Scaled, b: Scaled): Scaled => ({
  ...over(a, b),
  core: b.core ? div(a.core ?? 1, b.core) : a.core,
});

/** A scale that both terms share is put off until after the sum. */
function sumOf(a: Scaled, b: Scaled): Scaled {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  if (!a.core && !b.core) {
    return sameTensors(a, b)
      ? { ...a, factor: a.factor + b.factor }
      : asValue(add(scaleTensor(a), scaleTensor(b)));
  }
  if (!a.core || !b.core) {
    const [everywhere, x] = a.core ? [b, a] : [a, b];
    if (isPlain(x)) return plain(add(x.core!, scaleTensor(everywhere)));
    if (x.factor === -1 && isConstant(x)) return plain(sub(scaleTensor(everywhere), x.core!));
    return plain(affine(x.core!, scaleTensor(x), scaleTensor(everywhere)));
  }
  if (!sameTensors(a, b)) return plain(add(scaled(a.core, a), scaled(b.core, b)));
  const [first, second] = Math.abs(b.factor) === 1 && a.factor !== 1 ? [b, a] : [a, b];
  const ratio = second.factor / first.factor;
  const term = scaled(second.core!, number(Math.abs(ratio)));
  return { ...first, core: ratio < 0 ? sub(first.core!, term) : add(first.core!, term) };
}

/** A sum or mean of `scale · core`. One over all axes takes squares, magnitudes and products as it reads their operands. */
function reduced(node: Node, core: Tensor, scale: Scale): Scaled {
  const [output] = node.outputs;
  const isMean = node.op.name === 'mean';
  const total = output.size === 1 ? sumWithin(core, isMean) : undefined;
  if (!total) return asValue(reapply(node, [core])[0], scale);
  const value = asValue(total, scale);
  return isMean ? multiple(value, 1 / core.size) : value;
}

/** Losses rely on sums adding in one order (`Σ p·t ≤ Σ p`), which a sum of products does not: it is for means only. */
function sumWithin(core: Tensor, anyOrder: boolean): Tensor | undefined {
  const {
    op: { name },
    inputs: [a, b],
  } = core.node;
  if (name === 'square' || (name === 'mul' && a === b)) return sumOfSquares(a);
  if (name === 'abs') return sumOfMagnitudes(a);
  return anyOrder && name === 'mul' && sameShape(a.shape, b.shape) ? sumOfProducts(a, b) : undefined;
}

/** What an op gives for numbers. */
const folds: Readonly<Record<string, (a: number, b: number) => number>> = {
  maximum: Math.max,
  minimum: Math.min,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  relu: (x) => Math.max(x, 0),
};

/** The value of `node` by a rule for its op, or undefined where there is none. */
function byRule(node: Node, values: readonly Scaled[]): Scaled | undefined {
  const [a, b] = values;
  const [output] = node.outputs;
  const { name } = node.op;
  // Without a core of the output's shape, a value that is the same everywhere would lose the shape.
  const fits = values.every(({ core }) => !core || sameShape(core.shape, output.shape));
  const broadcasts = values.every(({ core }) => core) || fits;
  switch (name) {
    case 'constant': {
      const value = constantValue(output);
      return value === undefined ? undefined : number(value);
    }
    case 'stopGradient':
      return a;
    case 'neg':
      return multiple(a, -1);
    case 'square':
      return { ...times(a, a), core: a.core && reapply(node, [a.core])[0] };
    case 'mul':
      return broadcasts ? product(a, b) : undefined;
    case 'div':
      return fits ? quotient(a, b) : undefined;
    case 'add':
      return fits ? sumOf(a, b) : undefined;
    case 'sub':
      return fits ? sumOf(a, multiple(b, -1)) : undefined;
    case 'sum':
    case 'mean':
      if (a.core) return reduced(node, a.core, a);
      return name === 'mean' ? a : multiple(a, node.inputs[0].size / output.size);
    case 'reshape':
    case 'transpose':
    case 'slice':
      return a.core ? asValue(reapply(node, [a.core])[0], a) : a;
    case 'difference':
      return a.core && asValue(reapply(node, [a.core])[0], a);
    case 'expand':
      return a.core ? undefined : a;
    default:
      return values.every(isNumber) && folds[name] ? number(folds[name](a.factor, b?.factor)) : undefined;
  }
}

/** Ops that broadcast, so that a scalar does for a value that is the same everywhere. */
const broadcasting = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'greater',
  'greaterOrEqual',
  'where',
]);

/**
 * The same outputs from fewer and cheaper ops: numbers folded, factors of 1 and terms of 0 dropped, chains of scalars
 * merged. Values differ by rounding only.
 */
export function simplify(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values = new Map<Tensor, Scaled>();
  const written = new Map<Tensor, Tensor>();

  /** A tensor of the old graph as one of the new graph. */
  function write(old: Tensor): Tensor {
    const known = written.get(old);
    if (known) return known;
    const { core, ...scale } = values.get(old)!;
    const tensor = core ? scaled(core, scale) : fill(scaleTensor(scale), old.shape);
    written.set(old, tensor);
    return tensor;
  }

  for (const node of topologicalOrder(Object.values(outputs))) {
    const inputs = node.inputs.map((tensor) => values.get(tensor)!);
    const value = byRule(node, inputs);
    if (value) {
      values.set(node.outputs[0], value);
      continue;
    }
    const { shape } = node.outputs[0];
    const scalarsDo =
      broadcasting.has(node.op.name) && inputs.some(({ core }) => core && sameShape(core.shape, shape));
    const now = node.inputs.map((old, i) =>
      scalarsDo && !inputs[i].core ? scaleTensor(inputs[i]) : write(old),
    );
    reapply(node, now).forEach((tensor, i) => {
      values.set(node.outputs[i], asValue(tensor));
    });
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, write(tensor)]));
}
