import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  constantValue,
  div,
  exp,
  expand,
  gradients,
  greater,
  input,
  maximum,
  mean,
  mul,
  neg,
  relu,
  reshape,
  scalar,
  sigmoid,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  topologicalOrder,
  where,
  zeros,
} from '../graph/index.js';
import { compile, load } from '../runtime/node.js';
import { lowerToOnnx } from './lower.js';
import { simplify } from './simplify.js';

const x = input('x', [2, 3]);
const y = input('y', [2, 3]);
const s = input('s', []);

/** The ops of a tensor in their order, without inputs and constants. */
const ops = (tensor: Tensor): string =>
  topologicalOrder([tensor])
    .map(({ op }) => op.name)
    .filter((name) => name !== 'input' && name !== 'constant')
    .join(' ');

const simple = (tensor: Tensor): Tensor => simplify({ tensor }).tensor;

describe('simplify', () => {
  it.each<[string, Tensor, string]>([
    ['chains of numbers become one', mul(div(mul(x, 3), 2), 4), 'mul'],
    ['numbers that cancel vanish', mul(mul(x, 4), 0.25), ''],
    ['double negation vanishes', neg(neg(x)), ''],
    ['signs meet in a subtraction', add(x, neg(y)), 'sub'],
    ['a negation becomes part of a factor', neg(mul(x, 3)), 'mul'],
    ['0 is not added, whatever its shape', add(x, zeros([2, 3])), ''],
    ['1 is not multiplied by, whatever its shape', mul(x, expand(scalar(1), [2, 3])), ''],
    ['a scalar is multiplied by once', mul(mul(mul(x, s), y), 3), 'mul mul mul'],
    ['scalars are put off until after a sum', sum(mul(mul(x, s), 3)), 'sum reshape mul mul'],
    ['a sum of squares writes no squares', sum(square(x)), 'sumOfSquares reshape'],
    ['a mean of magnitudes writes no magnitudes', mean(mul(abs(x), 3)), 'sumOfMagnitudes reshape mul'],
    ['a mean of products writes no products', mean(mul(x, y)), 'sumOfProducts reshape mul'],
    ['a sum of products keeps the order of sums', sum(mul(x, y)), 'mul sum reshape'],
    ['a sum over one axis writes what it reads', sum(square(x), [1]), 'square sum reshape'],
    ['an expanded scalar does without its expansion', mul(expand(reshape(s, [1, 1]), [2, 3]), x), 'mul'],
    ['a common factor is taken out', add(mul(x, s), mul(y, s)), 'add mul'],
    ['the mean of a constant is the constant', mul(mean(expand(scalar(2), [2, 3])), x), 'mul'],
    ['the sum of a constant counts', mul(sum(expand(scalar(0.5), [2, 3])), x), 'mul'],
    ['functions of numbers are folded', mul(sqrt(maximum(scalar(4), abs(scalar(-9)))), x), 'mul'],
    ['a product with a reciprocal is a quotient', mul(div(1, x), y), 'div'],
    ['s·(1 − x) is one pass', mul(mul(y, sub(1, x)), s), 'mul affine mul'],
    ['s·x + t is one pass', add(mul(x, s), mul(s, 2)), 'mul affine'],
    ['the step of a squared ReLU is not needed twice', gradients(sum(square(relu(x))), [x])[0], 'relu mul'],
    ['a stopped gradient is nothing any more', stopGradient(x), ''],
  ])('%s', (_, tensor, expected) => {
    expect(ops(simple(tensor))).toBe(expected);
  });

  it('leaves what it has no rule for as it is', () => {
    const tensor = where(greater(x, y), exp(x), abs(y));
    expect(simple(tensor)).toBe(tensor);
  });

  it('folds a graph of numbers to a constant', () => {
    expect(constantValue(simple(div(add(scalar(1), exp(scalar(0))), 4)))).toBe(0.5);
  });

  it('keeps shapes that only an expansion made', () => {
    expect(simple(expand(reshape(mul(s, 2), [1, 1]), [2, 3])).shape).toEqual([2, 3]);
    expect(simple(mul(expand(scalar(1), [4, 2, 3]), x)).shape).toEqual([4, 2, 3]);
    expect(simple(reshape(sum(x), [1, 1])).shape).toEqual([1, 1]);
  });

  it('changes no value', async () => {
    const p = sigmoid(mul(x, s));
    const loss = add(
      mul(mean(square(sub(p, y))), 3),
      div(sum(mul(relu(sub(p, mul(y, 0.5))), neg(s))), maximum(mul(sum(abs(p), [1]), 2), 1e-3)),
    );
    const scalarLoss = mean(loss);
    const outputs = {
      value: scalarLoss,
      dx: gradients(scalarLoss, [x])[0],
      ds: gradients(scalarLoss, [s])[0],
    };
    const feeds = {
      x: Float32Array.of(-2, 0.1, 0.7, 3, -0.4, 1),
      y: Float32Array.of(0, 1, 0.3, 0.9, 0.5, 0.2),
      s: Float32Array.of(1.7),
    };
    const [simplified, plain] = [
      await compile(outputs),
      await load(lowerToOnnx(outputs, { simplify: false })),
    ];
    const [a, b] = [await simplified.run(feeds), await plain.run(feeds)];
    for (const name of Object.keys(outputs)) {
      Array.from(a[name], Number).forEach((value, i) => {
        expect(value, name).toBeCloseTo(Number(b[name][i]), 6);
      });
    }
    await Promise.all([simplified.dispose(), plain.dispose()]);
  });
});
