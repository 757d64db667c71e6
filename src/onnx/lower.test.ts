import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import {
  conv2d,
  gradients,
  input,
  interleave,
  jaccardSteps,
  maxPool2x2,
  relu,
  sum,
  type Tensor,
} from '../graph/index.js';
import { createEmitter } from './emitter.js';
import { lowerToOnnx } from './lower.js';

describe('lowerToOnnx', () => {
  const opsetOf = (y: Tensor) =>
    Number(fromBinary(ModelProtoSchema, lowerToOnnx({ y }).bytes).opsetImport[0].version);

  it('asks for a later operator set only where an operator needs it', () => {
    const [x, mask] = [input('x', [2, 64]), input('mask', [2, 64])];
    expect(opsetOf(relu(x))).toBe(20);
    expect(opsetOf(jaccardSteps(x, mask))).toBe(26);
  });

  it('writes equal constants once', () => {
    const emit = createEmitter('cpu');
    const thousand = Array.from({ length: 1000 }, (_, i) => i);
    expect(emit.ints(thousand)).toBe(emit.ints([...thousand]));
    expect(emit.float(thousand, [1000])).toBe(emit.float(thousand));
    const names = [
      emit.ints([0, 1]),
      emit.ints([1, 0]),
      emit.float([0, 0, 1, 0], [2, 2]),
      emit.float([0, 0, 1, 0]),
    ];
    expect(new Set([...names, emit.float(0), emit.float(-0), emit.float([0])]).size).toBe(7);
  });

  it('writes only constants that a node reads', () => {
    const [x, kernel] = [input('x', [2, 16, 8, 8]), input('kernel', [16, 16, 3, 3])];
    const y = maxPool2x2(relu(conv2d(x, kernel)));
    const slopes = gradients(sum(y), [x, kernel]);
    const { bytes } = lowerToOnnx({ dx: slopes[0], dw: slopes[1] }, { blockSize: 16 });
    const { initializer, node } = fromBinary(ModelProtoSchema, bytes).graph!;
    const read = new Set(node.flatMap((one) => one.input));
    expect(initializer.length).toBeGreaterThan(0);
    expect(initializer.filter(({ name }) => !read.has(name))).toEqual([]);
  });

  it('shuffles pixels by the one operator for it in a file for other runtimes', () => {
    const { bytes } = lowerToOnnx({ y: interleave(input('x', [1, 8, 8, 8])) });
    expect(Buffer.from(bytes).includes('DepthToSpace')).toBe(true);
  });
});
