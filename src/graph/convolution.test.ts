import { describe, expect, it } from 'vitest';
import { compile } from '../runtime/node.js';
import { arbitrary, bind, worstError } from './check.fixture.js';
import { constant, conv2d, gradients, mul, sum } from './index.js';

type Sizes = readonly [n: number, c: number, k: number, h: number, w: number, kh: number, kw: number];

/** Convolution and its gradients for output weights `dy`, by their definition, in float64. */
function reference(
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
  dy: (size: number) => ArrayLike<number>,
  [n, c, k, h, w, kh, kw]: Sizes,
  [ph, pw]: readonly [number, number],
) {
  const rows = h + 2 * ph - kh + 1;
  const columns = w + 2 * pw - kw + 1;
  const y = new Float64Array(n * k * rows * columns);
  const weights = dy(y.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(kernel.length);
  for (let i = 0; i < n; i++)
    for (let o = 0; o < k; o++)
      for (let r = 0; r < rows; r++)
        for (let q = 0; q < columns; q++) {
          const at = ((i * k + o) * rows + r) * columns + q;
          for (let ch = 0; ch < c; ch++)
            for (let a = 0; a < kh; a++)
              for (let b = 0; b < kw; b++) {
                const row = r + a - ph;
                const column = q + b - pw;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const source = ((i * c + ch) * h + row) * w + column;
                const tap = ((o * c + ch) * kh + a) * kw + b;
                y[at] += x[source] * kernel[tap];
                dx[source] += weights[at] * kernel[tap];
                dw[tap] += weights[at] * x[source];
              }
        }
  return { y, dx, dw };
}

describe('conv2d', () => {
  // Channels below, at and between the block sizes of the runtime's fast convolutions, where the lowering changes.
  it.each<[Sizes, readonly [number, number]]>([
    [
      [2, 1, 1, 5, 4, 3, 3],
      [1, 1],
    ],
    [
      [2, 3, 5, 6, 4, 3, 3],
      [1, 1],
    ],
    [
      [2, 6, 16, 6, 6, 5, 5],
      [2, 2],
    ],
    [
      [1, 3, 32, 8, 8, 3, 3],
      [1, 1],
    ],
    [
      [2, 16, 32, 6, 4, 3, 3],
      [1, 1],
    ],
    [
      [2, 32, 16, 4, 4, 1, 1],
      [0, 0],
    ],
    [
      [2, 16, 1, 6, 6, 1, 1],
      [0, 0],
    ],
    [
      [2, 16, 1, 6, 6, 3, 3],
      [1, 1],
    ],
    [
      [1, 8, 24, 5, 7, 3, 3],
      [1, 1],
    ],
    [
      [3, 24, 8, 4, 4, 3, 3],
      [1, 1],
    ],
    [
      [1, 2, 3, 6, 5, 3, 3],
      [0, 0],
    ],
    [
      [1, 2, 3, 6, 5, 2, 4],
      [1, 0],
    ],
    [
      [1, 16, 16, 6, 5, 3, 1],
      [0, 0],
    ],
    [
      [1, 16, 16, 7, 9, 3, 5],
      [1, 2],
    ],
    // More images than a block has channels, a prime number of them, and roles exchanged.
    [
      [18, 16, 32, 3, 4, 3, 3],
      [1, 1],
    ],
    [
      [17, 16, 16, 2, 3, 3, 3],
      [1, 1],
    ],
    [
      [20, 32, 8, 3, 2, 3, 3],
      [1, 1],
    ],
    [
      [32, 3, 16, 1, 4, 1, 3],
      [0, 1],
    ],
    [
      [16, 24, 48, 3, 3, 1, 1],
      [0, 0],
    ],
    // Whole blocks of images, in sets whose gradients are added: planes of images, roles exchanged, filled up; and small ones interleaved.
    [
      [16, 3, 16, 9, 8, 3, 3],
      [1, 1],
    ],
    [
      [32, 16, 32, 6, 5, 3, 3],
      [1, 1],
    ],
    [
      [16, 32, 8, 6, 6, 3, 3],
      [1, 1],
    ],
    [
      [16, 6, 8, 8, 8, 5, 5],
      [2, 2],
    ],
    [
      [16, 32, 32, 4, 4, 1, 1],
      [0, 0],
    ],
    [
      [16, 16, 32, 2, 2, 3, 3],
      [1, 1],
    ],
    // Fewer channels than a block that are filled up to one: those out, those in, those of the kernel's gradient.
    [
      [2, 6, 8, 6, 6, 5, 5],
      [2, 2],
    ],
    [
      [2, 16, 5, 6, 5, 3, 3],
      [1, 1],
    ],
    [
      [2, 5, 16, 6, 5, 3, 3],
      [1, 1],
    ],
    [
      [18, 5, 4, 4, 3, 3, 3],
      [0, 1],
    ],
    [
      [2, 20, 4, 4, 3, 3, 3],
      [1, 1],
    ],
  ])('agrees with its definition, and so do its gradients: %j padded by %j', async (sizes, padding) => {
    const [n, c, k, h, w, kh, kw] = sizes;
    const cases = [arbitrary([n, c, h, w]), arbitrary([k, c, kh, kw], 2)];
    const { tensors, feeds } = bind(cases);
    const y = conv2d(tensors[0], tensors[1], padding);
    const weights = arbitrary(y.shape, 3).values;
    const [dx, dw] = gradients(sum(mul(y, constant(weights, y.shape))), tensors);
    const program = await compile({ y, dx, dw }, { threads: 1 });
    const actual = await program.run(feeds);
    await program.dispose();
    const expected = reference(cases[0].values, cases[1].values, () => weights, sizes, padding);
    for (const name of ['y', 'dx', 'dw'] as const) {
      expect(worstError(Array.from(actual[name], Number), [...expected[name]]), name).toBeLessThan(2e-6);
    }
  });
});
