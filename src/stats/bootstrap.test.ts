import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, pValue } from './bootstrap.js';
import { combine, drawResamples, type Measured, measure, measureMean, resampledSums } from './measure.js';
import { createRandom } from './random.js';
import { meanSquares } from './variance.js';

const resamples = drawResamples(40, { count: 999 });

function randomValues(seed: number, seeds = 4, images = 40): Float64Array[] {
  const random = createRandom(seed);
  return Array.from({ length: seeds }, () => {
    const shift = random.normal();
    return Float64Array.from({ length: images }, (_, i) => shift + Math.sin(i) + random.normal());
  });
}

const rmse = ([sum, n]: Float64Array) => Math.sqrt(sum / n);

describe('resamples', () => {
  it('draw as many images as there are, the same by seed', () => {
    const { weights, count, images } = drawResamples(7, { count: 50, seed: 3 });
    for (let b = 0; b < count; b++) {
      const row = weights.subarray(b * images, (b + 1) * images);
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBe(images);
    }
    expect(drawResamples(7, { count: 50, seed: 3 }).weights).toEqual(weights);
    expect(drawResamples(7, { count: 50, seed: 4 }).weights).not.toEqual(weights);
  });

  it('draw every image equally often', () => {
    const { weights } = drawResamples(10, { count: 20_000 });
    const totals = Array.from({ length: 10 }, (_, i) => weights.filter((_, k) => k % 10 === i));
    // Mean 1, standard error √(0.9/20000) = 0.0067.
    for (const row of totals)
      expect(Math.abs(row.reduce((sum, weight) => sum + weight, 0) / 20_000 - 1)).toBeLessThan(0.027);
  });
});

describe('sums of resamples', () => {
  it.each([4, 5, 6, 7])('add up what was drawn, whatever the number of resamples: %i', (count) => {
    const few = drawResamples(5, { count, seed: 1 });
    const values = Float64Array.of(1, 10, 100, 1000, 10_000);
    const expected = Array.from({ length: count }, (_, b) =>
      values.reduce((sum, value, i) => sum + few.weights[5 * b + i] * value, 0),
    );
    expect([...resampledSums(few, values)]).toEqual(expected);
  });
});

describe('measure', () => {
  it('takes a mean as its own influence', () => {
    const values = randomValues(1);
    const measured = measureMean(values, resamples);
    for (const [i, value] of measured.influence.entries())
      expect(value).toBeCloseTo(values[Math.floor(i / 40)][i % 40], 10);
    expect(measured.perImage[5]).toBeCloseTo(
      values.reduce((sum, row) => sum + row[5] / 4, 0),
      12,
    );
  });

  it('pools sums over images before the statistic and averages over seeds after it', () => {
    const two = drawResamples(2, { count: 10 });
    const squares = [
      [1, 8],
      [4, 5],
    ];
    const pixels = [
      [1, 3],
      [1, 0],
    ];
    const measured = measure([squares, pixels], rmse, two);
    expect([...measured.perSeed]).toEqual([1.5, 3]);
    expect(measured.estimate).toBe(2.25);
    // Pseudo-values of seed 0: 2·1.5 − √(8/3) and 2·1.5 − √1.
    expect(measured.influence[0]).toBeCloseTo(3 - Math.sqrt(8 / 3), 12);
    expect(measured.influence[1]).toBeCloseTo(2, 12);
    // One draw of each image is the estimate; image 0 twice is √(1/1) and √(4/1).
    const twice = Array.from({ length: 10 }, (_, b) => b).find((b) => two.weights[2 * b] === 2)!;
    expect(measured.resampled[twice]).toBe(1.5);
  });

  it('refuses tables that do not fit together', () => {
    expect(() => measureMean([[1, 2, 3]], resamples)).toThrow(
      'expected 40 images in column 0 of seed 0, got 3',
    );
    expect(() => measure([], rmse, resamples)).toThrow('at least one column');
    expect(() => measure([randomValues(1), randomValues(1, 3)], rmse, resamples)).toThrow('expected 4 seeds');
    const a = measureMean(randomValues(1), resamples);
    expect(() => combine([a, measureMean(randomValues(1, 3), resamples)], [1, -1])).toThrow('4 seeds');
    const other = drawResamples(40, { count: 999 });
    expect(() => combine([a, measureMean(randomValues(1), other)], [1, -1])).toThrow('same resamples');
    expect(() => combine([a], [1, -1])).toThrow('a factor for each arm');
    expect(() => drawResamples(0)).toThrow('at least one image, got 0');
  });
});

describe('mean squares', () => {
  it('agree with Shrout & Fleiss 1979, table 3: six targets, four judges', () => {
    const judges = [
      [9, 6, 8, 7, 10, 6],
      [2, 1, 4, 1, 5, 2],
      [5, 3, 6, 2, 6, 4],
      [8, 2, 8, 6, 9, 7],
    ];
    const { seeds, images, residual } = meanSquares(Float64Array.from(judges.flat()), 4, 6);
    expect(images).toBeCloseTo(11.24, 2);
    expect(seeds).toBeCloseTo(32.49, 2);
    expect(residual).toBeCloseTo(1.02, 2);
  });
});

describe('bootstrap interval', () => {
  it("is Student's t where only the seeds vary: the sleep data of Student 1908", () => {
    // R: t.test(extra ~ group, paired = TRUE) gives 0.7001142 to 2.4598858, p = 0.002833.
    const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
    const values = differences.map((value) => new Float64Array(40).fill(value));
    const measured = measureMean(values, resamples);
    const { estimate, low, high, imageError } = bootstrapInterval(measured);
    expect(estimate).toBeCloseTo(1.58, 12);
    expect(low).toBeCloseTo(0.7001142, 6);
    expect(high).toBeCloseTo(2.4598858, 6);
    expect(imageError).toBeLessThan(1e-7);
    expect(pValue(measured)).toBeCloseTo(0.002833, 6);
  });

  it('is close to the t interval where only symmetric images vary', () => {
    const images = 200;
    const values = Float64Array.from({ length: images }, (_, i) => (i - 99.5) / 57.7);
    const { low, high, seedError } = bootstrapInterval(
      measureMean([values, values, values], drawResamples(images)),
    );
    const half = (1.971957 * Math.sqrt(values.reduce((s, v) => s + v * v, 0) / 199)) / Math.sqrt(images);
    expect(seedError).toBe(0);
    expect(Math.abs(high / half - 1)).toBeLessThan(0.06);
    expect(Math.abs(-low / half - 1)).toBeLessThan(0.06);
  });

  it('reaches further to the side of the long tail', () => {
    const values = Float64Array.from({ length: 40 }, (_, i) => Math.exp(3 * ((i + 0.5) / 40)));
    const { estimate, low, high } = bootstrapInterval(measureMean([values], resamples));
    expect(high - estimate).toBeGreaterThan(1.1 * (estimate - low));
  });

  it('of a mean and of the same mean as pooled sums are equal', () => {
    const values = randomValues(8);
    const ones = values.map((row) => row.map(() => 1));
    const direct = bootstrapInterval(measureMean(values, resamples));
    const pooled = bootstrapInterval(measure([values, ones], ([sum, n]) => sum / n, resamples));
    for (const key of ['estimate', 'low', 'high', 'seedError', 'imageError'] as const)
      expect(pooled[key]).toBeCloseTo(direct[key], 9);
  });

  it('widens with the level, contains the estimate, and agrees with the p-value', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: -1.5, max: 1.5, noNaN: true }), (seed, shift) => {
        const measured = measureMean(
          randomValues(seed).map((row) => row.map((value) => value + shift)),
          resamples,
        );
        const narrow = bootstrapInterval(measured, 0.8);
        const wide = bootstrapInterval(measured, 0.99);
        expect(narrow.low).toBeLessThanOrEqual(measured.estimate);
        expect(wide.low).toBeLessThan(narrow.low);
        expect(wide.high).toBeGreaterThan(narrow.high);
        const p = pValue(measured);
        for (const level of [0.8, 0.95, 0.99]) {
          const { low, high } = bootstrapInterval(measured, level);
          if (Math.abs(p - (1 - level)) > 1e-6) expect(p < 1 - level).toBe(low > 0 || high < 0);
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('moves and stretches with its values', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (seed, factor, shift) => {
          const values = randomValues(seed);
          const plain = bootstrapInterval(measureMean(values, resamples));
          const moved = bootstrapInterval(
            measureMean(
              values.map((row) => row.map((value) => factor * value + shift)),
              resamples,
            ),
          );
          for (const key of ['estimate', 'low', 'high'] as const)
            expect(moved[key]).toBeCloseTo(factor * plain[key] + shift, 6);
        },
      ),
      { numRuns: 20, seed: 2 },
    );
  });

  it('has no width where nothing varies, and none from seeds with one seed', () => {
    const still = measureMean([new Float64Array(40).fill(2), new Float64Array(40).fill(2)], resamples);
    expect(bootstrapInterval(still)).toMatchObject({ estimate: 2, low: 2, high: 2, seedError: 0 });
    expect(pValue(combine([still, still], [1, -1]))).toBe(1);
    const one = bootstrapInterval(measureMean(randomValues(1, 1), resamples));
    expect(one.seedError).toBe(0);
    expect(one.high).toBeGreaterThan(one.low);
    const single = bootstrapInterval(measureMean([[1], [2], [3]], drawResamples(1, { count: 99 })));
    expect(single.high - 2).toBeCloseTo(4.302653 / Math.sqrt(3), 5);
  });
});

describe('few images', () => {
  it("get Student's t: the sleep data as images of one seed, and two images", () => {
    const few = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6];
    const { estimate, low, high } = bootstrapInterval(measureMean([few], drawResamples(9, { count: 99 })));
    const deviation = Math.sqrt(few.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / 8);
    // t₈ = 2.306004.
    expect(high - estimate).toBeCloseTo((2.306004 * deviation) / 3, 5);
    expect(estimate - low).toBeCloseTo(high - estimate, 12);
    const two = bootstrapInterval(measureMean([[0, 2]], drawResamples(2, { count: 99 })));
    expect(two.high).toBeCloseTo(1 + 12.7062, 3);
  });
});

describe('a large study', () => {
  it('of 25 arms, 5 seeds and 300 images is measured in seconds', () => {
    const many = drawResamples(300);
    const start = performance.now();
    const arms: Measured[] = [];
    for (let a = 0; a < 25; a++) arms.push(measureMean(randomValues(a, 5, 300), many));
    for (const arm of arms) bootstrapInterval(arm);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
