/** Arms as measurements over seeds and test images, from the sums of every image: the bridge from metrics to statistics. */
import { type Formula, hasTruth, type ImageRow, imageRows } from '../metrics/formulas.js';
import { drawResamples, type Measured, measure, measureMean, type Resamples } from '../stats/index.js';
import type { ArmResult } from '../study/results.js';
import type { Measurement } from '../train/evaluation.js';
import { isFinished } from './arms.js';

/** An arm before its numbers are summarised; `sums[i]` are those of `runs[i]`, where there are any. */
export interface CollectedArm {
  readonly arm: Omit<ArmResult, 'summary'>;
  readonly sums: readonly (Measurement | undefined)[];
}

/** An arm's images, `[seeds][images]`, the same images in the same order for all arms. */
export interface ArmImages {
  readonly arm: CollectedArm['arm'];
  readonly seeds: readonly (readonly ImageRow[])[];
  /** Columns that every one of its images has. */
  readonly names: ReadonlySet<string>;
}

/** Positions among its runs of the seeds with which an arm finished. */
const finishedPositions = ({ arm, sums }: CollectedArm): number[] =>
  arm.runs.flatMap((run, i) => (isFinished(run) && sums[i] ? [i] : []));

/**
 * Whether an arm is compared with others: no run of it failed and at least one finished. An arm that fails with some seed
 * would be flattered by the seeds that went well.
 */
export const isComparable = (collected: CollectedArm): boolean =>
  collected.arm.kind !== 'control' &&
  collected.arm.runs.every((run) => run.status !== 'failed') &&
  finishedPositions(collected).length > 0;

/** Positions of the seeds that every comparable arm has finished. */
export function commonSeeds(arms: readonly CollectedArm[]): number[] {
  const [first, ...others] = arms.filter(isComparable).map(finishedPositions);
  return (first ?? []).filter((position) => others.every((positions) => positions.includes(position)));
}

/** Names of the test images that every run has, in the order of the first. */
export function commonImages(arms: readonly CollectedArm[]): string[] {
  const [first, ...others] = arms
    .flatMap((collected) => finishedPositions(collected).map((i) => collected.sums[i]!.ids))
    .map((ids) => new Set(ids));
  return [...(first ?? [])].filter((id) => others.every((ids) => ids.has(id)));
}

/** The images of an arm at the given seeds, by default all that it finished. */
export function armImages(
  collected: CollectedArm,
  images: readonly string[],
  positions: readonly number[] = finishedPositions(collected),
): ArmImages {
  const measured = positions.map((position) => collected.sums[position]!);
  return {
    arm: collected.arm,
    names: new Set(measured[0]?.names.filter((name) => measured.every(({ names }) => names.includes(name)))),
    seeds: measured.map(({ ids, names, rows }) => {
      const place = new Map(ids.map((id, i) => [id, i]));
      return imageRows(
        images.map((id) => rows[place.get(id)!]),
        names,
      );
    }),
  };
}

/** Positions of the images that have a truth for a task; the same for every arm. */
export const imagesWithTruth = (task: Formula['task'], { seeds }: ArmImages): number[] =>
  seeds[0].flatMap((image, i) => (hasTruth(task, image) ? [i] : []));

/** Measures a metric of an arm on the images at `positions`. */
export function measureArm(
  { seeds }: ArmImages,
  { columns, of }: Formula,
  positions: readonly number[],
  resamples: Resamples,
): Measured {
  const parts = seeds.map((images) => positions.map((i) => columns(images[i])));
  const width = parts[0][0].length;
  return measure(
    Array.from({ length: width }, (_, k) => parts.map((images) => images.map((part) => part[k]))),
    of,
    resamples,
  );
}

/** A number of each run without images behind it, such as a published measure: seeds are its only noise. */
export const measureRuns = (values: readonly number[]): Measured =>
  measureMean(
    values.map((value) => [value]),
    drawResamples(1, { count: 1 }),
  );
