import { describe, expect, it } from 'vitest';
import { add, input, mul, reshape, scalar } from '../graph/index.js';
import { compile } from './node.js';

const x = input('x', [3]);
const outputs = { y: mul(x, scalar(2)), z: add(reshape(x, [3, 1]), scalar(1)) };

describe('a program with buffers for its outputs', () => {
  it('writes into all of them, and makes no arrays of its own', async () => {
    const program = await compile(outputs);
    const fetches = { y: new Float32Array(3), z: new Float32Array(3) };
    for (const first of [1, 5]) {
      const results = await program.run({ x: Float32Array.of(first, 2, 3) }, fetches);
      expect(results.y).toBe(fetches.y);
      expect(results.z).toBe(fetches.z);
      expect([...fetches.y, ...fetches.z]).toEqual([2 * first, 4, 6, first + 1, 3, 4]);
    }
    await program.dispose();
  });

  it('makes arrays for those that have none', async () => {
    const program = await compile(outputs);
    const y = new Float32Array(3);
    const results = await program.run({ x: Float32Array.of(1, 2, 3) }, { y });
    expect(Object.keys(results).sort()).toEqual(['y', 'z']);
    expect([...y]).toEqual([2, 4, 6]);
    expect([...results.z]).toEqual([2, 3, 4]);
    await program.dispose();
  });

  it('says when a buffer has another size', async () => {
    const program = await compile(outputs);
    const run = program.run({ x: new Float32Array(3) }, { y: new Float32Array(2), z: new Float32Array(3) });
    await expect(run).rejects.toThrow("'y' takes 3 values, got 2");
    await program.dispose();
  });
});
