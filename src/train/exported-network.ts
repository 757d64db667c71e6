/** What an exported network says of itself: how to prepare an image for it, and what its two outputs mean. */
import { readFile } from 'node:fs/promises';
import { FathomError, unreadable } from '../errors.js';
import { describeOnnx } from '../onnx/describe.js';
import type { OnnxProgram } from '../onnx/lower.js';
import { type CheckpointNetwork, networkInfo } from './checkpoint.js';
import { inferenceContract } from './inference.js';

/** Foreground is where the mask's probability is at least this. */
const threshold = 0.5;

/**
 * The key-value pairs of an exported network, for readers and for {@link readExported}: each input and output in words,
 * the size and normalisation of the images, the depth at 1 with its unit, the threshold of the mask.
 */
export function exportMetadata(network: CheckpointNetwork): Record<string, string> {
  const { model, width, size, background, maxDepth, depthUnit } = network;
  const { image, mask, depth } = inferenceContract;
  return {
    'fathom.image': image,
    ...(background && { 'fathom.background': inferenceContract.background }),
    'fathom.size': `${size[0]}x${size[1]} (height x width)`,
    'fathom.normalisation': 'value / 255; no mean or deviation is taken off',
    'fathom.mask': mask,
    'fathom.threshold': String(threshold),
    'fathom.depth': depth,
    'fathom.maxDepth': String(maxDepth),
    'fathom.depthUnit': depthUnit,
    'fathom.model': `${model} width ${width}`,
    [machineKey]: JSON.stringify(network),
  };
}

/** The key of what the others say in words, as JSON. */
const machineKey = 'fathom.network';

/** An exported network. */
export interface ExportedNetwork {
  readonly program: OnnxProgram;
  readonly network: CheckpointNetwork;
}

/**
 * Reads a file that `fathom export` wrote.
 *
 * Throws a FathomError of code `data` that names the file when it is missing, no ONNX model, or one that does not say how
 * it wants its images: nothing is guessed.
 */
export async function readExported(file: string): Promise<ExportedNetwork> {
  const bytes = await readFile(file).catch((cause) => {
    throw unreadable(file, cause, 'give a file that `fathom export` wrote');
  });
  const { metadata, ...described } = describeOnnx(bytes, file);
  const text = metadata[machineKey];
  if (text === undefined)
    throw new FathomError('data', `${file}: does not say how its images are prepared (no ${machineKey})`, {
      hint: 'give a file that `fathom export` of this version wrote',
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { data: network } = networkInfo.safeParse(json);
  const program = described.program();
  if (!network || !hasPorts(program, network))
    throw new FathomError('data', `${file}: its ${machineKey} does not fit its inputs and outputs`, {
      hint: 'export the network again',
    });
  return { program, network };
}

/** Whether the model takes and gives what the description says. */
function hasPorts({ inputs, outputs }: OnnxProgram, { size, background }: CheckpointNetwork): boolean {
  const shown = (ports: OnnxProgram['inputs']) => ports.map(({ name, shape }) => `${name} ${shape}`).sort();
  const plane = (name: string, channels: number) => `${name} ${[1, channels, ...size]}`;
  const expected = {
    inputs: [plane('image', 3), ...(background ? [plane('background', 3)] : [])].sort(),
    outputs: [plane('depth', 1), plane('mask', 1)],
  };
  return JSON.stringify({ inputs: shown(inputs), outputs: shown(outputs) }) === JSON.stringify(expected);
}
