/** Reads a data set through and tells what is in it. */

import { FathomError } from '../../errors.js';
import type { Dataset, Sample, Splits } from '../dataset.js';
import { runPool } from '../pool.js';
import { isNearDuplicate, type Likeness, likenessOf } from './likeness.js';
import { addValues, type Moments, noMoments } from './moments.js';

/** Options of {@link surveyDataset}. */
export interface SurveyOptions {
  /** The samples to read. */
  readonly indices: readonly number[];
  /** With them, near-duplicates between training and the other samples are looked for. */
  readonly splits?: Splits;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What {@link surveyDataset} found. Images, backgrounds and masks are in 0–255, depth in 0–1 of the maximum depth. */
export interface Survey {
  /** Samples that were read. */
  readonly read: number;
  /** What is wrong with those that could not be. */
  readonly broken: readonly { readonly index: number; readonly message: string }[];
  /** How many image files have each size, such as `640×480`, the most frequent first. */
  readonly sizes: readonly (readonly [size: string, count: number])[];
  /** Red, green, blue. */
  readonly image: readonly Moments[];
  readonly background?: readonly Moments[];
  /** Over valid pixels, as are all of the following. */
  readonly mask: Moments;
  readonly depth: Moments;
  /** Share of the valid pixels whose coverage is at least one half. */
  readonly foreground: number;
  /** Share of the pixels whose coverage is neither 0 nor 255. */
  readonly soft: number;
  readonly emptyMasks: number;
  /** Counts of depth in equal steps from 0 to the maximum. */
  readonly depthHistogram: readonly number[];
  /** Shares of pixels that do not count. */
  readonly invalid: { readonly mask: number; readonly depth: number };
  /** Pairs of a training sample and one of another split that are nearly the same picture, by name. */
  readonly duplicates: readonly (readonly [string, string])[];
}

const histogramSteps = 20;

/** Reads in flight. */
const concurrency = 16;

/** Reads the samples once each, in order. Throws only what is no fault of a file. */
export async function surveyDataset(dataset: Dataset, options: SurveyOptions): Promise<Survey> {
  const { indices, splits, onProgress, signal } = options;
  const broken: { index: number; message: string }[] = [];
  const seen: { index: number; id: string; likeness: Likeness }[] = [];
  const tally = createTally();
  const sizes = new Map<string, number>();
  let done = 0;
  await runPool(indices.length, { concurrency, signal }, async (position) => {
    const index = indices[position];
    try {
      const sample = await dataset.read(index);
      tally.add(sample);
      const { width, height } = (await dataset.sourceSize?.(index)) ?? dataset;
      sizes.set(`${width}×${height}`, (sizes.get(`${width}×${height}`) ?? 0) + 1);
      const likeness = likenessOf(sample.image, dataset.height, dataset.width);
      seen.push({ index, id: sample.id, likeness });
    } catch (error) {
      if (!(error instanceof FathomError)) throw error;
      broken.push({ index, message: error.message });
    }
    onProgress?.(++done, indices.length);
  });
  return {
    read: seen.length,
    broken: broken.sort((a, b) => a.index - b.index),
    sizes: [...sizes].sort((a, b) => b[1] - a[1]),
    ...tally.result(),
    duplicates: splits
      ? duplicatesAcross(
          seen.sort((a, b) => a.index - b.index),
          splits,
        )
      : [],
  };
}

function duplicatesAcross(
  seen: readonly { index: number; id: string; likeness: Likeness }[],
  splits: Splits,
): [string, string][] {
  const training = new Set(splits.train);
  const held = new Set([...splits.validation, ...splits.test]);
  const others = seen.filter(({ index }) => held.has(index));
  return seen
    .filter(({ index }) => training.has(index))
    .flatMap(({ id, likeness }) =>
      others
        .filter((other) => isNearDuplicate(likeness, other.likeness))
        .map((other): [string, string] => [id, other.id]),
    );
}

function createTally() {
  const three = () => [noMoments, noMoments, noMoments];
  const image = three();
  let background: Moments[] | undefined;
  let [mask, depth] = [noMoments, noMoments];
  let [pixels, foreground, soft, emptyMasks] = [0, 0, 0, 0];
  const depthHistogram = new Array<number>(histogramSteps).fill(0);
  const addColours = (into: Moments[], planes: Uint8Array) => {
    const area = planes.length / 3;
    for (let c = 0; c < 3; c++) into[c] = addValues(into[c], planes.subarray(c * area, (c + 1) * area));
  };
  return {
    add(sample: Sample) {
      addColours(image, sample.image);
      if (sample.background) addColours((background ??= three()), sample.background);
      mask = addValues(mask, sample.mask, sample.maskValid);
      depth = addValues(
        depth,
        Float64Array.from(sample.depth, (value) => value / 65535),
        sample.depthValid,
      );
      pixels += sample.mask.length;
      let covered = 0;
      for (let i = 0; i < sample.mask.length; i++) {
        if (sample.maskValid[i]) {
          if (sample.mask[i] >= 128) covered++;
          if (sample.mask[i] > 0 && sample.mask[i] < 255) soft++;
        }
        if (sample.depthValid[i])
          depthHistogram[
            Math.min(histogramSteps - 1, Math.floor((sample.depth[i] / 65536) * histogramSteps))
          ]++;
      }
      foreground += covered;
      if (covered === 0) emptyMasks++;
    },
    result: () => ({
      ...{ image, background, mask, depth, emptyMasks, depthHistogram },
      foreground: foreground / Math.max(1, mask.count),
      soft: soft / Math.max(1, mask.count),
      invalid: {
        mask: 1 - mask.count / Math.max(1, pixels),
        depth: 1 - depth.count / Math.max(1, pixels),
      },
    }),
  };
}
