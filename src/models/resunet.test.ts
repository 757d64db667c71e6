import { describe, expect, test } from 'vitest';
import { input } from '../graph/index.js';
import { collectState, countParameters } from '../nn/scope.js';
import type { Model } from './model.js';
import { resunet, resunetWide } from './resunet.js';

const parameters = (model: Model, width: number, channels: number) =>
  countParameters(
    collectState((scope) => model.build(scope, input('x', [1, channels, 32, 48]), width), input),
  );

describe('parameter counts of the published study', () => {
  test.each([
    [resunet, 32, 15_855_712],
    [resunet, 8, 994_264],
    [resunetWide, 32, 30_264_844],
  ])('%o at width %i', (model, width, count) => {
    expect(parameters(model, width, 6)).toBe(count);
  });

  test('a stem without background has half the inputs', () => {
    expect(parameters(resunet, 32, 6) - parameters(resunet, 32, 3)).toBe(3 * 32 * 25);
  });
});
