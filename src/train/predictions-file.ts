/** The test images that a run's figures show, with their truth and the run's predictions, as one file. */
import { readFileSync } from 'node:fs';
import { fractions } from '../data/fractions.js';
import { unreadable } from '../errors.js';
import { type ImageMetrics, perImage } from '../metrics/finalize.js';
import type { SumName } from '../metrics/sums.js';
import { decodeSafetensors, type NamedTensor, safetensorsParts } from '../onnx/safetensors.js';
import type { PredictedSample } from './evaluation.js';
import { writeFileWhole } from './write-file.js';

/** One image, its truth and its prediction; planes `[H, W]`, images `[3, H, W]` sRGB 0–255. */
export interface ShownPrediction extends ImageMetrics {
  readonly id: string;
  readonly image: Uint8Array;
  readonly background?: Uint8Array;
  /** Foreground coverage, 0–1. */
  readonly mask: Float32Array;
  readonly maskValid: Uint8Array;
  /** Depth, 0–1 of the data set's maximum. */
  readonly depth: Float32Array;
  readonly depthValid: Uint8Array;
  readonly predictedMask: Float32Array;
  readonly predictedDepth: Float32Array;
}

/** A prediction as figures take it. */
export function shownPrediction(
  { sample, mask, depth, sums }: PredictedSample,
  names: readonly SumName[],
): ShownPrediction {
  return {
    id: sample.id,
    image: sample.image,
    background: sample.background,
    mask: fractions(sample.mask, 255),
    maskValid: sample.maskValid,
    depth: fractions(sample.depth, 65535),
    depthValid: sample.depthValid,
    predictedMask: mask,
    predictedDepth: depth,
    ...perImage([sums], names)[0],
  };
}

const bytePlanes = ['image', 'background', 'maskValid', 'depthValid'] as const;
const floatPlanes = ['mask', 'depth', 'predictedMask', 'predictedDepth'] as const;

/** Writes predictions of images of one size. */
export async function writePredictions(
  file: string,
  predictions: readonly ShownPrediction[],
  [height, width]: readonly [number, number],
): Promise<void> {
  const tensors: Record<string, NamedTensor> = {};
  for (const [i, prediction] of predictions.entries())
    for (const name of [...bytePlanes, ...floatPlanes]) {
      const values = prediction[name];
      if (values)
        tensors[`${i}.${name}`] = {
          shape: [values.length / (height * width), height, width],
          data: new Float32Array(values),
        };
    }
  const images = predictions.map(({ id, iou, rmse }) => ({ id, iou, rmse }));
  await writeFileWhole(file, safetensorsParts(tensors, { images: JSON.stringify(images) }));
}

/** Reads what {@link writePredictions} wrote. Throws a FathomError of code `data` that names the file. */
export function readPredictions(file: string): ShownPrediction[] {
  const { tensors, metadata } = decodeSafetensors(readBytes(file), file);
  const images = JSON.parse(metadata.images ?? '[]') as ({ id: string } & ImageMetrics)[];
  return images.map((image, i) => {
    const planes: Record<string, Float32Array | Uint8Array> = {};
    for (const name of bytePlanes)
      if (tensors[`${i}.${name}`]) planes[name] = new Uint8Array(tensors[`${i}.${name}`].data);
    for (const name of floatPlanes) planes[name] = tensors[`${i}.${name}`].data;
    return { ...image, ...planes } as ShownPrediction;
  });
}

/** At once: another thread would get to it after the pictures that are being drawn there. */
function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause, 'give the folder of a study, with all of its runs');
  }
}
