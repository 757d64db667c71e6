import { expect, it } from 'vitest';
import { input } from '../graph/index.js';
import { collectState, countParameters } from '../nn/scope.js';
import { mobileUNet } from './mobile-unet.js';
import { models } from './registry.js';
import { resunet } from './resunet.js';
import { gatherModules, summariseModel } from './summary.js';

const options = { width: 8, size: [32, 48], channels: 6 } as const;
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

it.each(models.map((model) => [model.name, model] as const))('leaves no parameter of %s out', (_, model) => {
  const layers = summariseModel(model, options);
  const state = collectState((scope) => model.build(scope, input('x', [1, 6, 32, 48]), 8), input);
  expect(total(layers.map(({ parameters }) => parameters))).toBe(countParameters(state));
  const modules = gatherModules(layers);
  for (const sum of ['parameters', 'multiplyAdds'] as const)
    expect(total(modules.map((layer) => layer[sum]))).toBe(total(layers.map((layer) => layer[sum])));
});

it('describes layers as one would by hand', () => {
  const layers = summariseModel(resunet, options);
  expect(layers[0]).toEqual({
    name: 'stem',
    kind: '5×5 convolution',
    output: [8, 32, 48],
    parameters: 8 * 6 * 25,
    multiplyAdds: 32 * 48 * 8 * 6 * 25,
  });
  expect(layers[1]).toEqual({
    ...{ name: 'encoder.down1.bn1', kind: 'batch norm', parameters: 16, multiplyAdds: 0 },
  });
  const find = (name: string) => summariseModel(mobileUNet, options).find((layer) => layer.name === name);
  expect(find('down1.block1.depthwise')).toEqual({
    name: 'down1.block1.depthwise',
    kind: '3×3 depthwise convolution',
    output: [64, 16, 24],
    parameters: 64 * 9,
    multiplyAdds: 64 * 9 * 16 * 24,
  });
  // A kernel whose rows are rearranged is still the parameter's.
  expect(find('up1.expand')).toMatchObject({ output: [4 * 48, 2, 3], parameters: 96 * 4 * 48 });
});
