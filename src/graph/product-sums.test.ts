import { describe, expect, it } from 'vitest';
import { arbitrary, evaluate } from './check.fixture.js';
import { constant, imageProducts, imageSums, type Shape } from './index.js';

describe('sums of images', () => {
  // Too short for rows, one row an image, several rows an image.
  it.each<Shape>([
    [2, 1, 5, 7],
    [3, 1, 48, 64],
    [2, 1, 192, 192],
  ])('add up as products with ones do: %i×%i×%i×%i', async (...shape) => {
    const { values } = arbitrary(shape, 1);
    const x = Array.from(values, (value) => Math.abs(value));
    const part = Array.from(arbitrary(shape, 2).values, (value) => 1 - 2 ** -24 * Math.abs(value));
    const ones = constant(new Float32Array(values.length).fill(1), shape);
    const sums = await evaluate(imageSums, [{ shape, values: x }]);
    expect(sums).toEqual(await evaluate((t) => imageProducts(t, ones), [{ shape, values: x }]));
    expect(sums).toEqual(await evaluate((t) => imageProducts(ones, t), [{ shape, values: x }]));
    const products = await evaluate(imageProducts, [
      { shape, values: x },
      { shape, values: part },
    ]);
    for (const [i, product] of products.entries()) expect(product).toBeLessThanOrEqual(sums[i]);
    const exact = sums.map((_, i) => x.slice((i * x.length) / shape[0], ((i + 1) * x.length) / shape[0]));
    for (const [i, own] of exact.entries()) {
      const total = own.reduce((a, b) => a + b, 0);
      expect(Math.abs(sums[i] / total - 1)).toBeLessThan(1e-6);
    }
  });
});
