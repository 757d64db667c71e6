import { describe, expect, it } from 'vitest';
import { compileLoss } from '../losses/registry.js';
import { lowerToOnnx } from '../onnx/lower.js';
import { detectBlockSize } from '../runtime/block-size.js';
import { load } from '../runtime/node.js';
import { arbitrary, bind, worstError } from './check.fixture.js';
import { gradients, input, mul, type Shape, sobel, sobelSmooth, sum, type Tensor } from './index.js';

/** What `outputs` are with blocks of channels, and without any. */
async function bothLayouts(outputs: Record<string, Tensor>, feeds: Record<string, Float32Array>) {
  const run = async (blockSize: number) => {
    const program = await load(lowerToOnnx(outputs, { blockSize }), { threads: 2 });
    const results = await program.run(feeds);
    await program.dispose();
    return Object.keys(outputs).map((name) => Array.from(results[name], Number));
  };
  return [await run(0), await run(await detectBlockSize())];
}

/** The filter of each pixel, whose nearest pixels stand beyond the border, as it is written in books. */
function filtered(x: ArrayLike<number>, shape: Shape, taps: readonly (readonly number[])[]): number[] {
  const [h, w] = shape.slice(2);
  const at = (plane: number, i: number, j: number) =>
    x[plane * h * w + Math.min(Math.max(i, 0), h - 1) * w + Math.min(Math.max(j, 0), w - 1)];
  return Array.from(x, (_, k) => {
    const [plane, i, j] = [Math.floor(k / (h * w)), Math.floor(k / w) % h, k % w];
    return taps
      .flatMap((row, r) => row.map((tap, c) => tap * at(plane, i + r - 1, j + c - 1)))
      .reduce((a, b) => a + b);
  });
}

const filters: [string, (x: Tensor) => Tensor, number[][]][] = [
  [
    'right',
    (x) => sobel(x, 3),
    [
      [-1 / 8, 0, 1 / 8],
      [-2 / 8, 0, 2 / 8],
      [-1 / 8, 0, 1 / 8],
    ],
  ],
  [
    'down',
    (x) => sobel(x, 2),
    [
      [-1 / 8, -2 / 8, -1 / 8],
      [0, 0, 0],
      [1 / 8, 2 / 8, 1 / 8],
    ],
  ],
  [
    'smooth',
    sobelSmooth,
    [
      [1 / 16, 2 / 16, 1 / 16],
      [2 / 16, 4 / 16, 2 / 16],
      [1 / 16, 2 / 16, 1 / 16],
    ],
  ],
];

describe('sobel', () => {
  describe.each(filters)('%s', (_, build, taps) => {
    it.each<[Shape]>([[[1, 16, 17, 23]], [[2, 32, 16, 8]], [[3, 1, 9, 7]], [[1, 16, 1, 300]]])(
      'of %s is the filter, and its gradient the transposed one, in both layouts',
      async (shape) => {
        const cases = [arbitrary(shape), arbitrary(shape, 2)];
        const { tensors, feeds } = bind(cases);
        const value = build(tensors[0]);
        const [gradient] = gradients(sum(mul(value, tensors[1])), [tensors[0]]);
        for (const [actual, slopes] of await bothLayouts({ value, gradient }, feeds)) {
          expect(worstError(actual, filtered(feeds.x0, shape, taps))).toBeLessThan(1e-6);
          // ⟨x, Aᵀw⟩ = ⟨Ax, w⟩ for any x, and the gradient does not depend on x.
          const probe = arbitrary(shape, 3).values;
          const [left, right] = [slopes, filtered(probe, shape, taps)].map((values, i) =>
            Array.from(values).reduce((total, v, k) => total + v * (i === 0 ? probe : feeds.x1)[k], 0),
          );
          expect(Math.abs(left - right)).toBeLessThan(1e-5 * Math.sqrt(probe.length));
        }
      },
    );
  });

  it('refuses what has other axes', () => {
    expect(() => sobel(input('x', [16, 20, 20]), 2)).toThrow(
      'sobel: expected [N, C, H, W], got [16, 20, 20]',
    );
  });
});

describe('losses on slopes', () => {
  it.each(['grad', 'grad(scales=3)', 'normals'])('%s is the same in both layouts', async (expression) => {
    const shape = [16, 1, 22, 20];
    const length = shape.reduce((a, b) => a * b);
    const depths = Float32Array.from({ length }, (_, i) => 0.5 + 0.4 * Math.sin(i * 0.7));
    const feeds = {
      logits: Float32Array.from(arbitrary(shape).values),
      target: depths,
      valid: Float32Array.from({ length }, (_, i) => Number(i % 13 > 0)),
    };
    const [logits, target, valid] = Object.keys(feeds).map((name) => input(name, shape));
    for (const known of [undefined, valid]) {
      const value = compileLoss(expression, 'depth').evaluate({ logits, target, valid: known });
      const [gradient] = gradients(value, [logits]);
      const used = known ? feeds : { logits: feeds.logits, target: feeds.target };
      const [plain, blocked] = await bothLayouts({ value, gradient }, used);
      expect(Math.abs(blocked[0][0] / plain[0][0] - 1)).toBeLessThan(1e-5);
      expect(worstError(blocked[1], plain[1])).toBeLessThan(1e-6);
    }
  });
});
