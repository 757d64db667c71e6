import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { metricInfo } from '../metrics/info.js';
import type { EpochRecord, HistoryRecord } from '../train/history.js';
import { type ComparisonArm, comparisonPlot } from './comparison.js';
import { epochTicks, runCurves, spansDecades } from './curves.js';
import { spreadLabels } from './plot.js';
import { renderPng, wrapText } from './render.js';
import { studyCurves } from './study-curves.js';

const metrics = [metricInfo('miou'), { ...metricInfo('mrmse'), label: 'RMSE (0–1)' }];

/** Two epochs of twenty steps; the depth loss falls over two decades. */
function history(brokenAt = Number.POSITIVE_INFINITY): HistoryRecord[] {
  const records: HistoryRecord[] = [];
  for (let step = 1; step <= 40; step++) {
    const depthLoss = step >= brokenAt ? Number.NaN : 10 ** (-step / 15);
    const epoch = Math.ceil(step / 20);
    const base = {
      epoch,
      step,
      seconds: step,
      loss: 1 + 2 * depthLoss,
      segmentationLoss: 1 + 1 / step,
      depthLoss,
    };
    records.push({ kind: 'step', ...base, learningRate: 0.01, stepMs: 90, waitMs: 0 });
    const validation = { miou: 0.4 * epoch, mrmse: 0.2 / epoch };
    if (step % 20 === 0) records.push({ kind: 'epoch', ...base, validation, best: true });
  }
  return records;
}

const epochsOf = (records: readonly HistoryRecord[]) =>
  records.filter((record): record is EpochRecord => record.kind === 'epoch');

function read(svg: string) {
  const { document } = parseHTML(svg);
  return {
    texts: [...document.querySelectorAll('text')].map((text) => text.textContent ?? ''),
    lines: document.querySelectorAll('[aria-label="line"] path').length,
    charts: document.querySelectorAll('svg svg').length,
    count: (selector: string) => document.querySelectorAll(selector).length,
  };
}

describe('runCurves', () => {
  it('draws three losses and the metrics, each with axis titles', () => {
    const svg = read(runCurves({ title: 'bce-dice <&> ssim', records: history(), metrics }));
    expect(svg.charts).toBe(5);
    expect(svg.lines).toBe(3 * 2 + 2);
    expect(svg.texts).toContain('bce-dice <&> ssim');
    for (const label of [
      'joint loss',
      'depth loss (log scale)',
      'mIoU, higher is better',
      'RMSE (0–1), lower is better',
    ])
      expect(svg.texts).toContain(label);
    expect(svg.texts.filter((text) => text === 'step')).toHaveLength(3);
    expect(svg.texts).toContain('0.8000');
  });

  it('marks where a loss stopped being finite', () => {
    const svg = read(runCurves({ title: 't', records: history(25), metrics }));
    expect(svg.texts.filter((text) => text === 'not finite at step 25')).toHaveLength(2);
  });

  it('draws a run of one step and one of nothing but NaN', () => {
    for (const records of [history().slice(0, 1), history(1), []]) {
      const svg = runCurves({ title: 't', records, metrics });
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('becomes a PNG of twice its size whose text is drawn without the fonts of the system', async () => {
    const svg = runCurves({ title: 'Title', records: history(), metrics });
    const image = sharp(await renderPng(svg));
    expect((await image.metadata()).width).toBe(1920);
    const title = await image
      .extract({ left: 32, top: 32, width: 80, height: 30 })
      .greyscale()
      .raw()
      .toBuffer();
    expect(Math.min(...title)).toBeLessThan(80);
  });
});

/** The same epoch with a lower mIoU and a higher RMSE. */
const worse = (record: EpochRecord): EpochRecord => ({
  ...record,
  validation: { miou: record.validation.miou - 0.05, mrmse: record.validation.mrmse + 0.05 },
});

describe('studyCurves', () => {
  it('draws every arm against steps and seconds, with a band and a label at its end', () => {
    const arms = Array.from({ length: 10 }, (_, i) => ({
      label: `loss-${i} · rmse`,
      runs: [epochsOf(history()), epochsOf(history()).map(worse)],
    }));
    const svg = read(studyCurves({ title: 'Validation', arms, metrics }));
    expect(svg.lines).toBe(2 * 2 * 10);
    expect(svg.count('[aria-label="area"] path')).toBe(2 * 2 * 10);
    for (const arm of arms) expect(svg.texts.filter((text) => text === arm.label)).toHaveLength(2);
    expect(svg.texts.filter((text) => text.startsWith('seconds since'))).toHaveLength(2);
    expect(svg.texts).toContain('line: mean over seeds · band: lowest to highest seed');
  });

  it('tells the first eight apart where there are more than ten', () => {
    const arms = Array.from({ length: 25 }, (_, i) => ({ label: `loss-${i}`, runs: [epochsOf(history())] }));
    const svg = read(studyCurves({ title: 'Validation', arms, metrics }));
    expect(svg.lines).toBe(2 * 2 * 25);
    expect(svg.texts.filter((text) => text.startsWith('loss-'))).toHaveLength(2 * 8);
    expect(svg.texts).toContain('line: one seed · grey: the other 17 arms');
  });

  it('leaves out an arm without a finite value', () => {
    const arms = [
      { label: 'good', runs: [epochsOf(history())] },
      { label: 'failed', runs: [[]] },
    ];
    expect(read(studyCurves({ title: 'Validation', arms, metrics })).texts).not.toContain('failed');
  });
});

describe('comparisonPlot', () => {
  const run = (seed: number, miou: number) => ({
    seed,
    status: 'done' as const,
    seconds: 1,
    stepMs: 1,
    parameters: 1,
    metrics: { miou, mrmse: 1 - miou },
    folder: '',
  });
  const spread = { mean: 0.7, low: 0.65, high: 0.75, seeds: 2, images: 9 };
  const references = [{ metric: 'miou', label: 'predict everything', value: 0.2 }];

  it('draws every seed, and mean and interval from two seeds on', () => {
    const arms: ComparisonArm[] = [
      { label: 'a', runs: [run(0, 0.6), run(1, 0.8)], summary: { miou: spread, mrmse: spread } },
      { label: 'b', runs: [run(0, 0.5)], summary: {} },
    ];
    const svg = read(comparisonPlot({ title: 't', arms, references, metrics }));
    expect(svg.count('[aria-label="dot"] circle')).toBe(2 * 3);
    expect(svg.count('[aria-label="tick"] line')).toBe(2);
    expect(svg.texts.filter((text) => text === 'predict everything')).toHaveLength(1);
  });

  it('names the cause of an arm that failed', () => {
    const failed = {
      ...run(0, 0),
      status: 'failed' as const,
      metrics: {},
      cause: 'loss is not finite at step 12',
    };
    const arms: ComparisonArm[] = [
      { label: 'a', runs: [run(0, 0.6)], summary: {} },
      { label: 'b', runs: [failed], summary: {} },
    ];
    const { texts } = read(comparisonPlot({ title: 't', arms, references: [], metrics }));
    expect(texts).toContain('failed: loss is not finite at step 12');
  });

  it('is drawn when every arm failed', () => {
    const svg = comparisonPlot({
      title: 't',
      arms: [{ label: 'a', runs: [], summary: {} }],
      references: [],
      metrics,
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('helpers', () => {
  it('asks for a log scale beyond one and a half decades of positive values', () => {
    expect(spansDecades([1, 31])).toBe(false);
    expect(spansDecades([1, 32])).toBe(true);
    expect(spansDecades([0, 32])).toBe(false);
  });

  it('ticks whole epochs', () => {
    expect(epochTicks([1, 2, 3])).toEqual([1, 2, 3]);
    expect(epochTicks([1, 20])).toEqual([3, 6, 9, 12, 15, 18]);
  });

  it('spreads labels without changing their order', () => {
    const placed = spreadLabels([50, 51, 10, 99], 10, 0, 100);
    expect(placed).toEqual([50, 60, 10, 99]);
    expect(spreadLabels([99, 98, 97], 10, 0, 100)).toEqual([100, 90, 80]);
  });

  it('wraps text after words and ends it with an ellipsis', () => {
    expect(wrapText('tversky(alpha=0.6, beta=0.5)', 70, 10, 3)).toEqual([
      'tversky(',
      'alpha=0.6,',
      'beta=0.5)',
    ]);
    expect(wrapText('one two three', 30, 10, 1)[0]).toMatch(/…$/);
    expect(wrapText('', 30, 10)).toEqual([]);
  });
});
