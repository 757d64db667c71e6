import { expect, it } from 'vitest';
import { parseConfig } from '../config/index.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { type RunSpec, runIdentity } from './run-spec.js';

const data = {
  dataset: syntheticDataset({ count: 8, size: 32 }),
  splits: { train: [0], validation: [1], test: [2] },
  gaps: { mask: false, depth: false },
};

const identity = (...set: string[]) => {
  const { train, model } = parseConfig({ text: '', file: 'defaults', set });
  const spec: RunSpec = {
    ...{ segmentation: 'bce', depth: 'rmse', weight: 2, seed: 0, device: 'cpu', train, model },
  };
  return runIdentity(spec, data);
};

it('tells runs apart by their augmentation', () => {
  expect(identity()).toBe(identity());
  expect(identity('train.augment=standard')).not.toBe(identity());
  expect(identity('train.augment={flip: 0.5}')).not.toBe(identity('train.augment={flip: 0.4}'));
});
