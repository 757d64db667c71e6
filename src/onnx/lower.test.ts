import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { input, jaccardSteps, relu, type Tensor } from '../graph/index.js';
import { lowerToOnnx } from './lower.js';

describe('lowerToOnnx', () => {
  const opsetOf = (y: Tensor) =>
    Number(fromBinary(ModelProtoSchema, lowerToOnnx({ y }).bytes).opsetImport[0].version);

  it('asks for a later operator set only where an operator needs it', () => {
    const [x, mask] = [input('x', [2, 64]), input('mask', [2, 64])];
    expect(opsetOf(relu(x))).toBe(20);
    expect(opsetOf(jaccardSteps(x, mask))).toBe(26);
  });
});
