import { describe, expect, it } from 'vitest';
import { assembleBatch } from '../data/batches.js';
import { stackDistances } from '../data/distance.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { compileLoss } from '../losses/registry.js';
import { findModel } from '../models/registry.js';
import { type BalancingMethod, balancers, balancingMethods } from '../optim/balancing/registry.js';
import { makeOptimizer } from '../optim/registry.js';
import { compile } from '../runtime/node.js';
import type { Balance } from './balance.js';
import { createNetwork, initialState } from './network.js';
import { createProbe, sharedParameters } from './shared-gradients.js';
import { createTrainer, type TrainerOptions } from './trainer.js';

const dataset = syntheticDataset({ count: 4, size: 32, seed: 3 });
const network = createNetwork({ model: findModel('resunet')!, width: 2, size: [32, 32], background: true });
const gaps = { mask: false, depth: false };
const adamw = {
  kind: 'adamw',
  lr: 0.01,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0.1,
  momentum: 0,
} as const;
const losses = {
  segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
  depth: compileLoss('rmse', 'depth').evaluate,
};
const trainer = (weight: Balance, more: Partial<TrainerOptions> = {}) =>
  createTrainer({
    ...{ network, batch: 2, gaps, losses, weight, seed: 0, compile, stepsAnEpoch: 2 },
    optimizer: makeOptimizer(adamw),
    ...more,
  });
const batches = await Promise.all(
  [
    [0, 1],
    [2, 3],
  ].map(async (indices) => {
    const samples = await Promise.all(indices.map((index) => dataset.read(index)));
    return { ...assembleBatch(samples), distance: stackDistances(samples, 32) };
  }),
);

describe.each(balancingMethods)('%s', (name: BalancingMethod) => {
  it('trains, records its weights, and continues to the last bit', async () => {
    const a = await trainer(balancers[name]);
    const first = await a.step(batches[0], 0.01);
    await a.step(batches[1], 0.01);
    const kept = structuredClone(a.tensors());
    const snapshot = () => structuredClone(a.tensors());
    const expected = { ...(await a.step(batches[0], 0.01)), tensors: snapshot() };
    await a.step(batches[1], 0.01);
    a.restore(kept, 2);
    expect({ ...(await a.step(batches[0], 0.01)), tensors: snapshot() }).toEqual(expected);
    expect(first.weights.every((weight) => Number.isFinite(weight) && weight >= 0)).toBe(true);
    const mixes = balancers[name].kind === 'gradients';
    expect(first.cosine === undefined).toBe(!mixes);
    if (mixes) expect(Math.abs(first.cosine!)).toBeLessThanOrEqual(1.000001);
    await a.dispose();
  });
});

describe('the step of a balancing method', () => {
  it('moves log-variances with the optimizer and without decay', async () => {
    const one = await trainer(balancers.uncertainty);
    const { segmentationLoss, depthLoss } = await one.step(batches[0], 0.01);
    // Adam's first step has the length of the learning rate, against the sign of ½ − L/2.
    const [s, t] = one.tensors().balance.data;
    expect(s).toBeCloseTo(segmentationLoss > 1 ? 0.01 : -0.01, 6);
    expect(t).toBeCloseTo(depthLoss > 1 ? 0.01 : -0.01, 6);
    await one.dispose();
  });

  it('of famo looks at the same batch after the step', async () => {
    const one = await trainer(balancers.famo);
    const before = await one.step(batches[0], 0.01);
    const kept = one.tensors().balance.data.slice();
    const probe = await trainer(1, { seed: 0 });
    probe.restore(structuredClone(one.tensors()), 1);
    const after = await probe.step(batches[0], 0);
    const fall = (key: 'segmentationLoss' | 'depthLoss') => Math.log(before[key] / after[key]);
    // The first moment of w is a tenth of z·y·(δ₁ − δ₂), with shares of a half.
    expect(kept[2]).toBeCloseTo(0.1 * 0.25 * (fall('segmentationLoss') - fall('depthLoss')), 5);
    await Promise.all([one.dispose(), probe.dispose()]);
  });

  it('of pcgrad and mgda has the cosine that the probe measures', async () => {
    const [one, two] = [await trainer(balancers.pcgrad), await trainer(balancers.mgda)];
    const probe = await createProbe({ network, batch: 2, gaps, losses, compile });
    const { norms, cosine } = await probe.measure(batches[0], initialState(network, 0));
    const [a, b] = [await one.step(batches[0], 0.01), await two.step(batches[0], 0.01)];
    expect(a.cosine).toBeCloseTo(cosine, 4);
    expect(b.cosine).toBeCloseTo(cosine, 4);
    const [g, h] = norms;
    const expected = Math.min(
      1,
      Math.max(0, (h * h - cosine * g * h) / (g * g + h * h - 2 * cosine * g * h)),
    );
    expect(b.weights[0]).toBeCloseTo(expected, 4);
    await Promise.all([one.dispose(), two.dispose(), probe.dispose()]);
  });

  it('shares the encoder', () => {
    const shared = sharedParameters(network);
    expect(shared).toContain('stem.weight');
    expect(shared).toContain('encoder.bridge.conv2.weight');
    expect(shared.some((name) => /^(depth|segmentation)/.test(name))).toBe(false);
  });
});

it('the boundary loss reads the distances of its batch', async () => {
  const boundary = compileLoss('bce + 0.01*boundary', 'segmentation').evaluate;
  const plain = compileLoss('bce', 'segmentation').evaluate;
  const [a, b] = [
    await trainer(2, { losses: { ...losses, segmentation: boundary } }),
    await trainer(2, { losses: { ...losses, segmentation: plain } }),
  ];
  expect([a.needsDistance, b.needsDistance]).toEqual([true, false]);
  const [{ segmentationLoss }, without] = [
    await a.step(batches[0], 0),
    await b.step({ ...batches[0], distance: undefined }, 0),
  ];
  const mean = batches[0].distance.reduce((sum, phi) => sum + phi, 0) / batches[0].distance.length;
  expect(segmentationLoss).not.toBe(without.segmentationLoss);
  // The untrained network predicts about a half everywhere.
  expect(segmentationLoss - without.segmentationLoss).toBeCloseTo(0.01 * mean * 0.5, 1);
  await Promise.all([a.dispose(), b.dispose()]);
});
