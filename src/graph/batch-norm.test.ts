import { describe, expect, it } from 'vitest';
import { arbitrary, evaluate, of, worstError } from './check.fixture.js';
import { batchNormEval, batchNormTrain, constant, gradients, mul, type Shape, sum } from './index.js';

/** Normalisation and its gradients for output weights `dy`, by definition, in float64. */
function reference(
  x: ArrayLike<number>,
  weight: readonly number[],
  bias: readonly number[],
  dy: ArrayLike<number>,
  [n, c, h, w]: Shape,
) {
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [mean, variance, dw, db] = Array.from({ length: 4 }, () => new Float64Array(c));
  const m = n * h * w;
  for (let channel = 0; channel < c; channel++) {
    const places = Array.from(
      { length: m },
      (_, i) => (Math.floor(i / (h * w)) * c + channel) * h * w + (i % (h * w)),
    );
    mean[channel] = places.reduce((a, i) => a + x[i], 0) / m;
    variance[channel] = places.reduce((a, i) => a + (x[i] - mean[channel]) ** 2, 0) / m;
    const sigma = Math.sqrt(variance[channel] + 1e-5);
    const z = (i: number) => (x[i] - mean[channel]) / sigma;
    db[channel] = places.reduce((a, i) => a + dy[i], 0);
    dw[channel] = places.reduce((a, i) => a + dy[i] * z(i), 0);
    for (const i of places) {
      y[i] = z(i) * weight[channel] + bias[channel];
      dx[i] = (weight[channel] / sigma) * (dy[i] - db[channel] / m - (z(i) * dw[channel]) / m);
    }
  }
  return { y, mean, variance, dx, dw, db };
}

describe('batch normalisation', () => {
  // Odd planes; planes of whole blocks, whose products are summed as they are and by rows; channels of whole blocks.
  it.each<Shape>([
    [2, 3, 3, 5],
    [3, 5, 4, 8],
    [2, 3, 32, 48],
    [2, 16, 4, 4],
  ])('of %i×%i×%i×%i agrees with its definition, as do its gradients', async (...shape) => {
    const x = arbitrary(shape, 1);
    const channels = shape[1];
    const weight = Array.from({ length: channels }, (_, i) => 1 + i / 4);
    const bias = Array.from({ length: channels }, (_, i) => i / 2 - 1);
    const dy = arbitrary(shape, 2).values;
    const expected = reference(x.values, weight, bias, dy, shape);
    const inputs = [x, of([channels], ...weight), of([channels], ...bias)];
    const close = (actual: ArrayLike<number>, name: keyof typeof expected) =>
      expect(worstError(Array.from(actual), [...expected[name]]), name).toBeLessThan(1e-5);

    for (const name of ['y', 'mean', 'variance'] as const)
      close(await evaluate((a, b, d) => batchNormTrain(a, b, d)[name], inputs), name);
    for (const [i, name] of (['dx', 'dw', 'db'] as const).entries()) {
      const actual = await evaluate((...t) => {
        const { y } = batchNormTrain(t[0], t[1], t[2]);
        return gradients(sum(mul(y, constant(Float32Array.from(dy), shape))), t)[i];
      }, inputs);
      close(actual, name);
    }
    const statistics = [expected.mean, expected.variance].map((values) => of([channels], ...values));
    close(await evaluate((a, b, d, m, v) => batchNormEval(a, b, d, m, v), [...inputs, ...statistics]), 'y');
  });
});
