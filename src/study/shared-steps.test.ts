import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/schema.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { builtInLosses } from '../losses/catalogue.js';
import { defineLoss } from '../losses/loss.js';
import type { RunSpec } from '../train/run-spec.js';
import { sharedSteps } from './shared-steps.js';

const { model, train } = configSchema.parse({});
const run = (segmentation: string, depth: string, own: Partial<RunSpec> = {}): RunSpec => ({
  ...{ segmentation, depth, weight: 2, seed: 0, model, train, device: 'cpu' },
  ...own,
});
const data = {
  dataset: syntheticDataset({ count: 4, size: 16, seed: 0 }),
  splits: { train: [0, 1], validation: [2], test: [3] },
} as unknown as Parameters<typeof sharedSteps>[1]['data'];
const own = defineLoss({ ...builtInLosses.find(({ task }) => task === 'depth')!, name: 'own' });
const lossFiles = [{ path: 'own.mjs', hash: '1', losses: [own] }] as unknown as Parameters<
  typeof sharedSteps
>[1]['lossFiles'];

/** For each run the first one that has the same step. */
const groups = (specs: readonly RunSpec[]) => {
  const keys = sharedSteps(specs, { data, lossFiles }).map(({ key }) => key);
  return keys.map((key) => keys.indexOf(key));
};

describe('sharedSteps', () => {
  it('gives one step to runs that differ in losses and seeds, with all of their losses', () => {
    const specs = [run('bce', 'rmse'), run('dice', 'rmse'), run('bce', 'ssim', { seed: 1 })];
    const steps = sharedSteps(specs, { data, lossFiles });
    expect(groups(specs)).toEqual([0, 0, 0]);
    for (const { among } of steps)
      expect(among).toEqual({ segmentation: ['bce', 'dice'], depth: ['rmse', 'ssim'] });
  });

  it('gives seeds of one pair a step without a choice', () => {
    const specs = [run('bce', 'rmse'), run('bce', 'rmse', { seed: 1 })];
    expect(groups(specs)).toEqual([0, 0]);
    expect(sharedSteps(specs, { data, lossFiles })[0].among).toBeUndefined();
  });

  it('gives every seed a step where losses are divided by norms, which differ by seed', () => {
    const normalised = { protocol: 'normalised' } as const;
    expect(groups([0, 1].map((seed) => run('bce', 'rmse', { ...normalised, seed })))).toEqual([0, 1]);
    expect(groups([0, 1].map((seed) => run('bce', 'rmse', { weight: 'famo', seed })))).toEqual([0, 0]);
  });

  it('gives a step of its own to what differs in more', () => {
    const others: Partial<RunSpec>[] = [
      { weight: 1 },
      { model: { ...model, width: 4 } },
      { train: { ...train, clipNorm: 1 } },
      { device: 'cuda' },
      { protocol: 'normalised' },
      { weight: 'famo' },
    ];
    const specs = [run('bce', 'rmse'), ...others.map((other) => run('bce', 'rmse', other))];
    expect(groups(specs)).toEqual(specs.map((_, i) => i));
  });

  it('keeps losses apart that a step cannot choose between', () => {
    for (const other of [{ device: 'webgpu' }, { weight: 'pcgrad' }, { protocol: 'normalised' }] as const)
      expect(groups([run('bce', 'rmse', other), run('dice', 'rmse', other)])).toEqual([0, 1]);
    // A user's own loss may be anything; a distance map is made for those alone that read it.
    const specs = [run('bce', 'rmse'), run('bce', 'own'), run('boundary', 'rmse'), run('boundary', 'ssim')];
    expect(groups(specs)).toEqual([0, 1, 2, 2]);
  });
});
