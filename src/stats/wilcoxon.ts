/** The Wilcoxon signed-rank test of paired differences. */
import { normalTail } from './distributions.js';

/** Result of {@link wilcoxon}. */
export interface WilcoxonResult {
  /** Sum of the ranks of the positive differences. */
  readonly statistic: number;
  /** Differences that are not 0. */
  readonly count: number;
  /** Two-sided. */
  readonly p: number;
  /** Whether p is from the exact distribution. */
  readonly exact: boolean;
}

/** Up to this many differences other than 0 the exact distribution is used. */
const largestExact = 50;

/** Ranks of the absolute values from 1, equal ones sharing their mean rank. */
function ranksOfSize(differences: readonly number[]): Float64Array {
  const order = differences.map((_, i) => i);
  order.sort((a, b) => Math.abs(differences[a]) - Math.abs(differences[b]));
  const ranks = new Float64Array(order.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && Math.abs(differences[order[end]]) === Math.abs(differences[order[start]]))
      end++;
    for (let k = start; k < end; k++) ranks[order[k]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/**
 * Two-sided p of a signed-rank sum when every sign is a fair coin, by counting the sign patterns of each sum. Ranks are
 * doubled, so that shared ranks are whole numbers too.
 */
function exactP(ranks: readonly number[], statistic: number): number {
  const total = ranks.reduce((sum, rank) => sum + 2 * rank, 0);
  const share = new Float64Array(total + 1);
  share[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    const step = 2 * rank;
    reached += step;
    for (let sum = reached; sum >= 0; sum--)
      share[sum] = (share[sum] + (sum >= step ? share[sum - step] : 0)) / 2;
  }
  // The distribution is symmetric: the smaller tail, twice.
  const smaller = Math.min(2 * statistic, total - 2 * statistic);
  let tail = 0;
  for (let sum = 0; sum <= smaller; sum++) tail += share[sum];
  return Math.min(1, 2 * tail);
}

/**
 * Tests whether paired differences are symmetric about 0. Differences that are not numbers are left out; zeros are
 * ranked and then dropped (Pratt 1959), because leaving them out first can turn the conclusion round.
 * Up to 50 differences other than 0, p is exact given the ranks, ties included; beyond, it is the normal approximation
 * with the variance of the ranks as they are tied (Σr²/4) and a continuity correction of ½.
 *
 * Source: Wilcoxon 1945; Pratt 1959.
 *
 * @example wilcoxon([6, 8, 14, -3]).p
 */
export function wilcoxon(differences: ArrayLike<number>): WilcoxonResult {
  const all = Array.from(differences).filter((value) => !Number.isNaN(value));
  const ranks = ranksOfSize(all);
  const kept: number[] = [];
  let statistic = 0;
  for (const [i, value] of all.entries()) {
    if (value === 0) continue;
    kept.push(ranks[i]);
    if (value > 0) statistic += ranks[i];
  }
  const count = kept.length;
  if (count <= largestExact)
    return { statistic, count, p: count === 0 ? 1 : exactP(kept, statistic), exact: true };
  const expected = kept.reduce((sum, rank) => sum + rank, 0) / 2;
  const deviation = Math.sqrt(kept.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  const z = Math.max(0, Math.abs(statistic - expected) - 0.5) / deviation;
  return { statistic, count, p: 2 * normalTail(z), exact: false };
}
