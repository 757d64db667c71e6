import { describe, expect, it } from 'vitest';
import { compile } from '../runtime/node.js';
import { arbitrary, bothGradients, type Case, evaluate, of, worstError } from './check.fixture.js';
import type { Tensor } from './index.js';
import * as graph from './index.js';

/** A hand-worked value of an op. Its gradient is checked at the same place unless it has none there. */
interface OpCase {
  readonly op: string;
  readonly inputs: readonly Case[];
  readonly build: (...x: Tensor[]) => Tensor;
  readonly value: readonly number[];
  readonly noGradient?: true;
}

const row = (...values: number[]) => of([values.length], ...values);
const nine = of([1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);
const two = of([2, 2], 1, 2, 3, 4);
const e = Math.E;
const half = 1 / 2;

const g = graph;
const cases: OpCase[] = [
  { op: 'add', inputs: [two, row(10, 20)], build: g.add, value: [11, 22, 13, 24] },
  { op: 'add', inputs: [two], build: (x) => g.add(x, 0.5), value: [1.5, 2.5, 3.5, 4.5] },
  { op: 'sub', inputs: [two, of([2, 1], 1, 10)], build: g.sub, value: [0, 1, -7, -6] },
  { op: 'sub', inputs: [row(1, 2)], build: (x) => g.sub(1, x), value: [0, -1] },
  { op: 'mul', inputs: [two, row(10, -1)], build: g.mul, value: [10, -2, 30, -4] },
  { op: 'mul', inputs: [row(3)], build: (x) => g.mul(x, x), value: [9] },
  { op: 'div', inputs: [two, row(2, -4)], build: g.div, value: [0.5, -0.5, 1.5, -1] },
  { op: 'div', inputs: [of([], 6), row(2, 3)], build: g.div, value: [3, 2] },
  { op: 'maximum', inputs: [two, row(1.5, 3)], build: g.maximum, value: [1.5, 3, 3, 4] },
  { op: 'minimum', inputs: [two, row(1.5, 3)], build: g.minimum, value: [1, 2, 1.5, 3] },
  { op: 'neg', inputs: [row(1, -2)], build: g.neg, value: [-1, 2] },
  { op: 'exp', inputs: [row(0, 1, -1)], build: g.exp, value: [1, e, 1 / e] },
  { op: 'log', inputs: [row(1, e, half)], build: g.log, value: [0, 1, -Math.LN2] },
  { op: 'sqrt', inputs: [row(1, 4, 0.25)], build: g.sqrt, value: [1, 2, 0.5] },
  { op: 'abs', inputs: [row(1, -2)], build: g.abs, value: [1, 2] },
  { op: 'sign', inputs: [row(3, -0.1, 0)], build: g.sign, value: [1, -1, 0], noGradient: true },
  { op: 'step', inputs: [row(3, -0.1, 0)], build: (x) => g.step(x), value: [1, 0, 0], noGradient: true },
  {
    op: 'step',
    inputs: [row(0.5000001, 0.5, 1e38)],
    build: (x) => g.step(x, 0.5),
    value: [1, 0, 1],
    noGradient: true,
  },
  { op: 'sigmoid', inputs: [row(0, Math.log(3))], build: g.sigmoid, value: [0.5, 0.75] },
  { op: 'relu', inputs: [row(2, -3)], build: g.relu, value: [2, 0] },
  { op: 'softplus', inputs: [row(0, Math.log(e - 1))], build: g.softplus, value: [Math.LN2, 1] },
  { op: 'square', inputs: [row(3, -2)], build: g.square, value: [9, 4] },
  { op: 'affine', inputs: [two, of([], 2), of([], -3)], build: g.affine, value: [-1, 1, 3, 5] },
  {
    op: 'affine',
    inputs: [of([2], 2, -3)],
    // Large enough for the lowering of large tensors.
    build: (x) =>
      g.sum(g.affine(g.constant(new Float32Array(5000).fill(0.5), [5, 1000]), g.sum(x), g.scalar(1)), [1]),
    value: Array(5).fill(500),
  },
  {
    op: 'affine',
    inputs: [of([2], 2, -3)],
    // Of a size that fits blocks.
    build: (x) =>
      g.sum(g.affine(g.constant(new Float32Array(5120).fill(0.5), [5, 1024]), g.sum(x), g.scalar(1)), [1]),
    value: Array(5).fill(512),
  },
  { op: 'clamp', inputs: [row(-2, 0.5, 3)], build: (x) => g.clamp(x, -1, 1), value: [-1, 0.5, 1] },
  { op: 'clamp', inputs: [row(-2, 3)], build: (x) => g.clamp(x, 0), value: [0, 3] },
  { op: 'stopGradient', inputs: [row(1, 2)], build: g.stopGradient, value: [1, 2], noGradient: true },
  {
    op: 'greater',
    inputs: [row(1, 2, 3)],
    build: (x) => g.toFloat(g.greater(x, 2)),
    value: [0, 0, 1],
    noGradient: true,
  },
  {
    op: 'greaterOrEqual',
    inputs: [row(1, 2, 3)],
    build: (x) => g.toFloat(g.greaterOrEqual(x, 2)),
    value: [0, 1, 1],
    noGradient: true,
  },
  {
    op: 'toFloat',
    inputs: [two],
    build: (x) => g.toFloat(g.greater(2.5, x)),
    value: [1, 1, 0, 0],
    noGradient: true,
  },
  {
    op: 'where',
    inputs: [two, row(10, 20)],
    build: (a, b) => g.where(g.greater(a, 2.5), a, b),
    value: [10, 20, 3, 4],
  },
  { op: 'sum', inputs: [two], build: (x) => g.sum(x), value: [10] },
  { op: 'sum', inputs: [two], build: (x) => g.sum(x, [0]), value: [4, 6] },
  {
    op: 'sum',
    inputs: [two],
    build: (x) => g.div(x, g.sum(x, [-1], { keepDims: true })),
    value: [1 / 3, 2 / 3, 3 / 7, 4 / 7],
  },
  { op: 'mean', inputs: [two], build: (x) => g.mean(x, [1]), value: [1.5, 3.5] },
  { op: 'mean', inputs: [nine], build: (x) => g.mean(g.square(x)), value: [285 / 9] },
  { op: 'max', inputs: [of([2, 3], 1, 5, 2, 7, 3, 4)], build: (x) => g.max(x, [1]), value: [5, 7] },
  { op: 'max', inputs: [two], build: (x) => g.sub(x, g.max(x)), value: [-3, -2, -1, 0] },
  {
    op: 'reshape',
    inputs: [of([2, 3], 1, 2, 3, 4, 5, 6)],
    build: (x) => g.sum(g.reshape(x, [3, 2]), [0]),
    value: [9, 12],
  },
  {
    op: 'transpose',
    inputs: [of([2, 3], 1, 2, 3, 4, 5, 6)],
    build: (x) => g.transpose(x, [1, 0]),
    value: [1, 4, 2, 5, 3, 6],
  },
  {
    op: 'transpose',
    inputs: [of([1, 2, 3], 1, 2, 3, 4, 5, 6)],
    build: (x) => g.transpose(x, [2, 0, 1]),
    value: [1, 4, 2, 5, 3, 6],
  },
  {
    op: 'expand',
    inputs: [of([2, 1], 1, 2)],
    build: (x) => g.expand(x, [2, 2, 2]),
    value: [1, 1, 2, 2, 1, 1, 2, 2],
  },
  {
    op: 'expand',
    inputs: [of([2, 1], 1, 2), two],
    build: (x, y) => g.mul(g.expand(x, [2, 2]), y),
    value: [1, 2, 6, 8],
  },
  {
    op: 'slice',
    inputs: [of([2, 3], 1, 2, 3, 4, 5, 6)],
    build: (x) => g.slice(x, 1, 1, 3),
    value: [2, 3, 5, 6],
  },
  { op: 'slice', inputs: [two], build: (x) => g.slice(x, -2, 0, 1), value: [1, 2] },
  { op: 'pad', inputs: [two], build: (x) => g.pad(x, [0, 1], [1, 0]), value: [0, 1, 2, 0, 3, 4, 0, 0, 0] },
  { op: 'pad', inputs: [nine], build: (x) => g.pad(x, [0, 0, -1, -1], [0, 0, 0, -1]), value: [5, 8] },
  {
    op: 'pad',
    inputs: [two],
    build: (x) => g.pad(x, [1, 0], [0, 1], 'edge'),
    value: [1, 2, 2, 1, 2, 2, 3, 4, 4],
  },
  {
    op: 'pad',
    inputs: [of([3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9)],
    build: (x) => g.pad(x, [2, 0], [0, 1], 'reflect'),
    value: [7, 8, 9, 8, 4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5, 7, 8, 9, 8],
  },
  {
    op: 'concat',
    inputs: [two, of([2, 1], 8, 9)],
    build: (a, b) => g.concat([a, b], 1),
    value: [1, 2, 8, 3, 4, 9],
  },
  {
    op: 'concat',
    inputs: [two],
    build: (a) => g.concat([a, g.square(a)], 0),
    value: [1, 2, 3, 4, 1, 4, 9, 16],
  },
  {
    op: 'split',
    inputs: [of([2, 3], 1, 2, 3, 4, 5, 6)],
    build: (x) => {
      const [a, , c] = g.split(x, 1, [1, 1, 1]);
      return g.mul(a, c);
    },
    value: [3, 24],
  },
  { op: 'zeros', inputs: [two], build: (x) => g.add(x, g.zeros([2, 2])), value: [1, 2, 3, 4] },
  { op: 'matMul', inputs: [two, of([2, 1], 10, 100)], build: g.matMul, value: [210, 430] },
  {
    op: 'matMul',
    inputs: [of([2, 1, 2], 1, 2, 3, 4), two],
    build: g.matMul,
    value: [7, 10, 15, 22],
  },
  {
    op: 'conv2d',
    inputs: [nine, of([1, 1, 2, 2], 1, 0, 0, -1)],
    build: (x, w) => g.conv2d(x, w, [0, 0]),
    value: [-4, -4, -4, -4],
  },
  {
    op: 'conv2d',
    inputs: [nine, of([1, 1, 3, 3], 0, 0, 1, 0, 0, 0, 0, 0, 0)],
    build: (x, w) => g.conv2d(x, w),
    value: [0, 0, 0, 2, 3, 0, 5, 6, 0],
  },
  {
    op: 'conv2d',
    inputs: [of([1, 2, 1, 2], 1, 2, 3, 4), of([2, 2, 1, 1], 1, 10, -1, 1)],
    build: (x, w) => g.conv2d(x, w),
    value: [31, 42, 2, 2],
  },
  {
    op: 'groupedConv2d',
    inputs: [of([1, 2, 1, 2], 1, 2, 3, 4), of([2, 1, 1, 1], 10, -1)],
    build: (x, w) => g.groupedConv2d(x, w, 2),
    value: [10, 20, -3, -4],
  },
  {
    op: 'maxPool2x2',
    inputs: [of([1, 1, 2, 4], 1, 2, 7, 3, 4, 3, 5, 6)],
    build: g.maxPool2x2,
    value: [4, 7],
  },
  {
    op: 'interleave',
    inputs: [of([1, 8, 1, 1], 1, 2, 3, 4, 5, 6, 7, 8)],
    build: g.interleave,
    value: [1, 3, 5, 7, 2, 4, 6, 8],
  },
  {
    op: 'shuffleChannels',
    inputs: [of([8, 1], 1, 2, 3, 4, 5, 6, 7, 8)],
    build: (x) => g.shuffleChannels(x, 0),
    value: [1, 5, 2, 6, 3, 7, 4, 8],
  },
  {
    op: 'pixelShuffle',
    inputs: [of([1, 4, 1, 2], 1, 2, 3, 4, 5, 6, 7, 8)],
    build: g.pixelShuffle,
    value: [1, 3, 2, 4, 5, 7, 6, 8],
  },
  {
    op: 'pixelUnshuffle',
    inputs: [of([1, 1, 2, 4], 1, 3, 2, 4, 5, 7, 6, 8)],
    build: g.pixelUnshuffle,
    value: [1, 2, 3, 4, 5, 6, 7, 8],
  },
  {
    op: 'batchNormTrain',
    inputs: [of([2, 1, 1, 2], 1, 3, 5, 7), row(2), row(10)],
    // Mean 4, variance 5.
    build: (x, w, b) => g.batchNormTrain(x, w, b, 0).y,
    value: [-3, -1, 1, 3].map((d) => 10 + (2 * d) / Math.sqrt(5)),
  },
  {
    op: 'batchNormEval',
    inputs: [of([1, 2, 1, 1], 3, 5), row(2, 1), row(1, 0), row(1, 5), row(4, 1)],
    build: (x, ...rest) => g.batchNormEval(x, rest[0], rest[1], rest[2], rest[3], 0),
    value: [3, 0],
    noGradient: true,
  },
  {
    op: 'jaccardSteps',
    inputs: [of([1, 3], 1, 0.5, 2)],
    // First to join is background, 1 − 2/3, then foreground, 1/3 each.
    build: (x) => g.jaccardSteps(x, g.constant([1, 1, 0], [1, 3])),
    value: [1 / 3, 1 / 3, 1 / 3],
    noGradient: true,
  },
  {
    op: 'sortDescending',
    inputs: [row(1, 3, 2)],
    build: (x) => g.sortDescending(x).values,
    value: [3, 2, 1],
  },
  {
    op: 'takeAlong',
    inputs: [row(10, 20, 30)],
    build: (x) => g.takeAlong(x, g.sortDescending(g.constant([1, 3, 2], [3])).order),
    value: [20, 30, 10],
  },
  { op: 'sumOfSquares', inputs: [two], build: g.sumOfSquares, value: [30] },
  { op: 'sumOfMagnitudes', inputs: [row(1, -2, 3)], build: g.sumOfMagnitudes, value: [6] },
  { op: 'sumOfProducts', inputs: [two, of([2, 2], 1, -2, 3, -4)], build: g.sumOfProducts, value: [-10] },
  {
    op: 'sumOfProducts',
    inputs: [row(2, 3)],
    // Large enough for rows.
    build: (x) => {
      const halves = g.constant(new Float32Array(4 * 1500).fill(0.5), [4, 1500]);
      return g.mul(g.sumOfProducts(halves, g.mul(halves, g.sum(x))), 1 / 1500);
    },
    value: [5],
  },
  { op: 'imageProducts', inputs: [two, of([2, 2], 1, -2, 3, -4)], build: g.imageProducts, value: [-3, -7] },
  { op: 'imageSums', inputs: [two], build: g.imageSums, value: [3, 7] },
  {
    op: 'imageProducts',
    inputs: [row(2, 3)],
    // Large enough for rows, two an image.
    build: (x) => {
      const halves = g.constant(new Float32Array(2 * 20_000).fill(0.5), [2, 20_000]);
      return g.mul(g.imageProducts(halves, g.mul(halves, g.sum(x))), 1 / 20_000);
    },
    value: [1.25, 1.25],
  },
  { op: 'difference', inputs: [nine], build: (x) => g.difference(x, 3), value: Array(6).fill(1) },
  { op: 'difference', inputs: [nine], build: (x) => g.difference(x, 2), value: Array(6).fill(3) },
  { op: 'sobel', inputs: [nine], build: (x) => g.sobel(x, 3), value: Array(3).fill([0.5, 1, 0.5]).flat() },
  {
    op: 'sobel',
    inputs: [nine],
    build: (x) => g.sobel(x, 2),
    value: [1.5, 1.5, 1.5, 3, 3, 3, 1.5, 1.5, 1.5],
  },
  {
    op: 'sobelSmooth',
    inputs: [nine],
    build: g.sobelSmooth,
    value: [2, 2.75, 3.5, 4.25, 5, 5.75, 6.5, 7.25, 8],
  },
  { op: 'cumulativeSum', inputs: [row(1, 3, 2)], build: g.cumulativeSum, value: [1, 4, 6] },
  {
    op: 'choose',
    inputs: [of([], 1), row(3, -2)],
    build: (which, x) => g.choose(which, [[x], [g.square(x)], [g.exp(x)]])[0],
    value: [9, 4],
    noGradient: true,
  },
];

/** Exports of the graph that compute nothing, and `dequantize`, whose input is not float32. */
const notOps = [
  'dequantize',
  ...['Tensor', 'input', 'inputOp', 'constant', 'constantValue', 'scalar', 'gradients', 'topologicalOrder'],
  ...['GraphError', 'sizeOf', 'showShape', 'sameShape', 'broadcastShapes', 'normaliseAxes', 'blockedDomain'],
];

describe('every op', () => {
  it('has a case here', () => {
    const ops = Object.keys(graph).filter((name) => !notOps.includes(name));
    expect(ops.filter((name) => !cases.some((c) => c.op === name))).toEqual([]);
  });

  it.each(cases)('$op has its hand-worked value: $value', async ({ inputs, build, value }) => {
    expect(worstError(await evaluate(build, inputs), value)).toBeLessThan(2e-6);
  });

  it.each(cases.filter((c) => !c.noGradient))(
    '$op has the gradient of finite differences ($value)',
    async (c) => {
      const { analytic, numeric } = await bothGradients(c.build, c.inputs);
      analytic.forEach((gradient, i) => {
        expect(
          worstError(gradient, numeric[i]),
          `input ${i}: ${gradient} against ${numeric[i]}`,
        ).toBeLessThan(1e-3);
      });
    },
  );

  it('dequantize multiplies bytes, and takes nothing else', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const program = await compile({ y: g.dequantize(g.input('x', [256], 'uint8'), 1 / 255) });
    const { y } = await program.run({ x: bytes });
    await program.dispose();
    expect(
      worstError(
        Array.from(y, Number),
        Array.from(bytes, (x) => x / 255),
      ),
    ).toBeLessThan(1e-7);
    expect(() => g.dequantize(g.input('x', [256]), 1 / 255)).toThrow('expected uint8, got float32');
  });

  it('batchNormTrain has the gradient of finite differences over several channels', async () => {
    const inputs = [arbitrary([2, 3, 4, 4]), row(1, 0.5, -2), row(0, 1, 2)];
    const { analytic, numeric } = await bothGradients((x, w, b) => g.batchNormTrain(x, w, b).y, inputs);
    analytic.forEach((gradient, i) => {
      expect(worstError(gradient, numeric[i])).toBeLessThan(1e-3);
    });
  });

  it('batchNormTrain gives the batch mean and the biased variance', async () => {
    const x = of([2, 1, 1, 2], 1, 3, 5, 7);
    const statistics = (t: Tensor) => g.batchNormTrain(t, g.constant([1], [1]), g.constant([0], [1]));
    expect(await evaluate((t) => statistics(t).mean, [x])).toEqual([4]);
    expect(await evaluate((t) => statistics(t).variance, [x])).toEqual([5]);
  });
});
