import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/schema.js';
import { lowerToOnnx, type OnnxProgram } from '../onnx/lower.js';
import { lowerStep } from './lower-step.js';
import { type RunSpec, runNetwork, trainerOptions } from './run-spec.js';
import { createTrainer } from './trainer.js';

const dataset = { name: 'rooms', height: 16, width: 32, hasBackground: true };
const gaps = { mask: true, depth: false };
const options = { target: 'cpu', blockSize: 16, marker: 'done' } as const;

describe('lowerStep', () => {
  it.each([
    ['a fixed weight', {}, {}],
    ['a balancing method that keeps state', { weight: 'famo' }, {}],
    ['one that mixes gradients', { weight: 'pcgrad' }, {}],
    ['another optimizer, clipped', {}, { optimizer: { kind: 'sgd', momentum: 0.9 }, clipNorm: 1 }],
    ['losses that are chosen', {}, {}, { segmentation: ['dice', 'bce + 2*dice'], depth: ['grad'] }],
  ] as const)('gives the bytes that a trainer compiles, for %s', async (_, own, train, among?) => {
    const config = configSchema.parse({
      model: { kind: 'resunet', width: 4 },
      train: { batch: 2, ...train },
    });
    const spec: RunSpec = {
      ...{ segmentation: 'bce + 2*dice', depth: 'grad', weight: 2, seed: 3, device: 'cpu' },
      ...{ model: config.model, train: config.train },
      ...own,
    };
    let compiled: OnnxProgram | undefined;
    const compile = async (outputs: Parameters<typeof lowerToOnnx>[0]) => {
      compiled = lowerToOnnx(outputs, options);
      return { inputs: compiled.inputs, outputs: compiled.outputs } as never;
    };
    const network = runNetwork(spec, dataset);
    await createTrainer(trainerOptions(spec, network, { gaps, among, compile, stepsAnEpoch: 5 }));
    expect(lowerStep({ spec, dataset, gaps, among, options })).toEqual(compiled);
  });
});
