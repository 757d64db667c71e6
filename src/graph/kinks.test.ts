import { describe, expect, it } from 'vitest';
import { type Case, evaluate, of } from './check.fixture.js';
import type { Tensor } from './index.js';
import * as g from './index.js';

const row = (...values: number[]) => of([values.length], ...values);

describe('gradients at kinks and ties', () => {
  const gradientOf = (build: (x: Tensor) => Tensor, at: Case) =>
    evaluate((x) => g.gradients(g.sum(build(x)), [x])[0], [at]);

  it.each<[string, (x: Tensor) => Tensor, Case, number[]]>([
    ['abs at 0', g.abs, row(0), [0]],
    ['relu at 0', g.relu, row(0, -1, 1e-30), [0, 0, 1]],
    ['sign', g.sign, row(1), [0]],
    ['stopGradient', (x) => g.mul(x, g.stopGradient(x)), row(3), [3]],
    ['maximum at a tie', (x) => g.maximum(x, 1), row(1), [1]],
    ['maximum from the right at a tie', (x) => g.maximum(1, x), row(1), [0]],
    ['minimum at a tie', (x) => g.minimum(x, 1), row(1), [1]],
    ['max shares among ties', g.max, row(2, 2, 1), [0.5, 0.5, 0]],
    ['clamp at its bounds', (x) => g.clamp(x, -1, 1), row(-1, 1, 2), [1, 1, 0]],
    ['maxPool2x2 takes the first of a tie', g.maxPool2x2, of([1, 1, 2, 2], 5, 5, 5, 5), [1, 0, 0, 0]],
    [
      'where does not leak a NaN of the other side',
      (x) => g.where(g.greater(x, 0), x, g.mul(x, 2)),
      row(1, -1),
      [1, 2],
    ],
  ])('%s', async (_, build, at, expected) => {
    expect(await gradientOf(build, at)).toEqual(expected);
  });

  it('stays finite far out', async () => {
    const far = row(1e4, -1e4);
    expect(await evaluate(g.sigmoid, [far])).toEqual([1, 0]);
    expect(await evaluate(g.softplus, [far])).toEqual([1e4, 0]);
    expect(await gradientOf(g.softplus, far)).toEqual([1, 0]);
    expect(await gradientOf(g.sigmoid, far)).toEqual([0, 0]);
    expect(await gradientOf(g.relu, row(3e38, -3e38))).toEqual([1, 0]);
  });

  it('batchNormEval says that it has none', () => {
    const x = g.input('x', [1, 1, 2, 2]);
    const one = g.constant([1], [1]);
    const loss = g.sum(g.batchNormEval(x, one, one, one, one));
    expect(() => g.gradients(loss, [x])).toThrow('gradients: batchNormEval has no gradient');
  });
});
