/**
 * Memory over a long run: a small model takes 1,000 steps on batches that are loaded as in a study, with an evaluation every
 * 100 steps, and the resident memory is printed after each.
 *
 *   npm run build && node bench/memory.mjs [steps]
 */
import { epochOrder } from '../dist/data/batches.js';
import { loadBatches } from '../dist/data/loader.js';
import { syntheticDataset } from '../dist/data/synthetic/synthetic-dataset.js';
import { compileLoss } from '../dist/losses/registry.js';
import { findModel } from '../dist/models/registry.js';
import { makeOptimizer } from '../dist/optim/registry.js';
import { compile as compileGraph } from '../dist/runtime/node.js';
import { createEvaluator } from '../dist/train/evaluation.js';
import { createNetwork } from '../dist/train/network.js';
import { createTrainer } from '../dist/train/trainer.js';

const steps = Number(process.argv[2] ?? 1000);
const batch = 8;
const rooms = syntheticDataset({ count: 64, size: 32 });
const samples = await Promise.all(Array.from({ length: 64 }, (_, i) => rooms.read(i)));
const dataset = { ...rooms, read: async (i) => samples[i] };
const order = samples.map((_, i) => i);
const network = createNetwork({ model: findModel('resunet'), width: 8, size: [32, 32], background: true });
const gaps = { mask: false, depth: false };
const compile = (outputs) => compileGraph(outputs, { optimise: false });
const trainer = await createTrainer({
  ...{ network, batch, gaps, weight: 2, seed: 0, compile },
  losses: {
    segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
    depth: compileLoss('rmse', 'depth').evaluate,
  },
  optimizer: makeOptimizer({
    ...{ kind: 'adamw', lr: 1e-3, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8, momentum: 0 },
  }),
});
const evaluator = await createEvaluator({ network, batch, gaps, compile });

console.log('| steps | resident MB | heap MB | array buffers MB |\n|---|---|---|---|');
for (let epoch = 1; trainer.steps < steps; epoch++)
  for await (const part of loadBatches(dataset, epochOrder(order, 0, epoch), { batch })) {
    await trainer.step(part, 1e-3);
    if (trainer.steps % 100 > 0) continue;
    await evaluator.measure(trainer.weights, dataset, order, { shown: [0, 1, 2, 3] });
    const memory = process.memoryUsage();
    const [rss, heap, buffers] = [memory.rss, memory.heapUsed, memory.arrayBuffers].map((bytes) =>
      (bytes / 2 ** 20).toFixed(0),
    );
    console.log(`| ${trainer.steps} | ${rss} | ${heap} | ${buffers} |`);
  }
await trainer.dispose();
await evaluator.dispose();
