import { describe, expect, it } from 'vitest';
import { add, gradients, mul, type Tensor } from '../graph/index.js';
import { compileLoss } from '../losses/registry.js';
import { findModel } from '../models/registry.js';
import { decodeSafetensors } from '../onnx/safetensors.js';
import { makeOptimizer } from '../optim/registry.js';
import { makeSchedule } from '../optim/schedules.js';
import { compile } from '../runtime/node.js';
import { batchFeeds, batchInputs } from './batch-inputs.js';
import { tasksOf } from './evaluation.js';
import { goldenBatch, goldenWeights, readGolden } from './goldens.fixture.js';
import {
  bindNetwork,
  createNetwork,
  loadWeights,
  memberViews,
  type Network,
  type StateBuffers,
} from './network.js';
import { createTrainer } from './trainer.js';

interface NetworkGolden {
  readonly shape: readonly number[];
  readonly width: number;
  readonly weightSeed: number;
  readonly batchSeed: number;
  readonly parameters: number;
  readonly loss: Readonly<Record<'joint' | 'segmentation' | 'depth', number>>;
  readonly evaluationLoss: number;
  readonly samples: readonly { output: 'segmentation' | 'depth'; index: number[]; value: number }[];
  readonly buffers: Readonly<Record<string, readonly [sum: number, squares: number]>>;
  readonly gradients?: Readonly<Record<string, { norm: number; first: number[] }>>;
}

interface TrainingGolden {
  readonly name: string;
  readonly shape: readonly number[];
  readonly width: number;
  readonly weightSeed: number;
  readonly batchSeeds: readonly number[];
  readonly evaluationSeed: number;
  readonly maxLr: number;
  readonly loss: readonly number[];
  readonly learningRate: readonly number[];
  readonly evaluationLoss: number;
}

/** Of gradients, where float32 comes less close. */
const tolerances: Readonly<Record<string, number>> = {
  // In its narrowest bottleneck one channel is normalised: a difference of nearly equal sums.
  resunext: 1e-3,
  // At its bottom it normalises two values, one an image.
  'mobile-unet': 1e-3,
};

const gaps = { mask: false, depth: false };
const losses = {
  segmentation: compileLoss('bce-dice', 'segmentation').evaluate,
  depth: compileLoss('rmse', 'depth').evaluate,
};
const parse = <T>(name: string): T => JSON.parse(readGolden(name).toString());
const relative = (actual: number, expected: number) => Math.abs(actual - expected) / Math.abs(expected);
const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));

const networkOf = (kind: string, { width, shape }: Pick<NetworkGolden, 'width' | 'shape'>) =>
  createNetwork({ model: findModel(kind)!, width, size: [shape[2], shape[3]], background: true });

/** The graph of the losses, and what else `more` takes from the network. */
async function run(
  network: Network,
  state: StateBuffers,
  batch: ReturnType<typeof goldenBatch>,
  training: boolean,
  more: (joint: Tensor, bound: ReturnType<typeof bindNetwork>) => Record<string, Tensor> = () => ({}),
) {
  const inputs = batchInputs(network, batch.size, gaps);
  const bound = bindNetwork(network, inputs.x, training);
  const tasks = tasksOf(bound.logits, inputs);
  const segmentation = losses.segmentation(tasks.segmentation);
  const depth = losses.depth(tasks.depth);
  const joint = add(segmentation, mul(depth, 2));
  const program = await compile({
    ...{ 'loss.joint': joint, 'loss.segmentation': segmentation, 'loss.depth': depth },
    ...more(joint, bound),
  });
  const feeds: Record<string, Float32Array> = { ...state };
  for (const { name } of program.inputs)
    feeds[name] ??= batchFeeds(batch, network, batch.size, gaps)[name] as Float32Array;
  const used = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]]));
  const outputs = await program.run(used);
  await program.dispose();
  return outputs as Record<string, Float32Array>;
}

describe('a whole network agrees with PyTorch', () => {
  const goldens = parse<Record<string, NetworkGolden>>('resunet.json');
  const stored = decodeSafetensors(readGolden('resunet-gradients.safetensors')).tensors;

  it.each(Object.entries(goldens))(
    '%s: losses, logits, gradients and running statistics',
    async (kind, golden) => {
      const network = networkOf(kind, golden);
      expect(network.parameterCount).toBe(golden.parameters);
      const weights = loadWeights(network, goldenWeights(network, golden.weightSeed));
      const batch = goldenBatch(golden.batchSeed, golden.shape);
      const names = network.state.parameters.map(({ name }) => name);
      const outputs = await run(network, weights, batch, true, (joint, { logits, flats, nextBuffers }) => {
        const slopes = gradients(
          joint,
          network.parameters.map(({ name }) => flats.get(name)!),
        );
        return {
          'logits.segmentation': logits.segmentation,
          'logits.depth': logits.depth,
          ...Object.fromEntries(network.parameters.map(({ name }, i) => [`d ${name}`, slopes[i]])),
          ...Object.fromEntries([...nextBuffers].map(([name, value]) => [`next ${name}`, value])),
        };
      });
      const slopes = memberViews(
        network.parameters,
        Object.fromEntries(network.parameters.map(({ name }) => [name, outputs[`d ${name}`]])),
      );

      for (const [name, value] of Object.entries(golden.loss))
        expect(relative(outputs[`loss.${name}`][0], value), name).toBeLessThan(1e-5);
      for (const { output, index, value } of golden.samples) {
        const [, , h, w] = golden.shape;
        const actual = outputs[`logits.${output}`][(index[0] * h + index[2]) * w + index[3]];
        expect(Math.abs(actual - value), `${output} ${index}`).toBeLessThan(1e-4);
      }
      const buffers = statistics(network, outputs);
      for (const [name, [sum, squares]] of Object.entries(golden.buffers)) {
        const values = Array.from(buffers[name].data);
        const total = values.reduce((a, b) => a + b, 0);
        expect(Math.abs(total - sum), name).toBeLessThan(
          1e-4 * Math.max(1, Math.sqrt(squares * values.length)),
        );
        expect(relative(norm(values) ** 2, squares), name).toBeLessThan(1e-3);
      }
      const largest = Math.max(...names.map((name) => norm(slopes[name].data)));
      for (const name of names) {
        const actual = slopes[name].data;
        const scale = (size: number) => Math.max(size, 1e-4 * largest);
        // Zero up to rounding: a batch norm follows on every path.
        const isZero = /encoder\.down[123]\.projection_bn\.bias/.test(name);
        const tolerance = isZero ? 1e-2 : (tolerances[kind] ?? 1e-4);
        const summary = golden.gradients?.[name];
        if (summary) {
          expect(Math.abs(norm(actual) - summary.norm) / scale(summary.norm), name).toBeLessThan(tolerance);
          const first = summary.first.map((value, i) => actual[i] - value);
          expect(norm(first) / scale(summary.norm), name).toBeLessThan(tolerance);
        } else {
          const expected = stored[name].data;
          const error = norm(actual.map((value, i) => value - expected[i]));
          expect(error / scale(norm(expected)), name).toBeLessThan(tolerance);
        }
      }
    },
  );

  it.each(Object.entries(goldens))(
    '%s: evaluation with the running statistics of that step',
    async (kind, golden) => {
      const network = networkOf(kind, golden);
      const initial = goldenWeights(network, golden.weightSeed);
      const batch = goldenBatch(golden.batchSeed, golden.shape);
      const stepped = await run(network, loadWeights(network, initial), batch, true, (_, bound) =>
        Object.fromEntries([...bound.nextBuffers].map(([name, value]) => [`next ${name}`, value])),
      );
      const next = { ...initial, ...statistics(network, stepped) };
      const { 'loss.joint': joint } = await run(network, loadWeights(network, next), batch, false);
      expect(relative(joint[0], golden.evaluationLoss)).toBeLessThan(1e-4);
    },
  );
});

/** Running statistics by their own names, from outputs `next <group>`. */
const statistics = (network: Network, outputs: StateBuffers) =>
  memberViews(
    network.buffers,
    Object.fromEntries(network.buffers.map(({ name }) => [name, outputs[`next ${name}`]])),
  );

describe('twenty steps of AdamW with one-cycle follow PyTorch', () => {
  const goldens = parse<TrainingGolden[]>('training.json');
  // At a high rate training is chaotic: PyTorch's own float32 leaves its float64 after a few steps.
  const steps: Record<string, [count: number, tolerance: number]> = { gentle: [20, 1e-3], fast: [3, 1e-4] };

  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', async (name, golden) => {
    const network = networkOf('resunet', golden);
    const optimizer = makeOptimizer({
      ...{ kind: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, momentum: 0 },
    });
    const trainer = await createTrainer({
      ...{ network, batch: golden.shape[0], gaps, losses, weight: 2, optimizer, seed: 0, compile },
    });
    const zeros = Object.fromEntries(
      Object.entries(trainer.tensors()).map(([key, { shape, data }]) => [
        key,
        { shape, data: data.map(() => 0) },
      ]),
    );
    trainer.restore({ ...zeros, ...goldenWeights(network, golden.weightSeed) }, 0);
    const schedule = makeSchedule(
      { kind: 'one-cycle', maxLr: golden.maxLr, pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 },
      0.01,
    );
    const [count, tolerance] = steps[name];
    for (let i = 0; i < count; i++) {
      const rate = schedule(i + 1, golden.loss.length);
      expect(relative(rate, golden.learningRate[i])).toBeLessThan(1e-6);
      const { loss } = await trainer.step(goldenBatch(golden.batchSeeds[i], golden.shape), rate);
      expect(relative(loss, golden.loss[i]), `step ${i + 1}`).toBeLessThan(tolerance);
    }
    if (count === golden.loss.length) {
      const batch = goldenBatch(golden.evaluationSeed, golden.shape);
      const { 'loss.joint': joint } = await run(network, trainer.weights, batch, false);
      expect(relative(joint[0], golden.evaluationLoss)).toBeLessThan(1e-3);
    }
    await trainer.dispose();
  });
});
