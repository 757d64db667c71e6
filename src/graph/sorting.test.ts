import { describe, expect, it } from 'vitest';
import { arbitrary, bothGradients, evaluate, of, worstError } from './check.fixture.js';
import {
  add,
  cumulativeSum,
  gradients,
  input,
  mul,
  sortDescending,
  sum,
  type Tensor,
  takeAlong,
} from './index.js';

describe('sorting', () => {
  const rows = of([2, 3], 1, 3, 2, -1, -3, 5);
  const labels = of([2, 3], 10, 20, 30, 40, 50, 60);

  it('puts the largest of each row first', async () => {
    expect(await evaluate((x) => sortDescending(x).values, [rows])).toEqual([3, 2, 1, 5, -1, -3]);
  });

  it('takes another tensor along in the same order', async () => {
    const sorted = await evaluate((x, y) => takeAlong(y, sortDescending(x).order), [rows, labels]);
    expect(sorted).toEqual([20, 30, 10, 60, 40, 50]);
  });

  it('adds up along the row', async () => {
    expect(await evaluate(cumulativeSum, [rows])).toEqual([1, 4, 6, -1, -4, 1]);
  });

  it('adds up along a long row in short ones, and its gradient from the other end', async () => {
    const ones = { shape: [2, 1536], values: new Float32Array(2 * 1536).fill(1) };
    const upTo = Array.from({ length: 1536 }, (_, i) => i + 1);
    expect(await evaluate(cumulativeSum, [ones])).toEqual([...upTo, ...upTo]);
    const gradient = (x: Tensor) => gradients(sum(cumulativeSum(x)), [x])[0];
    expect(await evaluate(gradient, [ones])).toEqual([...upTo, ...upTo].reverse());
  });

  it('the gradients go back to where the elements came from', async () => {
    // Spread out, so that no difference changes the order.
    const x = { shape: [2, 5], values: [0.3, -1, 2, 1, -0.3, 1.5, 0.2, -2, 0.6, -0.7] };
    const { analytic, numeric } = await bothGradients(
      (a, b) => {
        const { values, order } = sortDescending(a);
        return add(mul(cumulativeSum(values), cumulativeSum(values)), takeAlong(mul(b, b), order));
      },
      [x, arbitrary([2, 5])],
    );
    for (const i of [0, 1]) expect(worstError(analytic[i], numeric[i])).toBeLessThan(1e-3);
  });

  it('refuses an order of another shape', () => {
    const { order } = sortDescending(input('x', [2, 3]));
    expect(() => takeAlong(input('y', [3, 2]), order)).toThrow(
      'takeAlong: expected an int64 order of shape [3, 2], got int64 [2, 3]',
    );
  });
});
