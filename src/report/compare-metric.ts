/** All arms of a study compared in one metric: ranks, noise floor, every pair, trivial predictors, factorial effects. */
import { metricInfo } from '../metrics/info.js';
import {
  comparePaired,
  factorial,
  holm,
  type Interval,
  type Measured,
  noiseFloor,
  type Ranking,
  rankArms,
  separation,
} from '../stats/index.js';
import type { Estimate, FactorialEffects, MetricComparison, PairDifference } from '../study/results.js';
import { twinOf } from './arms.js';
import type { CollectedArm } from './measure-arms.js';

/** Of every interval. */
export const confidence = 0.95;

/** One arm measured in one metric. */
export interface ArmMeasured {
  readonly arm: CollectedArm['arm'];
  readonly measured: Measured;
}

/** An interval as `results.json` has it. */
export const estimateOf = ({ estimate, low, high }: Interval): Estimate => ({ mean: estimate, low, high });

/** Ranks and the noise floor they respect. */
export interface Ranked {
  readonly ranking: Ranking;
  readonly floor?: { readonly floor: number; readonly observed: number };
}

/** With one seed nothing is known of the noise of training: every place is open to every arm. */
function openRanking(count: number): Ranking {
  return {
    ranks: Array.from({ length: count }, () => ({ rank: 1, low: 1, high: count })),
    tiedWithBest: Array.from({ length: count }, () => true),
    surely: () => false,
  };
}

/** Ranks the arms that are compared, on the noise floor that their duplicates show. */
export function rankMembers(members: readonly ArmMeasured[], name: string): Ranked {
  const arms = members.map(({ arm }) => arm);
  const duplicates = members.flatMap(({ arm, measured }) => {
    const twin = arm.kind === 'duplicate' ? twinOf(arm, arms) : undefined;
    return twin
      ? [{ original: members[arms.indexOf(twin)].measured.perSeed, duplicate: measured.perSeed }]
      : [];
  });
  const found = noiseFloor(duplicates, confidence);
  const floor = found && { floor: found.floor, observed: found.observed };
  if (members.length === 0 || members[0].measured.seeds < 2)
    return { ranking: openRanking(members.length), floor };
  const { direction } = metricInfo(name);
  const measured = members.map((member) => member.measured);
  return { ranking: rankArms(measured, { direction, level: confidence, floor: floor?.floor }), floor };
}

/** Compares the arms with each other and with the controls, all measured with the same seeds and images. */
export function compareMetric(
  members: readonly ArmMeasured[],
  controls: readonly ArmMeasured[],
  name: string,
  { ranking, floor }: Ranked,
): MetricComparison {
  const { direction } = metricInfo(name);
  const options = { direction, level: confidence };
  const pairs = members.flatMap((_, a) => members.slice(a + 1).map((__, k) => [a, a + 1 + k] as const));
  const compared = pairs.map(([a, b]) => comparePaired(members[a].measured, members[b].measured, options));
  const wilcoxon = holm(compared.map((pair) => pair.wilcoxon.p));
  const verdictOf = (a: number, b: number, difference: Interval): PairDifference['verdict'] => {
    if (members[a].measured.seeds < 2) return 'one seed';
    const alone = separation(difference, floor?.floor);
    if (alone !== 'separable') return alone;
    return ranking.surely(a, b) || ranking.surely(b, a) ? 'separable' : 'not among so many pairs';
  };
  const effects = allEffects(members);
  return {
    images: members[0].measured.images,
    tied: members.filter((_, i) => ranking.tiedWithBest[i]).map(({ arm }) => arm.name),
    ...(floor && { noiseFloor: floor }),
    differences: pairs.map(([a, b], i) => ({
      a: members[a].arm.name,
      b: members[b].arm.name,
      ...estimateOf(compared[i].difference),
      p: compared[i].p,
      betterOnImages: compared[i].betterOnImages,
      betterWithSeeds: compared[i].betterWithSeeds,
      wilcoxon: wilcoxon[i],
      verdict: verdictOf(a, b, compared[i].difference),
    })),
    controls: controls.map((control) => againstControl(members, control, direction)),
    ...(effects.length > 0 && { effects }),
  };
}

/** Which arms are separably better and worse than a control, by Bonferroni for all of them together. */
function againstControl(
  members: readonly ArmMeasured[],
  control: ArmMeasured,
  direction: 'higher' | 'lower',
): MetricComparison['controls'][number] {
  const level = 1 - (1 - confidence) / members.length;
  const sign = direction === 'higher' ? 1 : -1;
  const ends = members.map(({ arm, measured }) => {
    const { low, high } = comparePaired(measured, control.measured, { direction, level }).difference;
    const known = measured.seeds > 1;
    return {
      name: arm.name,
      better: known && Math.min(sign * low, sign * high) > 0,
      worse: known && Math.max(sign * low, sign * high) < 0,
    };
  });
  return {
    name: control.arm.name,
    better: ends.filter(({ better }) => better).map(({ name }) => name),
    worse: ends.filter(({ worse }) => worse).map(({ name }) => name),
  };
}

/** Effects of each model and variant by itself. */
function allEffects(members: readonly ArmMeasured[]): FactorialEffects[] {
  const pairs = members.filter(({ arm }) => arm.kind === 'pair');
  const models = new Set(pairs.map(({ arm }) => arm.model));
  const groupOf = ({ arm }: ArmMeasured) =>
    [models.size > 1 && arm.model, arm.variant].filter(Boolean).join(' · ');
  return [...new Set(pairs.map(groupOf))].flatMap(
    (of) =>
      factorialEffects(
        pairs.filter((pair) => groupOf(pair) === of),
        of,
      ) ?? [],
  );
}

/** Effects where pairs are a full table of segmentation by depth losses, at least 2×2. */
function factorialEffects(pairs: readonly ArmMeasured[], of: string): FactorialEffects | undefined {
  const segmentation = [...new Set(pairs.map(({ arm }) => arm.segmentation))];
  const depth = [...new Set(pairs.map(({ arm }) => arm.depth))];
  const cells = segmentation.map((row) =>
    depth.flatMap((column) =>
      pairs
        .filter(({ arm }) => arm.segmentation === row && arm.depth === column)
        .map(({ measured }) => measured),
    ),
  );
  const full =
    pairs.length === segmentation.length * depth.length && cells.every((row) => row.length === depth.length);
  if (!full || segmentation.length < 2 || depth.length < 2) return undefined;
  const { mean, rows, columns, interaction, shares } = factorial(cells, confidence);
  return {
    of,
    segmentation,
    depth,
    mean: estimateOf(mean),
    segmentationEffects: rows.map(estimateOf),
    depthEffects: columns.map(estimateOf),
    interaction: interaction.map((row) => row.map(estimateOf)),
    shares: {
      segmentation: shares.rows,
      depth: shares.columns,
      interaction: shares.interaction,
      seeds: shares.seeds,
      noise: shares.noise,
    },
  };
}
