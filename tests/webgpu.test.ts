/**
 * Training on WebGPU against training on the CPU, with the software Vulkan driver of Debian's chromium package. The
 * dynamic loader reads its variables when a process starts, so this file runs itself again in a process that has them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../src/cli/main.js';
import { assembleBatch } from '../src/data/batches.js';
import { syntheticDataset } from '../src/data/synthetic/synthetic-dataset.js';
import * as g from '../src/graph/index.js';
import { builtInLosses } from '../src/losses/catalogue.js';
import { compileLoss } from '../src/losses/registry.js';
import { findModel } from '../src/models/registry.js';
import { makeOptimizer } from '../src/optim/registry.js';
import { compile } from '../src/runtime/node.js';
import { createEvaluator } from '../src/train/evaluation.js';
import { createNetwork, loadWeights, type NamedTensors } from '../src/train/network.js';
import { createTrainer } from '../src/train/trainer.js';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const self = fileURLToPath(import.meta.url);
const minutes = 60_000;
const devices = ['cpu', 'webgpu'] as const;

/** Values on both devices, and their largest difference relative to the largest value. */
async function worstDifferences(outputs: Record<string, g.Tensor>, feeds: Record<string, Float32Array>) {
  const [cpu, gpu] = await Promise.all(
    devices.map(async (device) => {
      const program = await compile(outputs, { device });
      const results = await program.run(feeds);
      await program.dispose();
      return results as Record<string, Float32Array>;
    }),
  );
  const largest = (values: Float32Array) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return Object.entries(cpu).map(([name, values]) => ({
    name,
    error: largest(values.map((x, i) => x - gpu[name][i])) / largest(values),
  }));
}

/** Numbers in (−1, 1) that look random; a coarse grid of them has ties. */
const numbers = (count: number, seed: number, grid = 2 ** 20) =>
  Float32Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return Math.round((2 * (x - Math.floor(x)) - 1) * grid) / grid;
  });

function onTheDriver(): void {
  describe('WebGPU agrees with the CPU', () => {
    it('in convolutions of every number of channels and their gradients', async () => {
      const outputs: Record<string, g.Tensor> = {};
      const feeds: Record<string, Float32Array> = {};
      for (const channels of [1, 3, 4, 6, 9, 12, 15]) {
        const [x, w] = [
          g.input(`x${channels}`, [2, channels, 6, 6]),
          g.input(`w${channels}`, [12, channels, 3, 3]),
        ];
        const y = g.conv2d(x, w);
        const [dx, dw] = g.gradients(g.sum(g.square(y)), [x, w]);
        Object.assign(outputs, {
          ...{ [`y${channels}`]: y, [`dx${channels}`]: dx, [`dw${channels}`]: dw },
        });
        feeds[`x${channels}`] = numbers(x.size, channels);
        feeds[`w${channels}`] = numbers(w.size, channels + 100);
      }
      for (const { name, error } of await worstDifferences(outputs, feeds))
        expect(error, name).toBeLessThan(1e-5);
    });

    it('in max pooling, whose gradient goes to the first of equals, and pixel shuffle', async () => {
      const x = g.input('x', [2, 8, 6, 4]);
      const weight = g.input('weight', [2, 8, 3, 2]);
      const [pooled] = g.gradients(g.sum(g.mul(g.maxPool2x2(x), weight)), [x]);
      const [shuffled] = g.gradients(g.sum(g.square(g.pixelShuffle(x))), [x]);
      const feeds = { x: numbers(x.size, 1, 1), weight: numbers(weight.size, 2) };
      for (const { name, error } of await worstDifferences({ pooled, shuffled }, feeds))
        expect(error, name).toBeLessThan(1e-6);
    });

    it('in every loss and its gradient', async () => {
      const shape = [2, 1, 32, 32];
      const port = (name: string, channels = 1) => g.input(name, [2, channels, 32, 32]);
      const [logits, mask, depth, valid] = ['logits', 'mask', 'depth', 'valid'].map((name) => port(name));
      const [image, distance] = [port('image', 3), port('distance')];
      const outputs: Record<string, g.Tensor> = {};
      for (const { name, task } of builtInLosses) {
        const target = task === 'segmentation' ? mask : depth;
        const value = compileLoss(name, task).evaluate({ logits, target, valid, image, distance });
        Object.assign(outputs, {
          [`${task} ${name}`]: value,
          [`${task} ${name}, gradient`]: g.gradients(value, [logits])[0],
        });
      }
      const between0and1 = (count: number, seed: number) => numbers(count, seed).map((x) => (x + 1) / 2);
      const feeds = {
        logits: numbers(g.sizeOf(shape), 1).map((x) => 3 * x),
        mask: numbers(g.sizeOf(shape), 2).map((x) => Number(x > 0.3)),
        depth: between0and1(g.sizeOf(shape), 3),
        valid: numbers(g.sizeOf(shape), 4).map((x) => Number(x > -0.8)),
        image: between0and1(3 * g.sizeOf(shape), 5),
        distance: numbers(g.sizeOf(shape), 6),
      };
      // The slope of charbonnier turns from −1 to 1 within its eps of 1e-3, and a rounding with it.
      for (const { name, error } of await worstDifferences(outputs, feeds))
        expect(error, name).toBeLessThan(name.includes('charbonnier') ? 1e-4 : 1e-5);
    });

    it(
      'in a training run: the loss curve to 1e-3, the evaluation of its weights to 1e-4',
      async () => {
        const dataset = syntheticDataset({ count: 4, size: 32, seed: 3 });
        const samples = await Promise.all([0, 1, 2, 3].map((index) => dataset.read(index)));
        const batches = [assembleBatch(samples.slice(0, 2)), assembleBatch(samples.slice(2))];
        const gaps = { mask: false, depth: false };
        const side = (device: (typeof devices)[number]) => ({
          network: createNetwork({
            ...{ model: findModel('resunet')!, width: 4, size: [32, 32], background: true },
            separate: device === 'webgpu',
          }),
          compile: (outputs: Record<string, g.Tensor>) => compile(outputs, { device }),
        });

        const curves: number[][] = [];
        let weights: NamedTensors = {};
        for (const device of devices) {
          const trainer = await createTrainer({
            ...{ ...side(device), batch: 2, gaps, weight: 2, seed: 0 },
            losses: {
              segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
              depth: compileLoss('rmse', 'depth').evaluate,
            },
            optimizer: makeOptimizer({
              ...{ kind: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, momentum: 0 },
            }),
          });
          const curve: number[] = [];
          for (let i = 0; i < 4; i++) curve.push((await trainer.step(batches[i % 2], 0.003)).loss);
          curves.push(curve);
          weights = trainer.tensors();
          await trainer.dispose();
        }
        const [expected, actual] = curves;
        expect(expected[3]).toBeLessThan(expected[0] - 0.1);
        for (const [i, loss] of actual.entries())
          expect(Math.abs(loss / expected[i] - 1), `step ${i + 1}`).toBeLessThan(1e-3);

        const measured = [];
        for (const device of devices) {
          const { network, compile } = side(device);
          const evaluator = await createEvaluator({ network, batch: 2, gaps, compile });
          const shown = [0, 1, 2, 3];
          const { predictions } = await evaluator.measure(loadWeights(network, weights), dataset, shown, {
            shown,
          });
          measured.push(predictions);
          await evaluator.dispose();
        }
        for (const [i, cpu] of measured[0].entries()) {
          const gpu = measured[1][i];
          for (const key of ['mask', 'depth', 'sums'] as const)
            for (const [k, value] of cpu[key].entries())
              expect(Math.abs(gpu[key][k] - value) / Math.max(1, Math.abs(value)), key).toBeLessThan(1e-4);
        }
      },
      5 * minutes,
    );

    it(
      'and `fathom doctor` sees no node of a training step left to the CPU',
      async () => {
        let out = '';
        const stdout = { write: (text: string) => (out += text) };
        const context = { stdout, stderr: stdout, env: {}, signal: new AbortController().signal };
        await run(['doctor', '--json'], context);
        const checks: { name: string; detail: string }[] = JSON.parse(out).checks;
        expect(checks.find(({ name }) => name === 'device webgpu')?.detail).toBe('computes');
        expect(checks.find(({ name }) => name === 'webgpu step')?.detail).toMatch(
          /^all \d{4} nodes of a training step run on the device$/,
        );
      },
      5 * minutes,
    );
  });
}

function inAProcessWithTheDriver(): void {
  it(
    'WebGPU trains as the CPU does, on a software driver',
    (context) => {
      if (!process.env.FATHOM_WEBGPU)
        context.skip('takes minutes on a software driver: set FATHOM_WEBGPU=1 to run it, as CI does');
      if (!existsSync(driver))
        context.skip(`no software Vulkan driver: ${driver} comes with Debian's chromium-common`);
      const vitest = resolve('node_modules/vitest/vitest.mjs');
      const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', self], {
        encoding: 'utf8',
        env: {
          ...process.env,
          VK_DRIVER_FILES: driver,
          VK_ICD_FILENAMES: driver,
          LD_LIBRARY_PATH: dirname(driver),
        },
      });
      expect(status, `${stdout}\n${stderr}`).toBe(0);
    },
    10 * minutes,
  );
}

if (process.env.VK_DRIVER_FILES === driver) onTheDriver();
else inAProcessWithTheDriver();
