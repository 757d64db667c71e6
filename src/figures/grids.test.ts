import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { invalidGreys } from './colours.js';
import { comparisonGrid, studyOverview } from './comparison-grid.js';
import { type PredictionRow, predictionGrid } from './prediction-grid.js';

const [height, width] = [48, 64];
const area = height * width;
const options = { title: 'bce-dice · ssim', height, width, maxDepth: 10, depthUnit: 'm' };

/** A bright disc, half as deep as the ground, before a slope. */
function row(id: string, invalid = false): PredictionRow {
  const inside = (i: number) => Math.hypot((i % width) - 32, Math.floor(i / width) - 24) < 12;
  const mask = Float32Array.from({ length: area }, (_, i) => Number(inside(i)));
  const depth = Float32Array.from({ length: area }, (_, i) => (inside(i) ? 0.2 : 0.4 + i / area / 2));
  const valid = new Uint8Array(area).fill(1);
  if (invalid) valid.fill(0, 0, area / 4);
  return {
    id,
    image: new Uint8Array(3 * area).fill(90),
    mask,
    maskValid: valid,
    predictedMask: mask,
    depth,
    depthValid: valid,
    predictedDepth: depth,
    iou: 1,
    rmse: 0,
  };
}

async function pixels(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return { info, at: (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)] };
}

describe('predictionGrid', () => {
  it('paints equal depths of a row in equal colours, pixel by pixel', async () => {
    const image = await pixels(await predictionGrid({ ...options, rows: [row('0001')] }));
    // The panels of 64 × 48 are magnified 6 times: columns start at 16, 16 + 192 + 18, … in units of two pixels.
    const lefts = [16, 226, 424, 634, 832].map((left) => left * 2);
    expect(image.info.channels).toBe(3);
    const top = 200;
    for (const [dx, dy] of [
      [10, 0],
      [192, 60],
      [380, 20],
      [200, 100],
    ]) {
      expect(image.at(lefts[3] + dx, top + dy)).toEqual(image.at(lefts[4] + dx, top + dy));
      expect(image.at(lefts[1] + dx, top + dy)).toEqual(image.at(lefts[2] + dx, top + dy));
    }
    expect(image.at(lefts[0] + 192, top + 40)).toEqual([90, 90, 90]);
    expect(image.at(lefts[3] + 10, top)).not.toEqual(image.at(lefts[3] + 192, top + 60));
  });

  it('has a column more with a background, and rows below each other', async () => {
    const plain = await sharp(await predictionGrid({ ...options, rows: [row('a')] })).metadata();
    const two = await sharp(await predictionGrid({ ...options, rows: [row('a'), row('b')] })).metadata();
    const background = new Uint8Array(3 * area);
    const wide = await sharp(
      await predictionGrid({ ...options, rows: [{ ...row('a'), background }] }),
    ).metadata();
    expect(wide.width - plain.width).toBeGreaterThanOrEqual(384);
    expect(two.height - plain.height).toBeGreaterThanOrEqual(288);
    expect(two.width).toBe(plain.width);
  });

  it('stripes the truth where it is unknown and explains the stripes', async () => {
    const image = await pixels(await predictionGrid({ ...options, rows: [row('a', true)] }));
    const plain = await sharp(await predictionGrid({ ...options, rows: [row('a')] })).metadata();
    expect(image.info.height).toBeGreaterThan(plain.height);
    const [red, green, blue] = image.at(634 * 2 + 20, 130);
    expect(invalidGreys).toContain(red);
    expect([green, blue]).toEqual([red, red]);
  });

  it('is the same bytes for the same input', async () => {
    const input = { ...options, rows: [row('a')] };
    expect(await predictionGrid(input)).toEqual(await predictionGrid(input));
  });
});

describe('comparison of networks', () => {
  it('has one mask and one depth column a network', async () => {
    const rows = [{ ...row('a'), predictions: [row('a'), row('a')] }];
    const two = await sharp(
      await comparisonGrid({ ...options, models: ['resunet-wide 30.3 M', 'resunet 15.9 M'], rows }),
    ).metadata();
    const one = await sharp(
      await comparisonGrid({
        ...options,
        models: ['resunet'],
        rows: [{ ...row('a'), predictions: [row('a')] }],
      }),
    ).metadata();
    expect(two.width - one.width).toBe(2 * (64 * 4 + 12));
  });

  it('shows ten arms of a study on one sheet, within 4000 pixels', async () => {
    const arms = Array.from({ length: 10 }, (_, i) => ({ segmentation: `loss-${i}`, depth: 'rmse' }));
    const rows = [{ ...row('a'), predictions: arms.map(() => row('a')) }];
    const sheet = await sharp(await studyOverview({ ...options, arms, rows })).metadata();
    expect(sheet.width).toBeGreaterThan(12 * 256);
    expect(sheet.width).toBeLessThan(4000);
  });
});
