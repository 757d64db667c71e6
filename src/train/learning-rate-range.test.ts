import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/index.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { FathomError } from '../errors.js';
import { type RangePoint, rangeTest, suggestRates } from './learning-rate-range.js';
import type { Trainer } from './trainer.js';

const data = {
  dataset: syntheticDataset({ count: 6, size: 16 }),
  splits: { train: [0, 1, 2, 3, 4], validation: [], test: [] },
  gaps: { mask: false, depth: false },
};
const { train } = parseConfig({ text: '', file: 'defaults', set: ['train.batch=2'] });

/** A trainer whose loss at step `n` is `loss(n)`, and the rates it was given. */
function fakeTrainer(loss: (step: number) => number) {
  const rates: number[] = [];
  const step = async (_: unknown, rate: number) => {
    rates.push(rate);
    const value = loss(rates.length);
    if (!Number.isFinite(value)) throw new FathomError('failed-arms', 'loss became NaN');
    return { loss: value };
  };
  return { rates, trainer: { step } as unknown as Trainer };
}

const test = (trainer: Trainer, steps: number) =>
  rangeTest({ trainer, spec: { seed: 0, train }, data, low: 1e-4, high: 1e-1, steps });

describe('rangeTest', () => {
  it('raises the rate exponentially, over as many epochs as it takes', async () => {
    const { rates, trainer } = fakeTrainer(() => 1);
    const { points, divergedAt } = await test(trainer, 7);
    expect(points).toHaveLength(7);
    expect(divergedAt).toBeUndefined();
    expect(rates[0]).toBe(1e-4);
    expect(rates[6]).toBeCloseTo(1e-1, 12);
    for (let i = 1; i < 7; i++) expect(rates[i] / rates[i - 1]).toBeCloseTo(10 ** 0.5, 9);
  });

  it('ends where the loss leaves all bounds, and where it is no number', async () => {
    const growing = await test(fakeTrainer((n) => (n < 5 ? 2 - n / 10 : 9)).trainer, 20);
    expect(growing.points).toHaveLength(5);
    expect(growing.divergedAt).toBe(growing.points[4].rate);
    const broken = await test(fakeTrainer((n) => (n < 5 ? 1 : Number.NaN)).trainer, 20);
    expect(broken.points).toHaveLength(4);
    expect(broken.divergedAt).toBeCloseTo(1e-4 * 1000 ** (4 / 19), 12);
  });
});

/** Losses along `rate = 10^(x)` for `x` in `[-5, 0]`. */
const curve = (loss: (x: number) => number, count = 101): RangePoint[] =>
  Array.from({ length: count }, (_, i) => {
    const x = -5 + (5 * i) / (count - 1);
    return { rate: 10 ** x, loss: loss(x) };
  });

describe('suggestRates', () => {
  it('finds the steepest descent and the minimum of a noisy curve', () => {
    // Falls fastest at 1e-3, is lowest near 1e-1, then rises.
    const noise = (x: number) => 0.02 * Math.sin(997 * x);
    const points = curve((x) => 2 - Math.tanh(2 * (x + 3)) + (x > -1 ? 3 * (x + 1) ** 2 : 0) + noise(x));
    const { steepest, tenthOfMinimum, smoothed } = suggestRates({ points });
    expect(Math.abs(Math.log10(steepest) + 3)).toBeLessThan(0.15);
    expect(Math.abs(Math.log10(tenthOfMinimum) + 2)).toBeLessThan(0.5);
    expect(smoothed).toHaveLength(points.length);
  });

  it('takes the far end of a flat valley, wherever noise puts its lowest point', () => {
    // Falls until 1e-3, is flat until 1e-1, then rises.
    for (const dent of [-2.8, -2, -1.2]) {
      const loss = (x: number) =>
        2 -
        Math.min(1, x / 2 + 2.5) +
        (x > -1 ? 3 * (x + 1) ** 2 : 0) -
        (Math.abs(x - dent) < 0.1 ? 0.02 : 0);
      const { tenthOfMinimum } = suggestRates({ points: curve(loss) });
      expect(Math.abs(Math.log10(tenthOfMinimum) + 2)).toBeLessThan(0.3);
    }
  });

  it('says why there is nothing to suggest', () => {
    expect(() => suggestRates({ points: curve(() => 1, 5), divergedAt: 0.02 })).toThrow(
      'the loss left all bounds after 5 steps, at a learning rate of 0.020',
    );
    expect(() => suggestRates({ points: curve((x) => 10 + x) })).toThrow('the loss never falls');
  });
});
