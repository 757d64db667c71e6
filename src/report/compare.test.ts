import { describe, expect, it } from 'vitest';
import { compareStudy } from './compare.js';
import type { CollectedArm } from './measure-arms.js';
import { factorialStudy, fakeArm, fakeControls, fakeRun, publishedStudy } from './results.fixture.js';

const runs = (...scores: number[]) => scores.map((score, seed) => fakeRun(seed, score));

describe('compareStudy', () => {
  it('summarises what the images say: the value of the run, an interval over seeds and images', () => {
    const { arms } = compareStudy(
      [fakeArm('bce', 'rmse', runs(0.5, 0.6, 0.7)), fakeArm('dice', 'l1', runs(0.5, 0.6, 0.7))],
      10,
    );
    const { miou, mrmse, rmseMetres, publishedMiou } = arms[0].summary;
    expect(miou.mean).toBeCloseTo(0.6, 12);
    expect(miou).toMatchObject({ seeds: 3, images: 32, rank: [1, 2] });
    expect(mrmse.mean).toBeCloseTo(0.14, 12);
    expect(rmseMetres.mean).toBeCloseTo(1.4, 12);
    // Student's t over the seeds, 4.30265·0.1/√3, joined by that of the images: 2.04·0.01·√(32/31)/√32.
    const half = Math.hypot(
      (4.30265 * 0.1) / Math.sqrt(3),
      (2.04 * 0.01 * Math.sqrt(32 / 31)) / Math.sqrt(32),
    );
    expect(miou.high - miou.mean).toBeCloseTo(half, 3);
    // No sums stand behind a published measure: seeds alone.
    expect(publishedMiou.high - publishedMiou.mean).toBeCloseTo((4.30265 * 0.05) / Math.sqrt(3), 4);
  });

  it('ends an interval where the metric does', () => {
    const { arms } = compareStudy([fakeArm('bce', 'rmse', runs(0.05, 0.3))], 10);
    expect(arms[0].summary.miou.low).toBe(0);
  });

  it('compares on the seeds and images that all arms have', () => {
    const cut = (arm: CollectedArm, images: number): CollectedArm => ({
      ...arm,
      sums: arm.sums.map(
        (sums) => sums && { ...sums, ids: sums.ids.slice(0, images), rows: sums.rows.slice(0, images) },
      ),
    });
    const unfinished = fakeRun(2, 0, { status: 'interrupted', metrics: {} });
    const { comparison, arms } = compareStudy(
      [
        fakeArm('bce', 'rmse', runs(0.5, 0.6, 0.9)),
        cut(fakeArm('dice', 'l1', [...runs(0.5, 0.6), unfinished]), 20),
      ],
      10,
    );
    expect(comparison).toMatchObject({ seeds: 2, images: 20, preliminary: true });
    expect(arms[0].summary.miou.mean).toBeCloseTo(0.55, 12);
  });

  it('judges each pair: difference, probability of being better, Wilcoxon by Holm, verdict', () => {
    const { differences, noiseFloor, tied } = factorialStudy.comparison!.metrics.miou;
    expect(differences).toHaveLength(45);
    const clear = differences.find(({ a, b }) => a === 'bce__l1' && b === 'dice__rmse')!;
    expect(clear).toMatchObject({ verdict: 'separable', betterOnImages: 0, betterWithSeeds: 0 });
    expect(clear.mean).toBeCloseTo(-0.2, 2);
    expect(clear.high).toBeLessThan(0);
    expect(clear.p).toBeLessThan(0.001);
    expect(clear.wilcoxon).toBeLessThan(0.001);
    const floor = noiseFloor!.floor;
    for (const { mean, low, high, verdict } of differences) {
      if (verdict === 'interval includes 0') expect(low * high).toBeLessThanOrEqual(0);
      if (verdict === 'separable') expect(Math.abs(mean)).toBeGreaterThan(floor);
    }
    expect(tied).toEqual(['dice__l1', 'dice__rmse', 'dice__ssim']);
    expect(noiseFloor!.observed).toBeLessThan(floor);
  });

  it('finds the effects of a full table: dice stands out, the depth losses do not', () => {
    const [effects] = factorialStudy.comparison!.metrics.miou.effects!;
    expect(effects.of).toBe('');
    expect(effects.segmentation).toEqual(['bce', 'dice', 'jaccard']);
    const [bce, dice, jaccard] = effects.segmentationEffects;
    expect(dice.mean).toBeCloseTo(0.2 * (2 / 3), 2);
    expect(bce.mean + dice.mean + jaccard.mean).toBeCloseTo(0, 12);
    expect(dice.low).toBeGreaterThan(0);
    expect(effects.shares.segmentation).toBeGreaterThan(0.9);
    expect(effects.interaction).toHaveLength(3);
  });

  it('has effects for a full table only, and of each model by itself', () => {
    expect(publishedStudy.comparison?.metrics.miou.effects).toBeUndefined();
    const table = ['narrow', 'wide'].flatMap((model, m) =>
      ['bce', 'dice'].flatMap((segmentation, s) =>
        ['l1', 'rmse'].map((depth, d) =>
          fakeArm(segmentation, depth, runs(0.5 + 0.1 * s + 0.01 * d * m, 0.52 + 0.1 * s), 'pair', model),
        ),
      ),
    );
    const effects = compareStudy(table, 10).comparison!.metrics.miou.effects!;
    expect(effects.map(({ of }) => of)).toEqual(['narrow', 'wide']);
    expect(effects[0].segmentationEffects[1].mean).toBeCloseTo(0.05, 9);
  });

  it('finds nothing separable with one seed, and still measures the controls', () => {
    const { metrics } = publishedStudy.comparison!;
    expect(new Set(metrics.mrmse.differences.map(({ verdict }) => verdict))).toEqual(new Set(['one seed']));
    expect(metrics.mrmse.tied).toHaveLength(9);
    expect(metrics.miou.controls.map(({ better }) => better)).toEqual([[], []]);
  });

  it('lists who is surely better than a control, and who is worse', () => {
    const { comparison } = compareStudy(
      [
        fakeArm('bce', 'rmse', runs(0.5, 0.51, 0.52)),
        fakeArm('dice', 'l1', runs(0.1, 0.11, 0.12)),
        ...fakeControls,
      ],
      10,
    );
    const everything = comparison!.metrics.miou.controls[0];
    expect(everything).toMatchObject({ better: ['bce__rmse'], worse: ['dice__l1'] });
  });
});
