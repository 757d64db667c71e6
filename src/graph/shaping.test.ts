import { describe, expect, it } from 'vitest';
import { arbitrary, evaluate } from './check.fixture.js';
import { transpose } from './index.js';

describe('transpose', () => {
  // Large values whose last axes stay are moved by rows, all others one by one.
  it.each([
    [
      [40, 4, 128],
      [1, 0, 2],
    ],
    [
      [6, 2, 5, 16, 24],
      [2, 1, 0, 3, 4],
    ],
    [
      [3, 4, 5, 400],
      [0, 2, 1, 3],
    ],
    [
      [20, 30, 40],
      [0, 2, 1],
    ],
    [
      [4, 2, 3, 16],
      [1, 0, 2, 3],
    ],
    [
      [130, 8, 16],
      [0, 1, 2],
    ],
  ])('brings %j into the order %j, and back', async (shape, permutation) => {
    const { values } = arbitrary(shape, 1);
    const to = permutation.map((axis) => shape[axis]);
    const steps = permutation.map((axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const index = to.map(() => 0);
    const expected = Array.from({ length: values.length }, () => {
      const value = values[index.reduce((sum, i, axis) => sum + i * steps[axis], 0)];
      for (let axis = to.length - 1; axis >= 0 && ++index[axis] === to[axis]; axis--) index[axis] = 0;
      return Math.fround(value);
    });
    expect(await evaluate((x) => transpose(x, permutation), [{ shape, values }])).toEqual(expected);
    const inverse = permutation.map((_, i) => permutation.indexOf(i));
    const back = await evaluate((x) => transpose(transpose(x, permutation), inverse), [{ shape, values }]);
    expect(back).toEqual(Array.from(Float32Array.from(values)));
  });
});
