/** Runs a trained network on pictures of any size. */
import { statSync } from 'node:fs';
import { findModel } from '../models/registry.js';
import type { Executable, Values } from '../runtime/executable.js';
import { compile, load } from '../runtime/node.js';
import type { Checkpoint, CheckpointNetwork } from '../train/checkpoint.js';
import { type ExportedNetwork, readExported } from '../train/exported-network.js';
import { inferenceGraph } from '../train/inference.js';
import { imagePlanes, type Picture, type PredictedPlanes } from './image-files.js';
import { loadNetwork } from './load-network.js';

/** Predicts pictures. */
export interface Predictor {
  /** What its inputs and outputs mean. */
  readonly network: CheckpointNetwork;
  /** Pictures that are run at once; fewer cost as much. */
  readonly batch: number;
  /** Masks and depths of pictures, at the size the network saw each; `backgrounds` where the network takes them. */
  predict(pictures: readonly Picture[], backgrounds?: readonly Picture[]): Promise<PredictedPlanes[]>;
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

/** Runs pictures of one size through a program of `batch`, the last ones with zeros for those that are missing. */
async function runBatches(
  program: Executable,
  [height, width]: readonly [number, number],
  batch: number,
  pictures: readonly Picture[],
  backgrounds: readonly Picture[] | undefined,
): Promise<PredictedPlanes[]> {
  const area = height * width;
  const fill = (some: readonly Picture[]) => {
    const planes = new Float32Array(batch * 3 * area);
    for (const [i, picture] of some.entries())
      planes.set(imagePlanes(picture, [height, width]), i * 3 * area);
    return planes;
  };
  const predicted: PredictedPlanes[] = [];
  for (let start = 0; start < pictures.length; start += batch) {
    const chosen = pictures.slice(start, start + batch);
    const { mask, depth } = await program.run({
      image: fill(chosen),
      ...(backgrounds && { background: fill(backgrounds.slice(start, start + batch)) }),
    });
    const plane = (values: Values, i: number) => (values as Float32Array).subarray(i * area, (i + 1) * area);
    predicted.push(
      ...chosen.map((_, i) => ({ height, width, mask: plane(mask, i), depth: plane(depth, i) })),
    );
  }
  return predicted;
}

/** A predictor with the weights of a checkpoint; graphs are kept by size. */
function checkpointPredictor(checkpoint: Checkpoint, batch: number): Predictor {
  const { network } = checkpoint;
  const stride = findModel(network.model)?.stride ?? 16;
  const programs = new Map<string, Promise<Executable>>();
  return {
    network,
    batch,
    async predict(pictures, backgrounds) {
      const sizes = pictures.map((picture) => predictionSize(picture, network.size, stride));
      const keys = sizes.map((size) => size.join('×'));
      const predicted: PredictedPlanes[] = [];
      for (const key of new Set(keys)) {
        const indices = [...keys.keys()].filter((i) => keys[i] === key);
        const size = sizes[indices[0]];
        let program = programs.get(key);
        if (!program) {
          program = compile(inferenceGraph(checkpoint, size, batch));
          programs.set(key, program);
        }
        const planes = await runBatches(
          await program,
          size,
          batch,
          indices.map((i) => pictures[i]),
          backgrounds && indices.map((i) => backgrounds[i]),
        );
        for (const [at, i] of indices.entries()) predicted[i] = planes[at];
      }
      return predicted;
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
    batch: 1,
    predict: (pictures, backgrounds) => runBatches(executable, network.size, 1, pictures, backgrounds),
    dispose: () => executable.dispose(),
  };
}

/**
 * A predictor with the network of a run's folder or a checkpoint, which runs `batch` pictures at once, or of an exported
 * `.onnx` file, which takes one.
 * Throws a FathomError of code `data` that names the file.
 */
export async function openPredictor(path: string, batch = 1): Promise<Predictor> {
  const isOnnx = path.endsWith('.onnx') && statSync(path, { throwIfNoEntry: false })?.isFile();
  return isOnnx
    ? exportedPredictor(await readExported(path))
    : checkpointPredictor(await loadNetwork(path), batch);
}
