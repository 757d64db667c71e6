import { describe, expect, it } from 'vitest';
import { input, matMul, transpose } from '../graph/index.js';
import { load } from '../runtime/node.js';
import type { OnnxNode } from './emitter.js';
import { fuseTransposedProducts } from './fuse-products.js';
import { lowerToOnnx } from './lower.js';

const swap = (from: string, to: string, perm = [0, 2, 1]): OnnxNode => ({
  type: 'Transpose',
  inputs: [from],
  outputs: [to],
  attributes: { perm },
});
const product = (inputs: string[]): OnnxNode => ({
  type: 'MatMul',
  inputs,
  outputs: ['y'],
  attributes: {},
});

describe('fuseTransposedProducts', () => {
  it('reads transposed operands in place', () => {
    const [, , fused] = fuseTransposedProducts([swap('a', 'at'), swap('b', 'bt'), product(['at', 'bt'])]);
    expect(fused).toMatchObject({ inputs: ['a', 'b'], attributes: { transA: 1, transB: 1 } });
    const [, second] = fuseTransposedProducts([swap('b', 'bt'), product(['a', 'bt'])]);
    expect(second).toMatchObject({ inputs: ['a', 'b'], attributes: { transA: 0, transB: 1 } });
  });

  it('leaves other permutations and plain products alone', () => {
    const nodes = [swap('a', 'at', [2, 1, 0]), product(['at', 'b'])];
    expect(fuseTransposedProducts(nodes)).toEqual(nodes);
  });

  it('gives the product itself', async () => {
    const a = input('a', [1, 2, 3]);
    const b = input('b', [1, 4, 2]);
    const y = matMul(transpose(a, [0, 2, 1]), transpose(b, [0, 2, 1]));
    const feeds = {
      a: Float32Array.of(1, 2, 3, 4, 5, 6),
      b: Float32Array.of(1, 0, 0, 1, 2, -1, 3, 3),
    };
    const program = await load(lowerToOnnx({ y }, { blockSize: 8 }));
    const { y: values } = await program.run(feeds);
    await program.dispose();
    expect([...(values as Float32Array)]).toEqual([1, 4, -2, 15, 2, 5, -1, 21, 3, 6, 0, 27]);
  });
});
