import { describe, expect, it } from 'vitest';
import { bootstrapInterval } from './bootstrap.js';
import { factorial } from './factorial.js';
import { combine, drawResamples, type Measured, measure, measureMean } from './measure.js';
import { noiseFloor, separation } from './noise.js';
import { comparePaired } from './paired.js';
import { createRandom } from './random.js';
import { rankArms } from './ranks.js';
import { drawStudy } from './studies.fixture.js';

const resamples = drawResamples(60, { count: 999 });
const quiet = (means: readonly number[], seeds = 5, seed = 1) =>
  drawStudy(
    createRandom(seed),
    seeds,
    means,
    means.map(() => 0.05),
    resamples,
  );

describe('paired comparison', () => {
  it('counts images and seeds on the good side, equal ones as a half', () => {
    const four = drawResamples(4, { count: 99 });
    const a = measureMean(
      [
        [1, 2, 3, 4],
        [1, 2, 3, 8],
      ],
      four,
    );
    const b = measureMean(
      [
        [2, 2, 2, 2],
        [2, 2, 2, 8],
      ],
      four,
    );
    const higher = comparePaired(a, b, { direction: 'higher' });
    expect(higher.difference.estimate).toBe(0.25);
    // Differences −1, 0, 1 and 1.
    expect(higher.betterOnImages).toBe(0.625);
    expect(higher.betterWithSeeds).toBe(0.75);
    const lower = comparePaired(a, b, { direction: 'lower' });
    expect(lower.betterOnImages).toBe(0.375);
    expect(lower.betterWithSeeds).toBe(0.25);
    // Pratt ranks of |−1|, |1|, |1| beside a zero are 3 each.
    expect(higher.wilcoxon).toEqual({ statistic: 6, count: 3, p: 1, exact: true });
  });

  it('leaves out images without a value of their own', () => {
    const three = drawResamples(3, { count: 99 });
    const rmse = ([sum, n]: Float64Array) => Math.sqrt(sum / n);
    const pixels = [[1, 0, 1]];
    const a = measure([[[1, 0, 1]], pixels], rmse, three);
    const b = measure([[[4, 0, 0.25]], pixels], rmse, three);
    const { betterOnImages, wilcoxon } = comparePaired(a, b, { direction: 'lower' });
    expect(betterOnImages).toBe(0.5);
    expect(wilcoxon.count).toBe(2);
  });

  it('is much narrower than either arm, because common noise cancels, and turns round with its arms', () => {
    const [a, b] = quiet([0.2, 0]);
    const forward = comparePaired(a, b, { direction: 'higher' });
    const backward = comparePaired(b, a, { direction: 'higher' });
    expect(forward.difference.low).toBeGreaterThan(0);
    const alone = bootstrapInterval(a);
    expect(forward.difference.high - forward.difference.low).toBeLessThan(0.6 * (alone.high - alone.low));
    expect(backward.difference.low).toBeCloseTo(-forward.difference.high, 9);
    expect(backward.p).toBeCloseTo(forward.p, 9);
    expect(forward.p).toBeLessThan(0.05);
    expect(backward.betterOnImages).toBeCloseTo(1 - forward.betterOnImages, 12);
  });

  it('of an arm with itself finds nothing', () => {
    const [a] = quiet([0]);
    const { difference, p, betterOnImages, wilcoxon } = comparePaired(a, a, { direction: 'higher' });
    expect(difference).toEqual({ estimate: 0, low: 0, high: 0, seedError: 0, imageError: 0 });
    expect([p, betterOnImages, wilcoxon.p]).toEqual([1, 0.5, 1]);
  });
});

describe('ranks', () => {
  it('tell groups apart and leave each tied', () => {
    const arms = quiet([1, 1, 0, 1, -1, -1]);
    const { ranks, tiedWithBest } = rankArms(arms, { direction: 'higher' });
    expect(tiedWithBest).toEqual([true, true, false, true, false, false]);
    expect(ranks.map(({ low, high }) => [low, high])).toEqual([
      [1, 3],
      [1, 3],
      [4, 4],
      [1, 3],
      [5, 6],
      [5, 6],
    ]);
    const reverse = rankArms(arms, { direction: 'lower' }).ranks;
    expect(reverse.map(({ low, high }) => [low, high])).toEqual([
      [4, 6],
      [4, 6],
      [3, 3],
      [4, 6],
      [1, 2],
      [1, 2],
    ]);
  });

  it('follow the arms when they are listed in another order, and repeat by seed', () => {
    const arms = quiet([0.3, 0, 0.1, 0.2, 0.25], 5, 7);
    const order = [3, 0, 4, 2, 1];
    const { ranks } = rankArms(arms, { direction: 'higher' });
    const shuffled = rankArms(
      order.map((a) => arms[a]),
      { direction: 'higher' },
    ).ranks;
    expect(shuffled).toEqual(order.map((a) => ranks[a]));
    expect(rankArms(arms, { direction: 'higher' }).ranks).toEqual(ranks);
    for (const { rank, low, high } of ranks) {
      expect(low).toBeLessThanOrEqual(rank);
      expect(high).toBeGreaterThanOrEqual(rank);
    }
  });

  it('work for one arm, equal arms and one seed', () => {
    const [a, b] = quiet([0, 3], 1);
    expect(rankArms([a], { direction: 'higher' })).toMatchObject({
      ranks: [{ rank: 1, low: 1, high: 1 }],
      tiedWithBest: [true],
    });
    expect(rankArms([a, a], { direction: 'higher' }).ranks).toEqual([
      { rank: 1, low: 1, high: 2 },
      { rank: 1, low: 1, high: 2 },
    ]);
    expect(rankArms([a, b], { direction: 'higher' }).tiedWithBest).toEqual([false, true]);
    const { surely } = rankArms([a, b], { direction: 'higher' });
    expect([surely(1, 0), surely(0, 1)]).toEqual([true, false]);
    expect(rankArms([a, b], { direction: 'higher', floor: 3.1 }).tiedWithBest).toEqual([true, true]);
    expect(rankArms([], { direction: 'higher' }).ranks).toEqual([]);
    expect(() => rankArms([a, quiet([0], 2)[0]], { direction: 'higher' })).toThrow('same seeds');
  });
});

/** Montgomery, Design and Analysis of Experiments, battery life: material by temperature, four replicates a cell. */
const battery = [
  [
    [130, 155, 74, 180],
    [34, 40, 80, 75],
    [20, 70, 82, 58],
  ],
  [
    [150, 188, 159, 126],
    [136, 122, 106, 115],
    [25, 70, 58, 45],
  ],
  [
    [138, 110, 168, 160],
    [174, 120, 150, 139],
    [96, 104, 82, 60],
  ],
];

describe('factorial', () => {
  const three = drawResamples(3, { count: 99 });
  const constant = (replicates: readonly number[]): Measured =>
    measureMean(
      replicates.map((value) => [value, value, value]),
      three,
    );

  it("agrees with Montgomery's battery example", () => {
    const { mean, rows, columns, interaction, shares } = factorial(battery.map((row) => row.map(constant)));
    expect(mean.estimate).toBeCloseTo(105.53, 2);
    // Marginal means 83.17, 108.33, 125.08 and 144.83, 107.58, 64.17.
    expect(rows.map(({ estimate }) => estimate + mean.estimate)).toEqual(
      [83.17, 108.33, 125.08].map((value) => expect.closeTo(value, 2)),
    );
    expect(columns.map(({ estimate }) => estimate + mean.estimate)).toEqual(
      [144.83, 107.58, 64.17].map((value) => expect.closeTo(value, 2)),
    );
    // Cell 57.25 less 83.17 and 107.58, plus 105.53.
    expect(interaction[0][1].estimate).toBeCloseTo(-27.97, 1);
    // Published sums of squares; the error of 18230.75 there holds the replicates, which are blocks here.
    const [total, error] = [77646.97, 18230.75];
    const replicate = [0, 1, 2, 3].map((s) => battery.flat().reduce((sum, cell) => sum + cell[s] / 9, 0));
    const blocks = 9 * replicate.reduce((sum, value) => sum + (value - 3799 / 36) ** 2, 0);
    const noise = (error - blocks) / 24;
    expect(shares.rows).toBeCloseTo((10683.72 - 2 * noise) / total, 5);
    expect(shares.columns).toBeCloseTo((39118.72 - 2 * noise) / total, 5);
    expect(shares.interaction).toBeCloseTo((9613.78 - 4 * noise) / total, 5);
    expect(shares.seeds).toBeCloseTo(Math.max(0, blocks - 3 * noise) / total, 5);
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('has effects that add up to 0, and cells that they add up to', () => {
    const arms = quiet([1, 2, 3, 4, 6, 9]);
    const cells = [arms.slice(0, 3), arms.slice(3)];
    const { mean, rows, columns, interaction } = factorial(cells);
    const sum = (effects: readonly { estimate: number }[]) =>
      effects.reduce((s, { estimate }) => s + estimate, 0);
    for (const effects of [rows, columns, ...interaction]) expect(sum(effects)).toBeCloseTo(0, 12);
    for (const [i, line] of cells.entries())
      for (const [j, cell] of line.entries())
        expect(
          mean.estimate + rows[i].estimate + columns[j].estimate + interaction[i][j].estimate,
        ).toBeCloseTo(cell.estimate, 12);
    // Main effects of two rows: half their difference, with its interval.
    const half = combine(
      arms,
      [1, 1, 1, -1, -1, -1].map((factor) => factor / 6),
    );
    expect(rows[0].estimate).toBeCloseTo(half.estimate, 12);
    expect(rows[0].low).toBeLessThan(-5 / 3 - 0.3 + 0.5);
    expect(rows[0].high).toBeLessThan(0);
  });

  it('finds no interaction where there is none', () => {
    const arms = quiet([0, 1, 2, 3, 0.5, 1.5, 2.5, 3.5]);
    const { interaction, shares } = factorial([arms.slice(0, 4), arms.slice(4)]);
    expect(interaction.flat().filter(({ low, high }) => low > 0 || high < 0)).toEqual([]);
    expect(shares.interaction).toBeLessThan(0.01);
    expect(shares.columns).toBeGreaterThan(0.4);
    expect(shares.rows).toBeGreaterThan(0.01);
  });

  it('refuses what is no table', () => {
    const [a, b, c] = quiet([0, 1, 2]);
    expect(() => factorial([[a, b], [c]])).toThrow('at least 2×2 cells, got rows of 2, 1');
    expect(() => factorial([[a, b]])).toThrow('2×2');
  });
});

describe('noise floor', () => {
  it('pools the spread within arms and the gap between them', () => {
    // Within: 2 + 2 on 1 + 1 degrees; gap 2, perRun 1, so 4 on one degree: σ² = 8/3, t₃ = 3.182446.
    const found = noiseFloor([{ original: [0, 2], duplicate: [2, 4] }])!;
    expect(found.degrees).toBe(3);
    expect(found.observed).toBe(2);
    expect(found.floor).toBeCloseTo(3.182446 * Math.sqrt(8 / 3), 5);
  });

  it('never lies below a difference that was seen, and needs a duplicate', () => {
    const still = { original: [1, 1, 1, 1, 1], duplicate: [1, 1, 1, 1, 1] };
    const gaps = [{ original: [0, 0, 0, 0, 0], duplicate: [1, 1, 1, 1, 1] }, ...new Array(20).fill(still)];
    expect(noiseFloor(gaps)).toMatchObject({ floor: 1, observed: 1 });
    expect(noiseFloor([])).toBeUndefined();
    expect(noiseFloor([{ original: [1], duplicate: [] }])).toBeUndefined();
    expect(noiseFloor([{ original: [1], duplicate: [2] }])!.floor).toBeCloseTo(12.7062, 3);
  });

  it('and the interval must both allow a difference', () => {
    const difference = { estimate: 0.2, low: 0.1, high: 0.3 };
    expect(separation(difference)).toBe('separable');
    expect(separation(difference, 0.15)).toBe('separable');
    expect(separation(difference, 0.2)).toBe('below noise floor');
    expect(separation({ estimate: -0.2, low: -0.3, high: -0.1 }, 0.1)).toBe('separable');
    expect(separation({ estimate: 0.2, low: -0.1, high: 0.5 })).toBe('interval includes 0');
    expect(separation({ estimate: Number.NaN, low: Number.NaN, high: Number.NaN })).toBe(
      'interval includes 0',
    );
  });
});
