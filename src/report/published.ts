/** The published study's table, and ours beside it. */
import type { ArmResult, StudyResults } from '../study/results.js';
import { trainedArms } from './arms.js';

/** One row of the published table. */
export interface PublishedRow {
  /** Our names of its losses. */
  readonly segmentation: string;
  readonly depth: string;
  /** Its "mIOU", `I/(P+T+1e-6)` on soft masks: half a soft Dice, at most 0.5. */
  readonly miou: number;
  /** Its "mRMSE", the mean over batches of `√(mse + 1e-6)`, 0–1 scale. */
  readonly mrmse: number;
  /** Its total training time on its own hardware. */
  readonly seconds: number;
  /** Whether it is the second run of a pair that is already in the table. */
  readonly again: boolean;
}

const row = (
  segmentation: string,
  depth: string,
  miou: number,
  mrmse: number,
  seconds: number,
  again = false,
) => ({
  segmentation,
  depth,
  miou,
  mrmse,
  seconds,
  again,
});

/** The ten rows as published: 1/16 of a 400,000-image composite data set, 96×96, one run each. */
export const publishedRows: readonly PublishedRow[] = [
  row('bce', 'bce', 0.1278991, 0.1149419, 196.13),
  row('dice', 'bce', 0.4515075, 0.0858281, 193.04),
  row('tversky(alpha=0.6, beta=0.5)', 'bce', 0.3221395, 0.101826, 193.56),
  row('bce-dice', 'bce', 0.4578477, 0.0993992, 191.8),
  row('bce-tversky', 'bce', 0.3831657, 0.0936645, 192.61),
  row('bce-dice', 'bce', 0.4485454, 0.1249175, 193.35, true),
  row('bce-dice', 'berhu', 0.4214781, 0.2882708, 193.75),
  row('bce-dice', 'rmse', 0.436609, 0.0774587, 180.76),
  row('bce-dice', 'grad', 0.4542522, 0.1795133, 185.29),
  row('bce-dice', 'ssim', 0.4413087, 0.1304336, 189.75),
];

/** What must stand beside any comparison with the published numbers. */
export const publishedCaveat =
  'The published numbers come from another data set (composite images, 96×96), other hardware and one run each. Both ' +
  'pairs of columns use its definitions: its “mIOU” is half a soft Dice and cannot exceed 0.5, its “mRMSE” depends on ' +
  'the batch size. Only the ranking, in brackets, can be compared.';

/** Other spellings of the published losses. */
const spellings: Readonly<Record<string, string>> = {
  'bce+2*dice': 'bce-dice',
  'bce+2*tversky(alpha=0.6,beta=0.5)': 'bce-tversky',
};

/** A published row with the arm that repeats it, and both ranks, 1 the best, among the rows that have an arm. */
export interface PublishedMatch {
  readonly published: PublishedRow;
  readonly arm: ArmResult;
  readonly ranks: Readonly<Record<'publishedMiou' | 'ourMiou' | 'publishedMrmse' | 'ourMrmse', number>>;
}

/**
 * The published rows that this study repeats, in published order. Values differ in data set, size and hardware, and
 * the measures are not an IoU and not a pooled RMSE: only the ranking can be compared.
 */
export function matchPublished(results: StudyResults): PublishedMatch[] {
  const canonical = (loss: string) => {
    const bare = loss.replaceAll(' ', '');
    return spellings[bare] ?? bare;
  };
  const matched = publishedRows.flatMap((published) => {
    const arm = trainedArms(results.arms).find(
      (candidate) =>
        canonical(candidate.segmentation) === canonical(published.segmentation) &&
        canonical(candidate.depth) === canonical(published.depth) &&
        (candidate.kind === 'duplicate') === published.again &&
        candidate.summary.publishedMiou !== undefined &&
        candidate.summary.publishedMrmse !== undefined,
    );
    return arm ? [{ published, arm }] : [];
  });
  const rank = (value: number, all: readonly number[], sign: 1 | -1) =>
    1 + all.filter((other) => sign * other > sign * value).length;
  const column = (read: (match: (typeof matched)[number]) => number, sign: 1 | -1) => {
    const all = matched.map(read);
    return all.map((value) => rank(value, all, sign));
  };
  const columns = {
    publishedMiou: column(({ published }) => published.miou, 1),
    ourMiou: column(({ arm }) => arm.summary.publishedMiou.mean, 1),
    publishedMrmse: column(({ published }) => published.mrmse, -1),
    ourMrmse: column(({ arm }) => arm.summary.publishedMrmse.mean, -1),
  };
  return matched.map((match, i) => ({
    ...match,
    ranks: {
      publishedMiou: columns.publishedMiou[i],
      ourMiou: columns.ourMiou[i],
      publishedMrmse: columns.publishedMrmse[i],
      ourMrmse: columns.ourMrmse[i],
    },
  }));
}
