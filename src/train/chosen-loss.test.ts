import { describe, expect, it } from 'vitest';
import { assembleBatch } from '../data/batches.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { GraphError } from '../graph/index.js';
import { compileLoss } from '../losses/registry.js';
import { findModel } from '../models/registry.js';
import { makeOptimizer } from '../optim/registry.js';
import { compile as compileGraph } from '../runtime/node.js';
import type { LossFunction } from './chosen-loss.js';
import type { Compile } from './evaluation.js';
import { createNetwork } from './network.js';
import { createTrainer, type TrainerOptions } from './trainer.js';

const dataset = syntheticDataset({ count: 4, size: 32, seed: 3 });
const network = createNetwork({ model: findModel('resunet')!, width: 4, size: [32, 32], background: true });
const lossesOf = (task: 'segmentation' | 'depth', expressions: readonly string[]) =>
  expressions.map((expression) => compileLoss(expression, task).evaluate);
const segmentation = lossesOf('segmentation', ['bce', '2*dice + bce', 'lovasz']);
const depth = lossesOf('depth', ['berhu', 'grad', 'ssim', 'log(rmse)']);
/** As studies compile. */
const compile: Compile = (outputs) => compileGraph(outputs, { optimise: false });
const broken: LossFunction = () => {
  throw new GraphError('broken: a window larger than the image');
};

const options = (losses: TrainerOptions['losses'], clipNorm?: number): TrainerOptions => ({
  ...{ network, batch: 2, gaps: { mask: false, depth: true }, losses, weight: 2, clipNorm, seed: 0, compile },
  optimizer: makeOptimizer({
    ...{ kind: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, momentum: 0 },
  }),
});

async function threeSteps(trained: TrainerOptions) {
  const trainer = await createTrainer(trained);
  const results = [];
  for (const indices of [
    [0, 1],
    [2, 3],
    [1, 2],
  ]) {
    const batch = assembleBatch(await Promise.all(indices.map((index) => dataset.read(index))));
    results.push(await trainer.step(batch, 0.01));
  }
  const tensors = Object.entries(trainer.tensors()).map(([name, { data }]) => [name, data.slice()]);
  await trainer.dispose();
  return { results, tensors };
}

describe('a step that chooses its losses', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [0, 3],
  ])('trains by losses %i and %i to the last bit as a step with these alone', async (first, second) => {
    const clip = first === 0 ? 1 : undefined;
    const chosen = {
      segmentation: { among: segmentation, chosen: first },
      depth: { among: depth, chosen: second },
    };
    const alone = { segmentation: segmentation[first], depth: depth[second] };
    expect(await threeSteps(options(chosen, clip))).toEqual(await threeSteps(options(alone, clip)));
  });

  it('leaves out a loss that cannot be built, unless it is its own', async () => {
    const among = [segmentation[0], broken, segmentation[1]];
    const chosen = (index: number) =>
      options({ segmentation: { among, chosen: index }, depth: { among: [depth[0]], chosen: 0 } });
    const alone = options({ segmentation: segmentation[1], depth: depth[0] });
    expect(await threeSteps(chosen(2))).toEqual(await threeSteps(alone));
    await expect(createTrainer(chosen(1))).rejects.toThrow('broken: a window larger than the image');
  });

  it('needs no choice where one loss is left, and none with a balancing method', async () => {
    const names = async (own: TrainerOptions) => {
      let inputs: readonly string[] = [];
      const trainer = await createTrainer({
        ...own,
        async compile(outputs) {
          const executable = await compile(outputs);
          inputs = executable.inputs.map(({ name }) => name);
          return executable;
        },
      });
      await trainer.dispose();
      return inputs.filter((name) => name.startsWith('choice'));
    };
    const losses = {
      segmentation: { among: [broken, segmentation[0]], chosen: 1 },
      depth: { among: depth, chosen: 2 },
    };
    expect(await names(options(losses))).toEqual(['choice.depth']);
    const { uncertainty } = (await import('../optim/balancing/registry.js')).balancers;
    expect(await names({ ...options(losses), weight: uncertainty })).toEqual([]);
  });
});
