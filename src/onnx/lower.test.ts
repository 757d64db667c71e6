import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { input, interleave, jaccardSteps, relu, type Tensor } from '../graph/index.js';
import { lowerToOnnx } from './lower.js';

describe('lowerToOnnx', () => {
  const opsetOf = (y: Tensor) =>
    Number(fromBinary(ModelProtoSchema, lowerToOnnx({ y }).bytes).opsetImport[0].version);

  it('asks for a later operator set only where an operator needs it', () => {
    const [x, mask] = [input('x', [2, 64]), input('mask', [2, 64])];
    expect(opsetOf(relu(x))).toBe(20);
    expect(opsetOf(jaccardSteps(x, mask))).toBe(26);
  });

  it('shuffles pixels by the one operator for it in a file for other runtimes', () => {
    const { bytes } = lowerToOnnx({ y: interleave(input('x', [1, 8, 8, 8])) });
    expect(Buffer.from(bytes).includes('DepthToSpace')).toBe(true);
  });
});
