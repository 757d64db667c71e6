/** The order of samples in an epoch, its cut into batches, and what a batch holds. */

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

/**
 * Stacks samples of one size into a batch. `used` is an earlier batch of the same data set that nobody
 * reads any more; where it has as many samples, its arrays are written anew, since touching fresh memory takes longer than filling it.
 */
export function assembleBatch(samples: readonly Sample[], used?: Batch): Batch {
  const area = samples[0].mask.length;
  const reused = used?.size === samples.length ? used : undefined;
  const stack = (name: 'image' | 'background' | 'mask' | 'maskValid' | 'depthValid', channels: number) => {
    const length = channels * area;
    const planes = reused?.[name] ?? new Uint8Array(samples.length * length);
    for (const [i, sample] of samples.entries()) planes.set(sample[name]!, i * length);
    return planes;
  };
  const depth = reused?.depth ?? new Float32Array(samples.length * area);
  // A typed array converts another one twenty times as fast as a loop over its values does.
  for (const [i, sample] of samples.entries()) depth.set(sample.depth, i * area);
  return {
    size: samples.length,
    image: stack('image', 3),
    background: samples[0].background && stack('background', 3),
    mask: stack('mask', 1),
    depth,
    maskValid: stack('maskValid', 1),
    depthValid: stack('depthValid', 1),
    ids: samples.map((sample) => sample.id),
  };
}
