import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerToOnnx } from '../onnx/lower.js';
import { arbitrary, bothGradients, evaluate, of, worstError } from './check.fixture.js';
import {
  add,
  concat,
  div,
  exp,
  expand,
  gradients,
  input,
  log,
  matMul,
  mean,
  mul,
  neg,
  pad,
  reshape,
  scalar,
  sigmoid,
  slice,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  topologicalOrder,
  transpose,
} from './index.js';

describe('gradients', () => {
  it('reaches tensors in the middle of chains that the lowering shortens', async () => {
    // y = Σ 3·(−(−reshape(reshape(x)))) + Σ x·expand(s): each middle tensor sees its own slope.
    const build = (x: Tensor) => {
      const middle = reshape(x, [4]);
      const negated = neg(reshape(middle, [2, 2]));
      const stretched = expand(sum(middle), [2, 2]);
      const loss = add(sum(mul(neg(negated), 3)), sum(mul(x, stretched)));
      const [a, b, c] = gradients(loss, [middle, negated, stretched]);
      return concat([a, reshape(b, [4]), reshape(c, [4])], 0);
    };
    // middle: 3 + Σx = 13; negated: −3; stretched: x.
    expect(await evaluate(build, [of([2, 2], 1, 2, 3, 4)])).toEqual([
      13, 13, 13, 13, -3, -3, -3, -3, 1, 2, 3, 4,
    ]);
  });

  it('adds up every path to a tensor', async () => {
    // d/dx (x² + 3x + x·x²) at 2 = 4 + 3 + 12
    const build = (x: Tensor) => {
      const s = square(x);
      return gradients(sum(add(add(s, mul(x, 3)), mul(x, s))), [x])[0];
    };
    expect(await evaluate(build, [of([1], 2)])).toEqual([19]);
  });

  it('reaches intermediate tensors and the loss itself', async () => {
    const at = of([2], 1, 2);
    const build = (pick: (s: Tensor, loss: Tensor) => Tensor) => (x: Tensor) => {
      const s = square(x);
      const loss = sum(mul(s, s));
      return gradients(loss, [pick(s, loss)])[0];
    };
    expect(
      await evaluate(
        build((s) => s),
        [at],
      ),
    ).toEqual([2, 8]);
    expect(
      await evaluate(
        build((_, loss) => loss),
        [at],
      ),
    ).toEqual([1]);
  });

  it('is zero, in shape, where the loss does not depend on a tensor', async () => {
    const other = input('other', [2, 3]);
    const [gradient] = gradients(sum(input('x', [2])), [other]);
    expect(gradient.shape).toEqual([2, 3]);
    expect(await evaluate(() => gradient)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('of a gradient is the second derivative', async () => {
    const build = (x: Tensor) => {
      const [first] = gradients(sum(mul(x, square(x))), [x]);
      return gradients(sum(first), [x])[0];
    };
    expect(await evaluate(build, [of([2], 1, -2)])).toEqual([6, -12]);
  });

  it('refuses a loss that is no scalar, with its shape', () => {
    const x = input('x', [2, 3]);
    expect(() => gradients(x, [x])).toThrow('expected a scalar loss, got shape [2, 3]');
    expect(() => gradients(input('y', [1]), [x])).toThrow('got shape [1]');
  });

  it('survives a deep graph', () => {
    const x = input('x', []);
    let y = x;
    for (let i = 0; i < 15_000; i++) y = sigmoid(y);
    expect(topologicalOrder([y]).length).toBe(15_001);
    expect(gradients(y, [x]).length).toBe(1);
  });
});

describe('topologicalOrder', () => {
  it('lists each node once, after those it reads', () => {
    const x = input('x', [2]);
    const s = square(x);
    const order = topologicalOrder([add(s, mul(s, x)), s]);
    expect(order.map((node) => node.op.name)).toEqual(['input', 'square', 'mul', 'add']);
  });
});

describe('common subexpressions', () => {
  const nodes = (y: Tensor) => lowerToOnnx({ y }).nodeCount;

  it('written twice are computed once', () => {
    const x = input('x', [2, 3]);
    const f = () => sqrt(add(exp(x), 2));
    const once = nodes(mul(f(), 3));
    expect(nodes(mul(f(), f()))).toBe(once);
    expect(nodes(mul(f(), add(exp(x), 2)))).toBe(once);
  });

  it('with other constants or axes stay apart', async () => {
    const at = of([2, 2], 1, 2, 3, 4);
    expect(await evaluate((x) => add(sum(x, [0]), sum(x, [1])), [at])).toEqual([4 + 3, 6 + 7]);
    expect(await evaluate((x) => sub(mul(x, 2), mul(x, 3)), [at])).toEqual([-1, -2, -3, -4]);
  });

  it('that change nothing leave no node', () => {
    const x = input('x', [2]);
    expect(add(x, 0)).toBe(x);
    expect(sub(x, 0)).toBe(x);
    expect(mul(x, 1)).toBe(x);
    expect(div(x, 1)).toBe(x);
    expect(mul(scalar(1), x)).toBe(x);
  });
});

/** Ways to make a tensor of `shape` from smaller expressions; all smooth and of moderate size. */
type Expression = (leaves: readonly Tensor[]) => Tensor;
const [m, n] = [2, 3];
const unary: readonly ((x: Tensor) => Tensor)[] = [
  sigmoid,
  softplus,
  (x) => exp(sigmoid(x)),
  (x) => log(add(square(x), 1)),
  (x) => sqrt(add(square(x), 0.5)),
  (x) => div(1, add(square(x), 1)),
  (x) => reshape(transpose(sigmoid(x), [1, 0]), [m, n]),
  (x) => sub(x, mean(x, [1], { keepDims: true })),
  (x) => expand(mean(x, [0], { keepDims: true }), [m, n]),
  (x) => concat([slice(x, 1, 1, n), slice(x, 1, 0, 1)], 1),
  (x) => slice(pad(x, [1, 0], [0, 0], 'edge'), 0, 0, m),
  (x) => slice(pad(x, [0, 1], [0, 1], 'reflect'), 1, 0, n),
];
const binary: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  add,
  sub,
  (a, b) => mul(sigmoid(a), b),
  (a, b) => div(a, softplus(b)),
  (a, b) => mul(sum(a, [1], { keepDims: true }), sigmoid(b)),
  (a, b) => mul(matMul(matMul(a, transpose(b, [1, 0])), sigmoid(b)), 0.3),
];

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.nat(1).map(
      (i): Expression =>
        (leaves) =>
          leaves[i],
    ),
    fc.tuple(fc.constantFrom(...unary), tie('expression')).map(
      ([f, x]): Expression =>
        (leaves) =>
          f(x(leaves)),
    ),
    fc.tuple(fc.constantFrom(...binary), tie('expression'), tie('expression')).map(
      ([f, a, b]): Expression =>
        (leaves) =>
          f(a(leaves), b(leaves)),
    ),
  ),
}));

describe('random expressions', () => {
  it('have the gradients of finite differences', async () => {
    await fc.assert(
      fc.asyncProperty(expression, fc.nat(1000), async (build, seed) => {
        const leaves = [arbitrary([m, n], seed), arbitrary([m, n], seed + 0.5)];
        const { analytic, numeric } = await bothGradients((...x) => build(x), leaves);
        analytic.forEach((gradient, i) => {
          expect(worstError(gradient, numeric[i])).toBeLessThan(2e-3);
        });
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});
