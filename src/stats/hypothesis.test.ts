import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile, normalTail, studentQuantile, studentTail } from './distributions.js';
import { holm } from './holm.js';
import { wilcoxon } from './wilcoxon.js';

describe('distributions', () => {
  it('agree with published tables', () => {
    // Abramowitz & Stegun tables 26.1 and 26.10.
    expect(normalTail(0)).toBe(0.5);
    expect(normalTail(1)).toBeCloseTo(0.158655253931457, 14);
    expect(normalTail(2)).toBeCloseTo(0.0227501319481792, 14);
    expect(normalTail(3) / 1.34989803163009e-3).toBeCloseTo(1, 12);
    expect(normalTail(6) / 9.86587645037698e-10).toBeCloseTo(1, 12);
    expect(normalQuantile(0.05)).toBeCloseTo(1.95996398454005, 10);
    expect(normalQuantile(0.01)).toBeCloseTo(2.5758293035489, 10);
    const table = [
      [1, 12.706, 63.657],
      [2, 4.303, 9.925],
      [3, 3.182, 5.841],
      [4, 2.776, 4.604],
      [9, 2.262, 3.25],
      [30, 2.042, 2.75],
      [120, 1.98, 2.617],
    ];
    for (const [degrees, five, one] of table) {
      expect(studentQuantile(0.05, degrees)).toBeCloseTo(five, 3);
      expect(studentQuantile(0.01, degrees)).toBeCloseTo(one, 3);
    }
  });

  it("Student's t agrees with its density integrated, and with the normal for many degrees", () => {
    for (const degrees of [1, 2, 3, 4, 7, 12]) {
      const density = (t: number) => (1 + (t * t) / degrees) ** (-(degrees + 1) / 2);
      /** Midpoint rule in the angle atan t, which has no tail. */
      const integral = (from: number) => {
        const steps = 20_000;
        const width = (Math.PI / 2 - Math.atan(from)) / steps;
        let sum = 0;
        for (let k = 0; k < steps; k++) {
          const t = Math.tan(Math.atan(from) + (k + 0.5) * width);
          sum += density(t) * (1 + t * t) * width;
        }
        return sum;
      };
      for (const t of [0.3, 1, 2.5, 8])
        expect(studentTail(t, degrees)).toBeCloseTo(integral(t) / integral(0), 8);
    }
    expect(studentTail(1.96, 100_000)).toBeCloseTo(2 * normalTail(1.96), 5);
  });
});

/** p by trying every pattern of signs, and the ranks of Pratt counted one by one. */
function bruteForce(differences: readonly number[]): { statistic: number; p: number } {
  const sizes = differences.map(Math.abs);
  const rank = (size: number) =>
    sizes.filter((other) => other < size).length + (sizes.filter((other) => other === size).length + 1) / 2;
  const kept = differences.filter((value) => value !== 0);
  const ranks = kept.map((value) => rank(Math.abs(value)));
  const statistic = ranks.reduce((sum, r, i) => sum + (kept[i] > 0 ? r : 0), 0);
  const middle = ranks.reduce((sum, r) => sum + r, 0) / 2;
  let extreme = 0;
  for (let pattern = 0; pattern < 2 ** kept.length; pattern++) {
    const sum = ranks.reduce((total, r, i) => total + ((pattern >> i) & 1 ? r : 0), 0);
    if (Math.abs(sum - middle) >= Math.abs(statistic - middle)) extreme++;
  }
  return { statistic, p: extreme / 2 ** kept.length };
}

describe('wilcoxon', () => {
  it('agrees with published examples', () => {
    // Darwin's maize: scipy.stats.wilcoxon documents W− = 24, p = 0.041259765625.
    const maize = wilcoxon([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]);
    expect(maize).toEqual({ statistic: 96, count: 15, p: 0.041259765625, exact: true });
    // Hollander & Wolfe 1973, p. 29, depression scale: R gives V = 40, one-sided p = 0.01953.
    const x = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const scale = wilcoxon(x.map((value, i) => value - y[i]));
    expect(scale.statistic).toBe(40);
    expect(scale.p / 2).toBeCloseTo(0.01953, 5);
  });

  it('agrees with the enumeration of all signs, ties and zeros included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 11 }),
        (differences) => {
          const { statistic, p } = wilcoxon(differences);
          const expected = bruteForce(differences);
          expect(statistic).toBe(expected.statistic);
          expect(p).toBeCloseTo(expected.p, 12);
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  it('joins the exact and the approximate p smoothly', () => {
    for (const zeros of [0, 5]) {
      const values = Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (i + 1));
      const exact = wilcoxon([...values, ...new Array<number>(zeros).fill(0)]);
      const more = wilcoxon([...values, 0.001, -0.002, ...new Array<number>(zeros).fill(0)]);
      expect([exact.exact, more.exact]).toEqual([true, false]);
      expect(Math.abs(more.p / exact.p - 1)).toBeLessThan(0.25);
    }
  });

  it('does not depend on order, sign or scale, nor on values that are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 80 }), (values) => {
        const { statistic, p, count } = wilcoxon(values);
        const mirrored = wilcoxon(values.map((value) => -value / 3).reverse());
        expect(mirrored.p).toBeCloseTo(p, 12);
        expect(wilcoxon([...values, Number.NaN])).toEqual({ statistic, p, count, exact: count <= 50 });
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100, seed: 2 },
    );
    expect(wilcoxon([0, 0]).p).toBe(1);
  });
});

describe('holm', () => {
  it('agrees with the definition on a worked example', () => {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), 'holm').
    for (const [i, p] of holm([0.01, 0.04, 0.03, 0.005]).entries())
      expect(p).toBeCloseTo([0.03, 0.06, 0.06, 0.02][i], 12);
  });

  it('lies between the p-value and Bonferroni, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (values) => {
        const adjusted = holm(values);
        for (const [i, p] of adjusted.entries()) {
          expect(p).toBeGreaterThanOrEqual(values[i]);
          expect(p).toBeLessThanOrEqual(Math.min(1, values.length * values[i]));
          for (const [k, other] of adjusted.entries())
            if (values[i] < values[k]) expect(p).toBeLessThanOrEqual(other);
        }
      }),
      { seed: 3 },
    );
  });
});
