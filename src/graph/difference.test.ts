import { describe, expect, it } from 'vitest';
import { lowerToOnnx } from '../onnx/lower.js';
import { detectBlockSize } from '../runtime/block-size.js';
import { load } from '../runtime/node.js';
import { arbitrary, bind, worstError } from './check.fixture.js';
import { difference, gradients, input, mul, type Shape, sum } from './index.js';

describe('difference', () => {
  it.each<[string, Shape, number]>([
    ['columns of blocks', [2, 3, 32, 48], 2],
    ['rows of which blocks are made', [2, 3, 32, 47], 3],
    ['images', [6, 1, 32, 32], 0],
    ['no blocks', [2, 3, 31, 33], 3],
  ])('in the blocked layout is what it is without: %s', async (_, shape, axis) => {
    const y = [...shape];
    y[axis]--;
    const { tensors, feeds } = bind([arbitrary(shape), arbitrary(y, 2)]);
    const value = difference(tensors[0], axis);
    const [gradient] = gradients(sum(mul(value, tensors[1])), [tensors[0]]);
    const run = async (blockSize: number) => {
      const program = await load(lowerToOnnx({ value, gradient }, { blockSize }), { threads: 2 });
      const results = await program.run(feeds);
      await program.dispose();
      return ['value', 'gradient'].map((name) => Array.from(results[name], Number));
    };
    const [plain, blocked] = [await run(0), await run(await detectBlockSize())];
    expect(blocked[0]).toEqual(plain[0]);
    expect(worstError(blocked[1], plain[1])).toBeLessThan(1e-6);
  });

  it('refuses an axis of one element', () => {
    expect(() => difference(input('x', [2, 1]), 1)).toThrow('difference: axis 1 of [2, 1] has no neighbours');
  });
});
