/** Batches in order, read ahead, so that a training step does not wait for its data. */

import { setImmediate } from 'node:timers/promises';
import { assembleBatch, batchesOf } from './batches.js';
import type { Batch, Dataset, Sample } from './dataset.js';
import { stackDistances } from './distance.js';

/** Options of {@link loadBatches}. */
export interface LoaderOptions {
  /** Samples in a batch. */
  readonly batch: number;
  /** Batches whose samples are being read, or wait, while one is used; 3 unless given. */
  readonly prefetch?: number;
  /** Leaves out a last batch of fewer samples. */
  readonly dropLast?: boolean;
  /** Adds {@link Batch.distance}. */
  readonly distance?: boolean;
  /** Ends the iteration with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the samples of `order` and yields them as batches, in that order.
 *
 * A step blocks JavaScript while the network runs. Reading goes on meanwhile in libuv's threads, as far as it was
 * begun before, so the samples of `prefetch` batches are in flight at any time. An error of a sample is thrown when
 * its batch is due. Leaving the loop early waits for the reads in flight and starts no more.
 *
 * A batch holds its values until the next one is asked for, which is written into the same arrays.
 *
 * @example for await (const batch of loadBatches(dataset, epochOrder(splits.train, seed, epoch), { batch: 32 })) step(batch);
 */
export async function* loadBatches(
  dataset: Dataset,
  order: readonly number[],
  { batch, prefetch = 3, dropLast, distance, signal }: LoaderOptions,
): AsyncGenerator<Batch, void, undefined> {
  const groups = batchesOf(order, batch, { dropLast });
  const pending: Promise<Sample[]>[] = [];
  let begun = 0;
  let images: Batch | undefined;
  /** Samples on the way; none where the data set has them in memory. */
  let underWay = 0;
  const read = async (index: number): Promise<Sample> => {
    underWay++;
    try {
      return await dataset.read(index);
    } finally {
      underWay--;
    }
  };
  const readAhead = () => {
    while (pending.length < prefetch && begun < groups.length) {
      const samples = Promise.all(groups[begun++].map(read));
      // Handled when its turn comes; until then a failure is not an unhandled rejection.
      samples.catch(() => {});
      pending.push(samples);
    }
  };
  try {
    signal?.throwIfAborted();
    readAhead();
    while (pending.length > 0) {
      const samples = await pending.shift()!;
      const isReading = underWay > 0;
      readAhead();
      // Lets reads that finished during the last step go on to their next stage before the next one blocks.
      if (isReading) await setImmediate();
      signal?.throwIfAborted();
      images = assembleBatch(samples, images);
      yield distance ? { ...images, distance: stackDistances(samples, dataset.width) } : images;
    }
  } finally {
    await Promise.allSettled(pending);
  }
}
