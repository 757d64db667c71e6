/** The symbolic inputs of a batch, and the values to feed them with. */
import type { Batch } from '../data/dataset.js';
import { dequantize, div, input, type Tensor } from '../graph/index.js';
import type { Feeds } from '../runtime/executable.js';
import { type Network, stackInput } from './network.js';

/** Which pixels of a data set may lack a truth. Where none does, the graph needs no valid map. */
export interface Gaps {
  readonly mask: boolean;
  readonly depth: boolean;
}

/** What a batch becomes in the graph; `[N, C, H, W]` each, images, mask and depth 0–1. */
export interface BatchInputs {
  /** The stacked input of the network. */
  readonly x: Tensor;
  readonly image: Tensor;
  readonly mask: Tensor;
  readonly depth: Tensor;
  readonly maskValid?: Tensor;
  readonly depthValid?: Tensor;
  /** Signed distance to the mask's boundary; an input of the graph only where something reads it. */
  readonly distance: Tensor;
}

/** Declares the inputs of a batch of `batch` images. */
export function batchInputs({ spec }: Network, batch: number, gaps: Gaps): BatchInputs {
  const plane = (name: string) => input(name, [batch, 1, ...spec.size]);
  const bytes = (name: string, channels: number, largest: number) =>
    dequantize(input(name, [batch, channels, ...spec.size], 'uint8'), 1 / largest);
  const image = bytes('image', 3, 255);
  return {
    x: stackInput(image, spec.background ? bytes('background', 3, 255) : undefined),
    image,
    mask: bytes('mask', 1, 255),
    depth: div(plane('depth'), 65535),
    maskValid: gaps.mask ? bytes('maskValid', 1, 1) : undefined,
    depthValid: gaps.depth ? bytes('depthValid', 1, 1) : undefined,
    distance: plane('distance'),
  };
}

/** The values of those inputs; the distance where the batch has it. A batch of fewer than `size` images is filled up with its last one. */
export function batchFeeds(batch: Batch, { spec }: Network, size: number, gaps: Gaps): Feeds {
  const fill = <T extends Uint8Array | Float32Array>(values: T) => repeatLast(values, batch.size, size);
  return {
    image: fill(batch.image),
    ...(spec.background && { background: fill(batch.background!) }),
    mask: fill(batch.mask),
    depth: fill(batch.depth),
    ...(gaps.mask && { maskValid: fill(batch.maskValid) }),
    ...(gaps.depth && { depthValid: fill(batch.depthValid) }),
    ...(batch.distance && { distance: fill(batch.distance) }),
  };
}

function repeatLast<T extends Uint8Array | Float32Array>(values: T, have: number, want: number): T {
  if (have === want) return values;
  const row = values.length / have;
  const result = new (values.constructor as new (length: number) => T)(want * row);
  result.set(values);
  for (let i = have; i < want; i++) result.set(values.subarray((have - 1) * row), i * row);
  return result;
}
