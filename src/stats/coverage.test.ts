/** Simulated studies: 95 % intervals hold the truth about 95 times in 100, and identical arms are called inseparable. */
import { describe, expect, it } from 'vitest';
import { bootstrapInterval } from './bootstrap.js';
import { combine, drawResamples } from './measure.js';
import { noiseFloor, separation } from './noise.js';
import { comparePaired } from './paired.js';
import { createRandom } from './random.js';
import { rankArms } from './ranks.js';
import { drawArm, drawStudy, type Noise, type Shape, truth } from './studies.fixture.js';

/** Studies a case when a long simulation is asked for; the numbers in `docs/losses.md` are from 2000. */
const long = process.env.FATHOM_SIMULATED_STUDIES;
const studies = Number(long ?? 100);
const count = long ? 999 : 399;

/** Counts how often `happens` is true over the studies, as a share. */
function rate(seed: number, happens: (random: ReturnType<typeof createRandom>) => boolean): number {
  const random = createRandom(seed);
  let count = 0;
  for (let k = 0; k < studies; k++) if (happens(random)) count++;
  return count / studies;
}

/** Prints a rate with its Monte-Carlo error when a long simulation was asked for. */
function report(name: string, share: number): void {
  if (!long) return;
  const error = Math.sqrt((share * (1 - share)) / studies);
  process.stdout.write(`${name}: ${(100 * share).toFixed(1)} ± ${(100 * error).toFixed(1)} %\n`);
}

/** Three binomial standard errors around 95 %. */
const slack = 3 * Math.sqrt((0.95 * 0.05) / studies);

const small = drawResamples(100, { count });
const large = drawResamples(300, { count });

const cases: [string, number, Noise, Shape, typeof small][] = [
  ['seeds dominate', 3, { seeds: 1, images: 0.3, residual: 0.3 }, 'normal', small],
  ['seeds dominate', 5, { seeds: 1, images: 0.3, residual: 0.3 }, 'normal', small],
  ['seeds dominate', 10, { seeds: 1, images: 0.3, residual: 0.3 }, 'normal', small],
  ['images dominate', 3, { seeds: 0.05, images: 1, residual: 0.3 }, 'normal', small],
  ['images dominate', 5, { seeds: 0.05, images: 1, residual: 0.3 }, 'normal', large],
  ['images dominate', 10, { seeds: 0.05, images: 1, residual: 0.3 }, 'normal', small],
  ['both', 3, { seeds: 0.1, images: 1, residual: 0.5 }, 'normal', small],
  ['both', 5, { seeds: 0.1, images: 1, residual: 0.5 }, 'normal', small],
  ['both', 10, { seeds: 0.1, images: 1, residual: 0.5 }, 'normal', small],
  ['residual only', 5, { seeds: 0, images: 0, residual: 1 }, 'normal', small],
  ['skewed images', 5, { seeds: 0.05, images: 1, residual: 0.3 }, 'skewed', small],
  ['skewed images', 5, { seeds: 0.05, images: 1, residual: 0.3 }, 'skewed', large],
  ['RMSE', 3, { seeds: 0.3, images: 0.7, residual: 0.3 }, 'rmse', small],
  ['RMSE', 5, { seeds: 0.3, images: 0.7, residual: 0.3 }, 'rmse', small],
  ['RMSE', 10, { seeds: 0.3, images: 0.7, residual: 0.3 }, 'rmse', small],
  ['RMSE, images dominate', 5, { seeds: 0.1, images: 1, residual: 0.3 }, 'rmse', large],
];

describe('coverage of 95 % intervals', () => {
  it.each(cases)('%s, %i seeds', (name, seeds, noise, shape, resamples) => {
    const expected = truth(noise, shape);
    const covered = rate(seeds, (random) => {
      const { low, high } = bootstrapInterval(drawArm(random, seeds, noise, shape, resamples));
      return low <= expected && expected <= high;
    });
    report(`${name}, ${shape}, ${seeds} seeds, ${resamples.images} images`, covered);
    // Skewness of the images costs up to two points with 100 of them; counting two sources at t each gains up to four.
    expect(covered).toBeGreaterThan(0.93 - slack);
    expect(covered).toBeLessThanOrEqual(1);
    if (name.endsWith('dominate') && shape === 'normal') expect(covered).toBeLessThan(0.97 + slack);
  });

  it.each([3, 5, 10])('paired difference, %i seeds', (seeds) => {
    const covered = rate(seeds, (random) => {
      const arms = drawStudy(random, seeds, [0.3, 0], [0.2, 0.1], small);
      const { low, high } = bootstrapInterval(combine(arms, [1, -1]));
      return low <= 0.3 && 0.3 <= high;
    });
    report(`paired difference, ${seeds} seeds, 100 images`, covered);
    expect(Math.abs(covered - 0.95)).toBeLessThan(slack + 0.01);
  });
});

describe('identical arms', () => {
  it.each([3, 5, 10])('are not separable from their twin in 95 % of studies or more, %i seeds', (seeds) => {
    let byInterval = 0;
    let byFloor = 0;
    let byWilcoxon = 0;
    const separable = rate(seeds, (random) => {
      const [a, b, duplicate] = drawStudy(random, seeds, [0, 0, 0], [0.2, 0.2, 0.2], small, true);
      const { difference, wilcoxon } = comparePaired(a, b, { direction: 'higher' });
      const floor = noiseFloor([{ original: b.perSeed, duplicate: duplicate.perSeed }])!.floor;
      if (difference.low > 0 || difference.high < 0) byInterval++;
      if (Math.abs(difference.estimate) > floor) byFloor++;
      if (wilcoxon.p < 0.05) byWilcoxon++;
      return separation(difference, floor) === 'separable';
    });
    report(`identical pair called separable, ${seeds} seeds`, separable);
    report('  by the interval alone', byInterval / studies);
    report('  by Wilcoxon over images alone', byWilcoxon / studies);
    report('  above the floor alone', byFloor / studies);
    expect(separable).toBeLessThan(0.05 + slack);
    expect(byInterval / studies).toBeLessThan(0.05 + slack);
    expect(byFloor / studies).toBeLessThan(0.05 + slack);
    // Images of the same two networks are no evidence about other runs: the reason why Wilcoxon decides nothing here.
    expect(byWilcoxon / studies).toBeGreaterThan(0.3);
  });

  it.each([
    ['alike', 10, 3, () => 0.2],
    ['alike', 10, 5, () => 0.2],
    ['one restless', 10, 5, (a: number) => (a === 0 ? 2 : 0.2)],
    ['alike', 25, 5, () => 0.2],
  ] as const)('all tie with the best: %s, %i arms, %i seeds', (name, arms, seeds, spread) => {
    const means = new Array<number>(arms).fill(0);
    const resamples = drawResamples(50, { count });
    const tied = rate(arms, (random) => {
      const study = drawStudy(
        random,
        seeds,
        means,
        means.map((_, a) => spread(a)),
        resamples,
      );
      return rankArms(study, { direction: 'higher' }).ranks.every(
        ({ low, high }) => low === 1 && high === arms,
      );
    });
    report(`no pair of identical arms separable, ${name}, ${arms} arms, ${seeds} seeds`, tied);
    expect(tied).toBeGreaterThan(0.95 - slack);
  });
});
