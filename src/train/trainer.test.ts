import { describe, expect, it } from 'vitest';
import { assembleBatch } from '../data/batches.js';
import type { Batch } from '../data/dataset.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { compileLoss } from '../losses/registry.js';
import { finalize } from '../metrics/finalize.js';
import { findModel, models } from '../models/registry.js';
import { makeOptimizer } from '../optim/registry.js';
import { compile } from '../runtime/node.js';
import { createEvaluator } from './evaluation.js';
import { createNetwork } from './network.js';
import { createTrainer, type TrainerOptions } from './trainer.js';

const dataset = syntheticDataset({ count: 8, size: 32, seed: 3 });
const network = createNetwork({ model: findModel('resunet')!, width: 4, size: [32, 32], background: true });
const gaps = { mask: false, depth: false };
const options: TrainerOptions = {
  network,
  batch: 4,
  gaps,
  losses: {
    segmentation: compileLoss('bce + 2*dice', 'segmentation').evaluate,
    depth: compileLoss('rmse', 'depth').evaluate,
  },
  weight: 2,
  optimizer: makeOptimizer({
    ...{ kind: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, momentum: 0 },
  }),
  seed: 0,
  compile,
};
const batchOf = async (indices: readonly number[]): Promise<Batch> =>
  assembleBatch(await Promise.all(indices.map((index) => dataset.read(index))));

describe('trainer', () => {
  it('learns four images by heart, and the evaluator with running statistics agrees', async () => {
    const trainer = await createTrainer(options);
    const batch = await batchOf([0, 1, 2, 3]);
    const first = await trainer.step(batch, 0.01);
    let last = first;
    for (let i = 0; i < 150; i++) last = await trainer.step(batch, 0.01);
    expect(last.segmentationLoss).toBeLessThan(first.segmentationLoss / 4);
    expect(last.depthLoss).toBeLessThan(0.05);

    const evaluator = await createEvaluator({ network, batch: 3, gaps, compile });
    const measured = await evaluator.measure(trainer.weights, dataset, [0, 1, 2, 3]);
    const metrics = finalize(measured.rows, measured.names, { batch: 4, maxDepth: 10 });
    expect(metrics.miou).toBeGreaterThan(0.6);
    expect(metrics.mrmse).toBeLessThan(0.1);
    await Promise.all([trainer.dispose(), evaluator.dispose()]);
  });

  it.each(models.map((model) => [model.name, model] as const))('teaches %s', async (_, model) => {
    const spec = { ...network.spec, model };
    const trainer = await createTrainer({ ...options, network: createNetwork(spec) });
    const batch = await batchOf([0, 1, 2, 3]);
    const losses: number[] = [];
    for (let i = 0; i < 20; i++) losses.push((await trainer.step(batch, 0.01)).loss);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
    await trainer.dispose();
  });

  it('continues from its tensors as if it had never stopped', async () => {
    const [a, b] = [await createTrainer(options), await createTrainer({ ...options, seed: 9 })];
    const batches = [await batchOf([0, 1, 2, 3]), await batchOf([4, 5, 6, 7])];
    await a.step(batches[0], 0.01);
    b.restore(a.tensors(), a.steps);
    const expected = await a.step(batches[1], 0.02);
    const actual = await b.step(batches[1], 0.02);
    expect(actual.loss).toBe(expected.loss);
    expect(b.tensors()).toEqual(a.tensors());
    expect(() => b.restore({}, 0)).toThrow("tensor 'stem.weight': expected shape [4, 6, 5, 5], got none");
    await Promise.all([a.dispose(), b.dispose()]);
  });

  it('names the step at which a loss stops being a number, and keeps the state before it', async () => {
    const trainer = await createTrainer(options);
    const batch = await batchOf([0, 1, 2, 3]);
    await trainer.step(batch, 0.01);
    const before = Object.values(trainer.tensors()).map(({ data }) => data.slice());
    const broken = { ...batch, depth: batch.depth.map(() => Number.NaN) };
    await expect(trainer.step(broken, 0.01)).rejects.toThrow('depth loss became NaN at step 2');
    expect(trainer.steps).toBe(1);
    expect(Object.values(trainer.tensors()).map(({ data }) => data)).toEqual(before);
    await trainer.dispose();
  });

  it('leaves the rows of a filled-up batch out, in the order asked for', async () => {
    const trainer = await createTrainer(options);
    const whole = await createEvaluator({ network, batch: 8, gaps, compile });
    const parts = await createEvaluator({ network, batch: 3, gaps, compile });
    const order = [5, 0, 7, 2];
    const a = await whole.measure(trainer.weights, dataset, order);
    const b = await parts.measure(trainer.weights, dataset, order);
    expect(b.ids).toEqual(order.map((index) => `room-00000-${index}`));
    for (const [i, row] of a.rows.entries())
      for (const [k, value] of row.entries()) expect(b.rows[i][k]).toBeCloseTo(value, 2);
    const { predictions } = await parts.measure(trainer.weights, dataset, order, { shown: [7, 0] });
    expect(predictions.map(({ sample }) => sample.id)).toEqual(['room-00000-0', 'room-00000-7']);
    const [, shown] = predictions;
    expect(shown.sums).toEqual(b.rows[2]);
    await Promise.all([trainer.dispose(), whole.dispose(), parts.dispose()]);
  });
});
