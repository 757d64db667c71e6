/** Runs a trained network on pictures of any size. */
import { findModel } from '../models/registry.js';
import type { Executable } from '../runtime/executable.js';
import { compile } from '../runtime/node.js';
import type { Checkpoint } from '../train/checkpoint.js';
import { inferenceGraph } from '../train/inference.js';
import { imagePlanes, type Picture, type PredictedPlanes } from './image-files.js';

/** Predicts one picture after another; graphs are kept by size. */
export interface Predictor {
  predict(picture: Picture, background?: Picture): Promise<PredictedPlanes>;
  dispose(): Promise<void>;
}

/**
 * The size a picture is predicted at: its own shape, with the shorter side as long as in training, so that things
 * appear as large as the network knows them; each side a multiple of `stride`.
 */
export function predictionSize(
  { width, height }: { readonly width: number; readonly height: number },
  trained: readonly [number, number],
  stride: number,
): [height: number, width: number] {
  const scale = Math.min(...trained) / Math.min(width, height);
  const side = (length: number) => Math.max(stride, Math.round((length * scale) / stride) * stride);
  return [side(height), side(width)];
}

/** A predictor with the weights of a checkpoint. */
export function createPredictor(checkpoint: Checkpoint): Predictor {
  const { size: trained, model } = checkpoint.network;
  const stride = findModel(model)?.stride ?? 16;
  const programs = new Map<string, Promise<Executable>>();
  return {
    async predict(picture, background) {
      const size = predictionSize(picture, trained, stride);
      const key = size.join('×');
      let program = programs.get(key);
      if (!program) {
        program = compile(inferenceGraph(checkpoint, size));
        programs.set(key, program);
      }
      const { mask, depth } = await (await program).run({
        image: await imagePlanes(picture, size),
        ...(background && { background: await imagePlanes(background, size) }),
      });
      return { height: size[0], width: size[1], mask: mask as Float32Array, depth: depth as Float32Array };
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose();
    },
  };
}
