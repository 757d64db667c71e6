import { describe, expect, it } from 'vitest';
import { arbitrary, bothGradients, evaluate, of, worstError } from './check.fixture.js';
import {
  add,
  concat,
  cumulativeSum,
  gradients,
  input,
  mul,
  relu,
  sortDescending,
  sortPositive,
  step,
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

  describe('of the positive', () => {
    const both = (x: Tensor, y: Tensor) => {
      const { values, take } = sortPositive(x);
      // What stands beside the zeros means nothing.
      return concat([values, mul(take(y), step(values))], 0);
    };

    it('puts the largest first and zeros behind, and takes another tensor along', async () => {
      expect(await evaluate(both, [rows, labels])).toEqual([3, 2, 1, 5, 0, 0, 20, 30, 10, 60, 0, 0]);
    });

    it('has nothing to sort where nothing is positive', async () => {
      const none = of([2, 3], -1, 0, -2, -3, -4, 0);
      expect(await evaluate(both, [none, labels])).toEqual(new Array(12).fill(0));
    });

    it('agrees with the sort of all, over eight orders of magnitude', async () => {
      const values = Array.from({ length: 400 }, (_, i) => Math.sin(7 * i) * 10 ** ((i % 9) - 4));
      const x = { shape: [4, 100], values };
      const sorted = await evaluate((t) => sortPositive(t).values, [x]);
      const expected = await evaluate((t) => relu(sortDescending(t).values), [x]);
      for (const [i, value] of expected.entries())
        expect(Math.abs(sorted[i] - value)).toBeLessThanOrEqual(1e4 * 2 ** -30 + 1e-7 * value);
    });

    it('a NaN comes through, wherever it is', async () => {
      for (const place of [0, 4]) {
        const x = { ...rows, values: Array.from(rows.values) };
        x.values[place] = Number.NaN;
        expect(await evaluate((t) => sum(sortPositive(t).values), [x])).toEqual([Number.NaN]);
      }
    });

    it('the gradients go back to where the elements came from, and nowhere else', async () => {
      const x = { shape: [2, 5], values: [0.3, -1, 2, 1, -0.3, 1.5, 0.2, -2, 0.6, 0.7] };
      const { analytic, numeric } = await bothGradients(
        (a, b) => {
          const { values, take } = sortPositive(a);
          return add(mul(cumulativeSum(values), values), mul(take(mul(b, b)), values));
        },
        [x, arbitrary([2, 5])],
      );
      for (const i of [0, 1]) expect(worstError(analytic[i], numeric[i])).toBeLessThan(1e-3);
    });

    it('refuses a tensor of another shape', () => {
      const { take } = sortPositive(input('x', [2, 3]));
      expect(() => take(input('y', [3, 2]))).toThrow(
        'sortPositive: expected a tensor of shape [2, 3] to take along, got [3, 2]',
      );
    });
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
