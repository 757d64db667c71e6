/** Runs a trained network on pictures of any size. */
import { statSync } from 'node:fs';
import { findModel } from '../models/registry.js';
import type { Executable } from '../runtime/executable.js';
import { compile, load } from '../runtime/node.js';
import type { Checkpoint, CheckpointNetwork } from '../train/checkpoint.js';
import { type ExportedNetwork, readExported } from '../train/exported-network.js';
import { inferenceGraph } from '../train/inference.js';
import { imagePlanes, type Picture, type PredictedPlanes } from './image-files.js';
import { loadNetwork } from './load-network.js';

/** Predicts one picture after another. */
export interface Predictor {
  /** What its inputs and outputs mean. */
  readonly network: CheckpointNetwork;
  /** Mask and depth of a picture, at the size the network saw it; `background` where the network takes one. */
  predict(picture: Picture, background?: Picture): Promise<PredictedPlanes>;
  dispose(): Promise<void>;
}

/**
 * The size a picture is predicted at: its own shape, with the shorter side as long as in training, so that things
 * appear as large as the network knows them; each side a multiple of `stride`.
 */
function predictionSize(
  { width, height }: { readonly width: number; readonly height: number },
  trained: readonly [number, number],
  stride: number,
): [height: number, width: number] {
  const scale = Math.min(...trained) / Math.min(width, height);
  const side = (length: number) => Math.max(stride, Math.round((length * scale) / stride) * stride);
  return [side(height), side(width)];
}

async function run(
  program: Executable,
  size: readonly [number, number],
  picture: Picture,
  background: Picture | undefined,
): Promise<PredictedPlanes> {
  const { mask, depth } = await program.run({
    image: await imagePlanes(picture, size),
    ...(background && { background: await imagePlanes(background, size) }),
  });
  return { height: size[0], width: size[1], mask: mask as Float32Array, depth: depth as Float32Array };
}

/** A predictor with the weights of a checkpoint; graphs are kept by size. */
function checkpointPredictor(checkpoint: Checkpoint): Predictor {
  const { network } = checkpoint;
  const stride = findModel(network.model)?.stride ?? 16;
  const programs = new Map<string, Promise<Executable>>();
  return {
    network,
    async predict(picture, background) {
      const size = predictionSize(picture, network.size, stride);
      const key = size.join('×');
      let program = programs.get(key);
      if (!program) {
        program = compile(inferenceGraph(checkpoint, size));
        programs.set(key, program);
      }
      return run(await program, size, picture, background);
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}

/** A predictor with an exported network: every picture is brought to the one size it takes. */
async function exportedPredictor({ program, network }: ExportedNetwork): Promise<Predictor> {
  const executable = await load(program);
  return {
    network,
    predict: (picture, background) => run(executable, network.size, picture, background),
    dispose: () => executable.dispose(),
  };
}

/**
 * A predictor with the network of a run's folder, a checkpoint or an exported `.onnx` file.
 * Throws a FathomError of code `data` that names the file.
 */
export async function openPredictor(path: string): Promise<Predictor> {
  const isOnnx = path.endsWith('.onnx') && statSync(path, { throwIfNoEntry: false })?.isFile();
  return isOnnx ? exportedPredictor(await readExported(path)) : checkpointPredictor(await loadNetwork(path));
}
