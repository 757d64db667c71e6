import { describe, expect, it } from 'vitest';
import { compile } from '../runtime/node.js';
import { arbitrary, bind, worstError } from './check.fixture.js';
import { concat, constant, conv2d, gradients, groupedConv2d, mul, slice, sum, type Tensor } from './index.js';

/** The definition: a whole convolution of each group, side by side. */
function byParts(x: Tensor, w: Tensor, groups: number): Tensor {
  const part = (tensor: Tensor, axis: number, i: number) => {
    const size = tensor.shape[axis] / groups;
    return slice(tensor, axis, i * size, (i + 1) * size);
  };
  return concat(
    Array.from({ length: groups }, (_, i) => conv2d(part(x, 1, i), part(w, 0, i))),
    1,
  );
}

describe('groupedConv2d', () => {
  // Depthwise at and between the block sizes of the runtime, groups of several channels, more outputs than inputs.
  it.each([
    { groups: 16, x: [2, 16, 6, 5], w: [16, 1, 3, 3] },
    { groups: 6, x: [2, 6, 5, 8], w: [6, 1, 3, 3] },
    { groups: 32, x: [1, 32, 4, 4], w: [32, 1, 5, 5] },
    { groups: 4, x: [3, 16, 6, 6], w: [16, 4, 3, 3] },
    { groups: 2, x: [2, 6, 4, 7], w: [10, 3, 3, 1] },
    { groups: 3, x: [2, 3, 4, 4], w: [6, 1, 3, 3] },
    { groups: 1, x: [2, 3, 4, 4], w: [2, 3, 3, 3] },
  ])('is a convolution a group, and so are its gradients: %o', async ({ groups, x, w }) => {
    const { tensors, feeds } = bind([arbitrary(x), arbitrary(w, 2)]);
    const both = {
      y: groupedConv2d(tensors[0], tensors[1], groups),
      e: byParts(tensors[0], tensors[1], groups),
    };
    const outputs = Object.entries(both).flatMap(([name, y]): [string, Tensor][] => {
      const weighted = sum(mul(y, constant(arbitrary(y.shape, 3).values, y.shape)));
      const [dx, dw] = gradients(weighted, tensors);
      return [
        [name, y],
        [`${name}.dx`, dx],
        [`${name}.dw`, dw],
      ];
    });
    const program = await compile(Object.fromEntries(outputs), { threads: 1 });
    const values = await program.run(feeds);
    await program.dispose();
    for (const part of ['', '.dx', '.dw'])
      expect(
        worstError(Array.from(values[`y${part}`], Number), Array.from(values[`e${part}`], Number)),
        part,
      ).toBeLessThan(2e-6);
  });

  it('refuses shapes that do not fit', () => {
    const build = (x: number[], w: number[], groups: number) => () => {
      const { tensors } = bind([arbitrary(x), arbitrary(w)]);
      return groupedConv2d(tensors[0], tensors[1], groups);
    };
    expect(build([1, 6, 4, 4], [6, 1, 3, 3], 3)).toThrow(
      'groupedConv2d: expected x [N, C, H, W] and an odd kernel [K, C/3, kh, kw] with K a multiple of 3, got [1, 6, 4, 4] and [6, 1, 3, 3]',
    );
    expect(build([1, 4, 4, 4], [6, 1, 3, 3], 4)).toThrow('K a multiple of 4');
    expect(build([1, 4, 4, 4], [4, 1, 2, 3], 4)).toThrow('odd kernel');
  });
});
