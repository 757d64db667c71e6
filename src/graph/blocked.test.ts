import { describe, expect, it } from 'vitest';
import { lowerToOnnx } from '../onnx/lower.js';
import { detectBlockSize } from '../runtime/block-size.js';
import { load } from '../runtime/node.js';
import { arbitrary, bind, worstError } from './check.fixture.js';
import {
  add,
  batchNormTrain,
  concat,
  conv2d,
  gradients,
  interleave,
  maxPool2x2,
  mean,
  mul,
  relu,
  sigmoid,
  slice,
  square,
  sub,
  type Tensor,
} from './index.js';

/** Layers of a small network with a skip connection, a resolution change each way, and ops that break the layout. */
function network([x, stem, down, up, head, weight, bias]: Tensor[]): Tensor {
  const norm = (t: Tensor, offset: number) => {
    const c = t.shape[1];
    return batchNormTrain(t, slice(weight, 0, offset, offset + c), slice(bias, 0, offset, offset + c)).y;
  };
  const first = relu(norm(conv2d(x, stem), 0));
  const deep = relu(norm(conv2d(maxPool2x2(first), down), 16));
  const back = add(interleave(conv2d(deep, up)), first);
  const mixed = concat([mul(back, sigmoid(first)), sub(back, mean(back, [2, 3], { keepDims: true }))], 1);
  return mean(square(conv2d(mixed, head)));
}

describe('the blocked layout', () => {
  it.each([
    [2, 6],
    [1, 4],
  ])('gives the loss and gradients of the standard layout: batch %i, size %i', async (batch, size) => {
    const { tensors, feeds } = bind([
      arbitrary([batch, 6, size, size]),
      arbitrary([16, 6, 5, 5], 2),
      arbitrary([32, 16, 3, 3], 3),
      arbitrary([64, 32, 1, 1], 4),
      arbitrary([1, 32, 3, 3], 5),
      arbitrary([48], 6),
      arbitrary([48], 7),
    ]);
    const loss = network(tensors);
    const outputs = {
      loss,
      ...Object.fromEntries(gradients(loss, tensors).map((gradient, i) => [`g${i}`, gradient])),
    };
    const run = async (blockSize: number) => {
      const program = await load(lowerToOnnx(outputs, { blockSize }), { threads: 1 });
      const results = await program.run(feeds);
      await program.dispose();
      return results;
    };
    const standard = await run(0);
    const blocked = await run(await detectBlockSize());
    for (const name of Object.keys(outputs)) {
      const expected = Array.from(standard[name], Number);
      const scale = Math.max(...expected.map(Math.abs));
      const relative = (values: ArrayLike<number | bigint>) => Array.from(values, (v) => Number(v) / scale);
      expect(worstError(relative(blocked[name]), relative(standard[name])), name).toBeLessThan(2e-5);
    }
  });
});
