/** A trained network alone, its weights inside: what prediction and export compile. */
import { fractions } from '../data/fractions.js';
import { FathomError } from '../errors.js';
import { constant, input, sigmoid, type Tensor } from '../graph/index.js';
import { findModel, models } from '../models/registry.js';
import { bindScope } from '../nn/scope.js';
import type { OnnxProgram } from '../onnx/lower.js';
import type { Values } from '../runtime/executable.js';
import { compile, load } from '../runtime/node.js';
import { batchFeeds, batchInputs } from './batch-inputs.js';
import type { Checkpoint, CheckpointNetwork } from './checkpoint.js';
import { bindNetwork, createNetwork, loadWeights, memberViews, type Network, stackInput } from './network.js';
import { randomBatch } from './step-benchmark.js';

/** Inputs and outputs of {@link inferenceGraph}, as a model file describes them. */
export const inferenceContract = {
  image: '[1, 3, H, W] sRGB divided by 255: red, green, blue planes of 0-1',
  background: 'the empty scene, like image; only for networks trained with backgrounds',
  mask: '[1, 1, H, W] probability of foreground, 0-1',
  depth: '[1, 1, H, W] depth divided by maxDepth, 0-1',
} as const;

/**
 * The network of a checkpoint for images of `size`, by default those it was trained on.
 * Throws a FathomError of code `data` when this version has no such model.
 */
function checkpointNetwork(info: CheckpointNetwork, size: readonly [number, number] = info.size): Network {
  const model = findModel(info.model);
  if (!model)
    throw new FathomError('data', `checkpoint: unknown model '${info.model}'`, {
      hint: `this version knows ${models.map(({ name }) => name).join(', ')}`,
    });
  return createNetwork({ model, width: info.width, size, background: info.background });
}

/**
 * The graph from `image` (and `background`) to `mask` and `depth`, both 0–1, with the weights as constants, for `batch`
 * images at a time.
 * Throws a FathomError of code `data` when the checkpoint's tensors do not fit its network.
 */
export function inferenceGraph(
  { network: info, tensors }: Checkpoint,
  size: readonly [height: number, width: number] = info.size,
  batch = 1,
): { mask: Tensor; depth: Tensor } {
  const network = checkpointNetwork(info, size);
  const weights = memberViews([...network.parameters, ...network.buffers], loadWeights(network, tensors));
  const constants = new Map(
    Object.entries(weights).map(([name, { data, shape }]) => [name, constant(data, shape)]),
  );
  const plane = (name: string) => input(name, [batch, 3, ...size]);
  const x = stackInput(plane('image'), info.background ? plane('background') : undefined);
  const logits = network.spec.model.build(bindScope(constants, false).scope, x, info.width);
  return { mask: sigmoid(logits.segmentation), depth: sigmoid(logits.depth) };
}

/**
 * Largest difference of mask and depth between a lowered {@link inferenceGraph} and the evaluation that training uses,
 * on a random image.
 */
export async function compareWithEvaluation(
  checkpoint: Checkpoint,
  program: OnnxProgram,
  size: readonly [height: number, width: number] = checkpoint.network.size,
): Promise<number> {
  const { network: info, tensors } = checkpoint;
  const network = checkpointNetwork(info, size);
  const gaps = { mask: false, depth: false };
  const batch = randomBatch(1, size);
  const inputs = batchInputs(network, 1, gaps);
  const { logits } = bindNetwork(network, inputs.x, false);
  const reference = await compile({ maskOut: sigmoid(logits.segmentation), depthOut: sigmoid(logits.depth) });
  const exported = await load(program);
  const { image, background } = batchFeeds(batch, network, 1, gaps);
  const evaluated = { image, ...(info.background && { background }) };
  const expected = await reference.run({ ...evaluated, ...loadWeights(network, tensors) });
  const normalised = Object.entries(evaluated).map(([name, values]) => [
    name,
    fractions(values as Uint8Array, 255),
  ]);
  const actual = await exported.run(Object.fromEntries(normalised));
  await reference.dispose();
  await exported.dispose();
  const difference = (a: Values, b: Values) =>
    Array.from(a as Float32Array).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(b[i]))),
      0,
    );
  return Math.max(difference(actual.mask, expected.maskOut), difference(actual.depth, expected.depthOut));
}
