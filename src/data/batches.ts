/** The order of samples in an epoch, its cut into batches, and their conversion to float32. */

import type { Batch, Sample } from './dataset.js';
import { shuffled } from './shuffle.js';

/** `indices` in the order of one epoch: a function of `seed` and `epoch`, whatever ran before. */
export function epochOrder(indices: readonly number[], seed: number, epoch: number): number[] {
  return shuffled(indices, 'epoch', seed, epoch);
}

/**
 * Consecutive groups of `batchSize`. The last one may be smaller; `dropLast` leaves such a one out.
 *
 * @example batchesOf([3, 1, 2], 2) // [[3, 1], [2]]
 */
export function batchesOf(
  order: readonly number[],
  batchSize: number,
  { dropLast = false }: { dropLast?: boolean } = {},
): number[][] {
  const count = (dropLast ? Math.floor : Math.ceil)(order.length / batchSize);
  return Array.from({ length: count }, (_, i) => order.slice(i * batchSize, (i + 1) * batchSize));
}

/** `i / 255` for each byte. */
const unit = Float32Array.from({ length: 256 }, (_, i) => i / 255);

/**
 * Stacks samples of one size into a batch: images and masks to 0–1, depth to 0–1 of the maximum depth. `used` is an
 * earlier batch of the same data set that nobody reads any more; where it has as many samples, its arrays are written
 * anew, since touching fresh memory takes longer than filling it.
 */
export function assembleBatch(samples: readonly Sample[], used?: Batch): Batch {
  const area = samples[0].mask.length;
  const reused = used?.size === samples.length ? used : undefined;
  const stack = (
    name: 'image' | 'background' | 'mask' | 'depth' | 'maskValid' | 'depthValid',
    channels: number,
    write: (sample: Sample, out: Float32Array) => void,
  ) => {
    const length = channels * area;
    const planes = reused?.[name] ?? new Float32Array(samples.length * length);
    for (const [i, sample] of samples.entries()) write(sample, planes.subarray(i * length, (i + 1) * length));
    return planes;
  };
  return {
    size: samples.length,
    image: stack('image', 3, (sample, out) => toUnit(sample.image, out)),
    background:
      samples[0].background && stack('background', 3, (sample, out) => toUnit(sample.background!, out)),
    mask: stack('mask', 1, (sample, out) => toUnit(sample.mask, out)),
    depth: stack('depth', 1, ({ depth }, out) => {
      for (let i = 0; i < out.length; i++) out[i] = depth[i] / 65535;
    }),
    maskValid: stack('maskValid', 1, (sample, out) => out.set(sample.maskValid)),
    depthValid: stack('depthValid', 1, (sample, out) => out.set(sample.depthValid)),
    ids: samples.map((sample) => sample.id),
  };
}

function toUnit(bytes: Uint8Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = unit[bytes[i]];
}
