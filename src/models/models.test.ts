import { describe, expect, it, test } from 'vitest';
import { input } from '../graph/index.js';
import { collectState, countParameters } from '../nn/scope.js';
import { mobileUNet } from './mobile-unet.js';
import type { Model } from './model.js';
import { models } from './registry.js';
import { resunet, resunetWide, resunext } from './resunet.js';

const state = (model: Model, width: number, channels: number) =>
  collectState((scope) => model.build(scope, input('x', [1, channels, 32, 48]), width), input);
const parameters = (model: Model, width: number, channels: number) =>
  countParameters(state(model, width, channels));

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

const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);

describe('parameter counts by hand', () => {
  it('resunext: bottlenecks of half the channels, four channels a group', () => {
    const block = (from: number, to: number, projected = true) => {
      const inner = to / 2;
      const main = 2 * from + from * inner + 2 * inner + inner * 4 * 9 + 2 * inner + inner * to;
      return main + (projected ? from * to + 2 * to : 0);
    };
    const up = (from: number, to: number, skip: number, link = 0) =>
      from * 4 * from + skip * from + link * from + block(from, to);
    const expected = [
      6 * 32 * 25,
      ...[block(32, 64), block(64, 128), block(128, 256), block(256, 512), block(512, 512, false)],
      ...[up(512, 256, 512), up(256, 128, 256), up(128, 64, 128), up(64, 16, 64), 16],
      ...[up(512, 64, 512, 256), up(64, 64, 256, 128), up(64, 32, 128, 64), up(32, 16, 64, 16), 16],
    ];
    expect(parameters(resunext, 32, 6)).toBe(total(expected));
    expect(total(expected)).toBe(4_378_336);
  });

  it('mobile-unet: inverted residuals of four times the channels', () => {
    const block = (from: number, to: number) =>
      from * 4 * from + 8 * from + 9 * 4 * from + 8 * from + 4 * from * to + 2 * to;
    const up = (from: number, to: number) => from * 4 * to + to * to + block(to, to);
    const head = block(16, 16) + 16 * 4 * 4 + 2 * 4 + 4 * 9;
    const expected = [
      24 * 16 * 9 + 32,
      ...[block(16, 16), block(16, 16), block(16, 24), block(24, 24), block(24, 48), block(48, 48)],
      ...[block(48, 96), block(96, 96), up(96, 48), up(48, 24), up(24, 16), head, head],
    ];
    expect(parameters(mobileUNet, 8, 6)).toBe(total(expected));
    expect(total(expected)).toBe(221_160);
  });
});

describe.each(models.map((model) => [model.name, model] as const))('%s', (_, model) => {
  it.each([1, 3, 8])('gives two planes of logits at the size of its input, at width %i', (width) => {
    const x = input('x', [2, 3, 2 * model.stride, 3 * model.stride]);
    const build = () =>
      collectState((scope) => {
        const { segmentation, depth } = model.build(scope, x, width);
        expect(segmentation.shape).toEqual([2, 1, 2 * model.stride, 3 * model.stride]);
        expect(depth.shape).toEqual(segmentation.shape);
      }, input);
    expect(build().parameters.length).toBeGreaterThan(20);
  });
});
