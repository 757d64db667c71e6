import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/index.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { initialState } from '../train/network.js';
import { runPairing } from '../train/pairing.js';
import { runNetwork } from '../train/run-spec.js';
import { type PairedRun, requirePaired } from './pairing.js';
import { plannedRuns, planStudy, runSpec } from './plan.js';

const pairing = { initialWeights: 'w', trainingSubset: 's', batchOrder: 'o', augmentation: 'a' };
const run = (arm: string, change: Partial<PairedRun> = {}): PairedRun => ({
  ...{ arm, model: 'resunet', seed: 0, pairing },
  ...change,
});

describe('requirePaired', () => {
  it('lets equal runs, other seeds, other models and unfinished runs pass', () => {
    requirePaired([
      run('a'),
      run('b'),
      run('c', { seed: 1, pairing: { ...pairing, batchOrder: 'x' } }),
      run('d', { model: 'resunet-wide', pairing: { ...pairing, initialWeights: 'x' } }),
      run('e', { pairing: undefined }),
    ]);
  });

  it.each([
    ['initialWeights', 'initial weights'],
    ['trainingSubset', 'training subset'],
    ['batchOrder', 'order of batches'],
    ['augmentation', 'augmentation'],
  ])('names arms whose %s differ', (key, words) => {
    expect(() => requirePaired([run('a'), run('b', { pairing: { ...pairing, [key]: 'x' } })])).toThrow(
      `arms a and b cannot be compared: with seed 0 their ${words} differ`,
    );
  });
});

describe('the hashes of a run', () => {
  const dataset = syntheticDataset({ count: 8, size: 32 });
  const data = {
    dataset,
    splits: { train: [0, 1, 2, 3, 4], validation: [5], test: [6] },
    gaps: { mask: false, depth: false },
  };
  const hashes = (...set: string[]) => {
    const config = parseConfig({ text: '', file: 'x', set: ['model.width=1', ...set] });
    return plannedRuns(planStudy(config)).map(({ arm, run: { seed } }) => {
      const spec = runSpec(config, arm, seed);
      return {
        arm: arm.name,
        model: arm.label,
        seed,
        pairing: runPairing(spec, data, initialState(runNetwork(spec, dataset), spec.seed)),
      };
    });
  };

  it('are the same for every arm of a seed, and others for another seed', () => {
    const runs = hashes('study.weight=[1, famo]', 'study.seeds=2');
    requirePaired(runs);
    const [first, other] = [runs[0], runs.find(({ seed }) => seed === 1)!];
    expect(first.pairing.trainingSubset).toBe(other.pairing.trainingSubset);
    for (const key of ['initialWeights', 'batchOrder', 'augmentation'] as const)
      expect(first.pairing[key]).not.toBe(other.pairing[key]);
  });

  it('follow what they are hashes of', () => {
    const [plain] = hashes();
    expect(hashes('train.augment=standard')[0].pairing.augmentation).not.toBe(plain.pairing.augmentation);
    expect(hashes('train.batch=4')[0].pairing.batchOrder).not.toBe(plain.pairing.batchOrder);
  });
});
