import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../runtime/node.js';
import { bind, type Case, worstError } from './check.fixture.js';
import type { PadMode, Shape, Tensor } from './index.js';
import * as g from './index.js';

interface GoldenArray {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** Attributes of all ops; each call has those of its own. */
interface Attributes {
  readonly min: number;
  readonly max?: number;
  readonly axes: number[];
  readonly keepDims: boolean;
  readonly shape: Shape;
  readonly permutation: number[];
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly before: number[];
  readonly after: number[];
  readonly mode: PadMode;
  readonly padding: [number, number];
  readonly epsilon: number;
}

/** One call of an op in PyTorch; see `tests/goldens/README.md`. */
interface Golden {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly GoldenArray[];
  readonly cotangent: GoldenArray;
  readonly output: GoldenArray;
  readonly gradients: readonly (GoldenArray | null)[];
  readonly mean?: readonly number[];
  readonly variance?: readonly number[];
}

const path = new URL('../../tests/goldens/ops.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(path, 'utf8'));

type Build = (x: readonly Tensor[], attributes: Attributes) => Tensor;

const unary =
  (op: (x: Tensor) => Tensor): Build =>
  ([x]) =>
    op(x);
const binary =
  (op: (a: Tensor, b: Tensor) => Tensor): Build =>
  ([a, b]) =>
    op(a, b);
const reduction =
  (op: typeof g.sum): Build =>
  ([x], { axes, keepDims }) =>
    op(x, axes, { keepDims });

const builds: Readonly<Record<string, Build>> = {
  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div),
  maximum: binary(g.maximum),
  minimum: binary(g.minimum),
  neg: unary(g.neg),
  exp: unary(g.exp),
  log: unary(g.log),
  sqrt: unary(g.sqrt),
  abs: unary(g.abs),
  sigmoid: unary(g.sigmoid),
  relu: unary(g.relu),
  softplus: unary(g.softplus),
  square: unary(g.square),
  clamp: ([x], { min, max }) => g.clamp(x, min, max),
  where: ([condition, a, b]) => g.where(g.greater(condition, 0), a, b),
  sum: reduction(g.sum),
  mean: reduction(g.mean),
  max: reduction(g.max),
  reshape: ([x], { shape }) => g.reshape(x, shape),
  transpose: ([x], { permutation }) => g.transpose(x, permutation),
  slice: ([x], { axis, start, end }) => g.slice(x, axis, start, end),
  concat: (x, { axis }) => g.concat(x, axis),
  expand: ([x], { shape }) => g.expand(x, shape),
  pad: ([x], { before, after, mode }) => g.pad(x, before, after, mode),
  matMul: binary(g.matMul),
  conv2d: ([x, w], { padding }) => g.conv2d(x, w, padding),
  maxPool2x2: unary(g.maxPool2x2),
  pixelShuffle: unary(g.pixelShuffle),
  pixelUnshuffle: unary(g.pixelUnshuffle),
  batchNormTrain: ([x, w, b], { epsilon }) => g.batchNormTrain(x, w, b, epsilon).y,
  batchNormEval: ([x, w, b, mean, variance], { epsilon }) =>
    g.batchNormEval(x, w, b, mean, variance, epsilon),
};

const toCase = ({ shape, data }: GoldenArray): Case => ({ shape, values: data });
const named = goldens.map((golden, i) => ({ ...golden, name: `${i} ${golden.op}` }));

describe('PyTorch', () => {
  it.each(named)('agrees in value and gradient: $name', async ({ op, attributes, ...golden }) => {
    const { tensors, feeds } = bind(golden.inputs.map(toCase));
    const y = builds[op](tensors, attributes);
    expect(y.shape).toEqual(golden.output.shape);
    const outputs: Record<string, Tensor> = { y };
    const expected: Record<string, readonly number[]> = { y: golden.output.data };
    const differentiable = tensors.filter((_, i) => golden.gradients[i]);
    const loss = g.sum(g.mul(y, g.constant(golden.cotangent.data, golden.cotangent.shape)));
    if (differentiable.length > 0) {
      g.gradients(loss, differentiable).forEach((gradient, i) => {
        const golds = golden.gradients.filter((array) => array !== null);
        expect(gradient.shape).toEqual(golds[i].shape);
        outputs[`g${i}`] = gradient;
        expected[`g${i}`] = golds[i].data;
      });
    }
    if (golden.mean && golden.variance && op === 'batchNormTrain') {
      const [x, w, b] = tensors;
      const statistics = g.batchNormTrain(x, w, b, attributes.epsilon);
      Object.assign(outputs, { mean: statistics.mean, variance: statistics.variance });
      Object.assign(expected, { mean: golden.mean, variance: golden.variance });
    }
    const program = await compile(outputs, { threads: 1 });
    const results = await program.run(
      Object.fromEntries(program.inputs.map((port) => [port.name, feeds[port.name]])),
    );
    await program.dispose();
    for (const [name, values] of Object.entries(expected)) {
      expect(worstError(Array.from(results[name], Number), values), name).toBeLessThan(3e-6);
    }
  });
});
