import { describe, expect, it } from 'vitest';
import { createRandom } from '../stats/random.js';
import type { RunResult, StudyResults } from '../study/results.js';
import { markdownReport } from './markdown.js';
import {
  factorialStudy,
  failedStudy,
  fakeArm,
  fakeControls,
  fakeResults,
  fakeRun,
  publishedStudy,
  seededStudy,
} from './results.fixture.js';
import { terminalTable } from './terminal.js';
import { verdict } from './verdict.js';

/** A study whose arms differ by nothing but chance: noise common to all arms of a seed, and of each run. */
function identicalArms(arms: number, seeds: number, stream: number): StudyResults {
  const random = createRandom(stream);
  const shared = Array.from({ length: seeds }, () => 0.02 * random.normal());
  const runs = (first: number): RunResult[] =>
    shared.map((common, s) => fakeRun(first + s, 0.7 + common + 0.01 * random.normal()));
  const pairs = Array.from({ length: arms }, (_, k) => fakeArm(`bce(posWeight=${k + 1})`, 'rmse', runs(0)));
  const again = fakeArm('bce(posWeight=1)', 'rmse', runs(seeds), 'duplicate');
  return fakeResults(
    [...pairs, again, ...fakeControls],
    shared.map((_, seed) => seed),
  );
}

describe('verdict', () => {
  it('calls a study of identical arms not separable', () => {
    // At least 95 % of such studies; see src/stats/coverage.test.ts for the simulation.
    for (const stream of [1, 2, 3, 4]) {
      const results = identicalArms(6, 5, stream);
      expect(results.comparison?.metrics.miou.tied).toHaveLength(7);
      const { headline, findings } = verdict(results);
      expect(headline).toBe('Not separable: this study cannot tell any two of its 7 arms apart.');
      expect(findings[0]).toMatch(/^Masks \(mIoU, higher is better\): not separable/);
      expect(findings[1]).toMatch(/^Depth \(RMSE, lower is better\): not separable/);
      expect(terminalTable(results, { colour: false })).toContain(headline);
    }
  });

  it('names who is tied for the best, who is worse, the noise and where the differences come from', () => {
    const { headline, findings } = verdict(factorialStudy);
    expect(headline).toBe(
      '3 of 10 arms are tied for the best in masks and depth: dice · ssim, dice · rmse and dice · l1. ' +
        'The other 7 are surely worse than some arm in one task or both.',
    );
    expect(findings[0]).toContain('3 of 10 are tied for the best');
    const text = findings.join('\n');
    expect(text).toContain('Among the best in both tasks: dice · ssim, dice · rmse and dice · l1.');
    expect(text).toMatch(/Noise: one pair was trained twice .* 0\.\d{4} in mIoU and 0\.\d{4} in RMSE/);
    expect(text).toMatch(/mIoU: the segmentation loss explains \d+ % .*, the depth loss 0 %/);
    expect(text).toContain('10 of 10 arms are surely better than “predict everything”');
  });

  it('gives the lead of a single best with its interval, and marks few seeds as preliminary', () => {
    const { headline, findings, cautions } = verdict(seededStudy);
    expect(headline).toBe(
      'Preliminary: bce-dice · ssim is best in masks and in depth, surely better than every other arm.',
    );
    expect(findings[0]).toMatch(
      /its lead over tversky.*berhu is 0\.0950 \(95 % interval 0\.0\d+ to 0\.1\d+\)/,
    );
    expect(cautions[0]).toBe('Any order at all, as a claim: 4 seeds are too few. Set study.seeds: 5.');
  });

  it('says that an arm is best in both tasks, and speaks of no ties where there are none', () => {
    const runs = (score: number) =>
      [0, 1, 2, 3, 4].map((seed) => fakeRun(seed, score + 0.002 * Math.sin(seed)));
    const results = fakeResults(
      [fakeArm('dice', 'rmse', runs(0.9)), fakeArm('bce', 'rmse', runs(0.6)), ...fakeControls],
      [0, 1, 2, 3, 4],
    );
    const { headline, findings, cautions } = verdict(results);
    expect(headline).toBe('dice · rmse is best in masks and in depth, surely better than every other arm.');
    expect(findings.join()).not.toContain('Among the best');
    expect(cautions.join()).not.toContain('tied');
  });

  it('claims no order with one seed, and says what not to conclude', () => {
    const { headline, findings, cautions } = verdict(publishedStudy);
    expect(headline).toContain('With one seed no order is claimed');
    expect(findings[0]).toBe('Masks (mIoU, higher is better): the arms lie between 0.4000 and 0.7800.');
    const text = findings.join('\n');
    expect(text).toContain('differs from itself by 0.0200 in mIoU and 0.0020 in RMSE');
    expect(text).toContain('9 of 9 arms are better than “predict everything”');
    expect(text).not.toContain('surely');
    expect(text).toContain('With one seed, nothing more is known of it.');
    expect(cautions.join('\n')).toContain('That grad is bad at shape because of the RMSE');
  });

  it('leaves an arm with a failed run out of the comparison, but not out of the table', () => {
    expect(failedStudy.comparison).toBeUndefined();
    expect(failedStudy.arms[1].summary.miou).toMatchObject({ seeds: 4 });
    expect(verdict(failedStudy).headline).toContain('nothing to compare');
    expect(verdict(failedStudy).cautions.join()).toContain('Anything of bce-dice · ssim: a run of it failed');
  });

  it('can be written when every arm failed', () => {
    const failed = fakeRun(0, 0, { status: 'failed', cause: 'out of memory', metrics: {} });
    const results = fakeResults([fakeArm('bce', 'rmse', [failed])]);
    expect(verdict(results)).toMatchObject({
      headline: 'Nothing was measured: no run has finished.',
      cautions: [],
    });
    expect(terminalTable(results, { colour: false })).toContain('failed: out of memory');
    expect(markdownReport(results, { command: 'fathom study' })).not.toMatch(/NaN|undefined/);
  });
});
