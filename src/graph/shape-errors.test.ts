import { describe, expect, it } from 'vitest';
import { lowerToOnnx } from '../onnx/lower.js';
import * as g from './index.js';

const x = g.input('x', [2, 3]);
const image = g.input('image', [1, 3, 4, 6]);
const flag = g.greater(x, 0);

describe('a mistake is refused where it is written, with the shapes', () => {
  it.each<[string, () => unknown, string]>([
    [
      'add',
      () => g.add(x, g.input('y', [2])),
      'add: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 differ',
    ],
    ['mul', () => g.mul(x, g.input('y', [3, 1, 2])), 'mul: shapes [2, 3] and [3, 1, 2] do not broadcast'],
    ['greater', () => g.greater(x, g.input('y', [4])), 'greater: shapes [2, 3] and [4]'],
    ['where', () => g.where(flag, g.input('y', [4]), 0), 'where: shapes [2, 3] and [4]'],
    ['where of numbers', () => g.where(x, 1, 0), 'where: expected a bool condition, got float32'],
    ['arithmetic on bool', () => g.add(flag, 1), 'add: expected float32 operands, got bool and float32'],
    ['exp of bool', () => g.exp(flag), 'exp: expected float32, got bool'],
    ['clamp', () => g.clamp(x, 1, 0), 'clamp: expected min ≤ max, got 1 and 0'],
    ['sum', () => g.sum(x, [2]), 'sum: axis must be in [-2, 1] for shape [2, 3], got 2'],
    ['reshape', () => g.reshape(x, [4]), 'reshape: [2, 3] has 6 elements, [4] 4'],
    ['transpose', () => g.transpose(x, [0]), 'transpose: expected a permutation of 2 axes, got [0]'],
    [
      'transpose twice',
      () => g.transpose(x, [1, 1]),
      'transpose: expected a permutation of 2 axes, got [1, 1]',
    ],
    [
      'transpose from the end',
      () => g.transpose(x, [-1, 0]),
      'transpose: expected a permutation of 2 axes, got [-1, 0]',
    ],
    ['expand', () => g.expand(x, [2, 4]), 'expand: shapes [2, 3] and [2, 4]'],
    ['expand to less', () => g.expand(x, [3]), 'expand: [2, 3] does not expand to [3]'],
    ['slice', () => g.slice(x, 1, 2, 4), 'slice: [2, 4) is outside axis 1 of [2, 3]'],
    ['pad', () => g.pad(x, [1], [0]), 'pad: cannot pad [2, 3] by [1] and [0] (constant)'],
    [
      'pad by reflection',
      () => g.pad(x, [2, 0], [0, 0], 'reflect'),
      'cannot pad [2, 3] by [2, 0] and [0, 0] (reflect)',
    ],
    [
      'concat',
      () => g.concat([x, g.input('y', [2, 4])], 0),
      'concat: shapes [2, 3] and [2, 4] differ outside axis 0',
    ],
    ['concat of nothing', () => g.concat([], 0), 'concat: expected at least one tensor, got none'],
    ['split', () => g.split(x, 1, [1, 1]), 'split: sizes [1, 1] do not add up to axis 1 of [2, 3]'],
    ['split in one', () => g.split(x, 1, [2]), 'split: sizes [2] do not add up to axis 1 of [2, 3]'],
    ['matMul', () => g.matMul(x, g.input('y', [2, 3])), 'matMul: shapes [2, 3] and [2, 3] do not multiply'],
    [
      'matMul of vectors',
      () => g.matMul(x, g.input('y', [3])),
      'matMul: shapes [2, 3] and [3] do not multiply',
    ],
    ['conv2d', () => g.conv2d(image, g.input('w', [8, 4, 3, 3])), 'got [1, 3, 4, 6] and [8, 4, 3, 3]'],
    [
      'conv2d, even kernel',
      () => g.conv2d(image, g.input('w', [8, 3, 2, 2])),
      'an even kernel [8, 3, 2, 2] needs an explicit',
    ],
    ['maxPool2x2', () => g.maxPool2x2(g.input('y', [1, 3, 5, 4])), 'even H and W, got [1, 3, 5, 4]'],
    ['pixelShuffle', () => g.pixelShuffle(image), 'expected [N, 4·C, H, W], got [1, 3, 4, 6]'],
    ['pixelUnshuffle', () => g.pixelUnshuffle(g.input('y', [1, 3, 5, 4])), 'even H and W, got [1, 3, 5, 4]'],
    ['batchNormTrain', () => g.batchNormTrain(image, x, x), 'got [1, 3, 4, 6] and [2, 3]'],
    ['input', () => g.input('y', [2, 0]), "input 'y': sizes must be positive integers, got [2, 0]"],
    ['constant', () => g.constant([1], [2]), 'constant: shape [2] takes 2 values, got 1'],
    [
      'two inputs of one name',
      () => lowerToOnnx({ y: g.add(x, g.input('x', [3])) }),
      "input 'x': the name is used by two",
    ],
  ])('%s', (_, build, message) => {
    expect(build).toThrow(g.GraphError);
    expect(build).toThrow(message);
  });
});

describe('shapes', () => {
  it('follow the broadcast even where the value does not change', () => {
    const vector = g.input('v', [2]);
    const row = (value: number) => g.constant([value], [1, 1]);
    for (const y of [g.add(vector, row(0)), g.add(row(0), vector), g.sub(vector, row(0))]) {
      expect(y.shape).toEqual([1, 2]);
    }
    for (const y of [g.mul(vector, row(1)), g.mul(row(1), vector), g.div(vector, row(1))]) {
      expect(y.shape).toEqual([1, 2]);
    }
  });

  it('of tensors and constants can be read', () => {
    expect(x.size).toBe(6);
    expect(`${g.exp(x)}`).toBe('exp[2, 3]');
    expect(g.constantValue(g.scalar(2))).toBe(2);
    expect(g.constantValue(g.constant([1, 2], [2]))).toBeUndefined();
    expect(g.constantValue(x)).toBeUndefined();
    expect(g.sameShape([1, 2], [1, 2, 1])).toBe(false);
    expect(g.normaliseAxes('f', [-1, 0, 1], [4, 5])).toEqual([0, 1]);
  });
});
