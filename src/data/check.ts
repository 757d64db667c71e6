/** Reads a data set before training, so that a bad file is found in the first minute and not in the last hour. */

import { FathomError } from '../errors.js';
import type { Dataset, Sample } from './dataset.js';

/** Options of {@link checkSamples}. */
export interface CheckOptions {
  /** The samples to read; all unless given. */
  readonly indices?: readonly number[];
  /** Called with each sample, in the order in which they are at hand. */
  readonly onSample?: (index: number, sample: Sample) => void;
  /** Called after each sample. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the check with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Reads in flight: enough that other threads have work while this one is busy for some tens of milliseconds. */
const concurrency = 64;

/** A systematic mistake fails everywhere; so many examples of it are enough. */
const maxProblems = 10;

/**
 * Reads the samples, which also fills the cache of a {@link cached} data set.
 *
 * Throws a FathomError of code `data`: with one line for each bad file, at most ten; or, when every file can be read,
 * for depth that is nowhere valid and for masks that are all background or all foreground, which comes of a wrong
 * scale or label list.
 */
export async function checkSamples(dataset: Dataset, options: CheckOptions = {}): Promise<void> {
  const { indices = Array.from({ length: dataset.length }, (_, i) => i) } = options;
  const { onSample, onProgress, signal } = options;
  const problems: { index: number; error: FathomError }[] = [];
  const seen = { foreground: false, background: false, depth: false };
  let begun = 0;
  let done = 0;
  const work = async () => {
    while (begun < indices.length && problems.length < maxProblems) {
      signal?.throwIfAborted();
      const index = indices[begun++];
      try {
        const sample = await dataset.read(index);
        look(sample, seen);
        onSample?.(index, sample);
      } catch (error) {
        if (!(error instanceof FathomError)) throw error;
        problems.push({ index, error });
      }
      // Nobody listens any more.
      signal?.throwIfAborted();
      onProgress?.(++done, indices.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));

  problems.sort((a, b) => a.index - b.index);
  if (problems.length > 0) {
    const [{ error: first }] = problems;
    throw new FathomError('data', problems.map(({ error }) => error.message).join('\n'), {
      hint: first.hint,
      cause: first,
    });
  }
  if (indices.length === 0) return;
  if (!seen.depth)
    throw new FathomError('data', `${dataset.name}: no pixel of any depth map is valid`, {
      hint: `depth = raw * scale must be above 0 and at most maxDepth ${dataset.maxDepth} ${dataset.depthUnit}: check depth.scale (0.001 for millimetres) and depth.invalid`,
    });
  if (!seen.foreground || !seen.background)
    throw new FathomError(
      'data',
      `${dataset.name}: every mask is all ${seen.foreground ? 'foreground' : 'background'}`,
      {
        hint: 'a file of small numbers (0, 1, 2, …) is a label map: list its labels in mask.foreground or mask.background',
      },
    );
}

function look(sample: Sample, seen: { foreground: boolean; background: boolean; depth: boolean }): void {
  seen.depth ||= sample.depthValid.includes(1);
  if (seen.foreground && seen.background) return;
  for (let i = 0; i < sample.mask.length; i++) {
    if (sample.maskValid[i] === 0) continue;
    if (sample.mask[i] >= 128) seen.foreground = true;
    else seen.background = true;
  }
}
