import { describe, expect, it } from 'vitest';
import { fakeArm, fakeRun, publishedStudy, seededStudy } from './results.fixture.js';
import { noiseFloor, orderArms, summarise, summariseValues } from './summarise.js';

describe('summarise', () => {
  it('gives the t-interval of a mean, worked by hand', () => {
    // s² of 1, 2, 3, 4, 5 is 2.5; the half width is 2.7764 √(2.5/5) = 1.96321.
    const summary = summariseValues([1, 2, 3, 4, 5]);
    expect(summary.mean).toBe(3);
    expect(summary.high).toBeCloseTo(4.96321, 4);
    expect(summary.low).toBeCloseTo(1.03679, 4);
    expect(summariseValues([7])).toEqual({ mean: 7, low: 7, high: 7 });
  });

  it('counts a collapsed run, leaves out a failed one and values that are not finite', () => {
    const runs = [
      fakeRun(0, 0.5, { metrics: { miou: 0.5, absRel: Number.NaN } }),
      fakeRun(1, 0, { status: 'collapsed', metrics: { miou: 0.1, absRel: 2 } }),
      fakeRun(2, 0, { status: 'failed', metrics: { miou: 0.9 } }),
    ];
    expect(summarise(runs).miou.mean).toBeCloseTo(0.3, 12);
    expect(summarise(runs).absRel).toEqual({ mean: 2, low: 2, high: 2 });
    expect(summarise([])).toEqual({});
  });
});

describe('order and noise', () => {
  it('orders by both ranks, failed arms last, controls left out', () => {
    const depths = orderArms(publishedStudy.arms).map((arm) => `${arm.segmentation} ${arm.depth}`);
    expect(depths).toHaveLength(10);
    expect(depths[0]).toBe('bce-dice rmse');
    expect(depths.at(-1)).toBe('bce-dice berhu');
  });

  it('lets neither task decide alone', () => {
    const arm = (name: string, miou: number, mrmse: number) =>
      fakeArm(name, 'x', [fakeRun(0, 0, { metrics: { miou, mrmse } })]);
    const arms = [arm('mask only', 0.9, 0.5), arm('both', 0.8, 0.1), arm('depth only', 0.1, 0.2)];
    expect(orderArms(arms).map((a) => a.segmentation)).toEqual(['both', 'mask only', 'depth only']);
  });

  it('measures the noise floor between the duplicate and its twin', () => {
    expect(noiseFloor(publishedStudy.arms, 'miou')).toBeCloseTo(0.02, 12);
    expect(noiseFloor(seededStudy.arms, 'miou')).toBeUndefined();
  });
});
