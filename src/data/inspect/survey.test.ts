import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { folderOf, greyPng, opened, sampleFiles } from '../files.fixture.js';
import { isNearDuplicate, likenessOf } from './likeness.js';
import { addValues, deviation, noMoments } from './moments.js';
import { surveyDataset } from './survey.js';

describe('moments', () => {
  it('are those of all numbers at once, however they come, without loss to a large mean', () => {
    const values = Array.from({ length: 999 }, (_, i) => 1e9 + ((i * 37) % 101));
    let moments = noMoments;
    for (let from = 0; from < values.length; from += 10)
      moments = addValues(moments, values.slice(from, from + 10));
    const mean = values.reduce((sum, value) => sum + (value - 1e9), 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - 1e9 - mean) ** 2, 0) / values.length;
    expect(moments.mean - 1e9).toBeCloseTo(mean, 6);
    expect(deviation(moments)).toBeCloseTo(Math.sqrt(variance), 6);
    expect([moments.count, moments.min, moments.max]).toEqual([999, 1e9, 1e9 + 100]);
    expect(addValues(noMoments, [1, 2, 9], Uint8Array.of(1, 1, 0))).toMatchObject({
      count: 2,
      mean: 1.5,
      max: 2,
    });
  });
});

/** A picture of noise smoothed into patches, `[3, size, size]`, the same for the same seed. */
async function picture(seed: number, size: number, quality: number): Promise<Uint8Array> {
  const coarse = Uint8Array.from({ length: 12 * 12 * 3 }, (_, i) => ((i + 1) * (2 * seed + 7919) * 31) % 251);
  const large = await sharp(coarse, { raw: { width: 12, height: 12, channels: 3 } })
    .resize(240, 240)
    .jpeg({ quality })
    .toBuffer();
  const data = await sharp(large).resize(size, size).raw().toBuffer();
  return Uint8Array.from(
    { length: 3 * size * size },
    (_, i) => data[3 * (i % (size * size)) + Math.floor(i / (size * size))],
  );
}

describe('likeness', () => {
  it('sees through scale and compression, and tells pictures apart', async () => {
    const likenesses = await Promise.all(
      Array.from({ length: 12 }, async (_, seed) => likenessOf(await picture(seed, 96, 95), 96, 96)),
    );
    for (const [seed, likeness] of likenesses.entries()) {
      expect(isNearDuplicate(likeness, likenessOf(await picture(seed, 64, 40), 64, 64))).toBe(true);
      for (const other of likenesses)
        if (other !== likeness) expect(isNearDuplicate(likeness, other)).toBe(false);
    }
  });
});

describe('surveyDataset', () => {
  it('counts what is there, and names broken files and copies across splits', async () => {
    const files = await sampleFiles(4);
    files['image/sample-3.jpg'] = files['image/sample-0.jpg'];
    files['depth/sample-1.png'] = files['depth/sample-1.png'].subarray(0, 80);
    files['mask/sample-2.png'] = await greyPng(32, 24, new Uint8Array(32 * 24));
    const path = await folderOf(files);
    const dataset = await opened(path);
    const survey = await surveyDataset(dataset, {
      indices: [0, 1, 2, 3],
      splits: { train: [0, 1], validation: [2], test: [3] },
    });
    expect(survey).toMatchObject({ read: 3, sizes: [['32×24', 3]], emptyMasks: 1, soft: 0 });
    expect(survey.broken).toEqual([{ index: 1, message: `${path}/depth/sample-1.png: is cut short` }]);
    expect(survey.duplicates).toEqual([['sample-0', 'sample-3']]);
    expect(survey.foreground).toBeCloseTo(1 / 3, 9);
    expect(survey.invalid).toEqual({ mask: 0, depth: 0 });
    // 1.000 to 1.767 m, 3.000 to 3.767 m and 4.000 to 4.767 m of 10 m.
    expect([survey.depth.min, survey.depth.max].map((share) => (share * 10).toFixed(3))).toEqual([
      '1.000',
      '4.767',
    ]);
    const metres = [1, 3, 4].reduce((sum, k) => sum + k + 0.3835, 0) / 3;
    expect(survey.depth.mean * 10).toBeCloseTo(metres, 3);
    expect(survey.depthHistogram.reduce((sum, count) => sum + count, 0)).toBe(3 * 32 * 24);
    expect(survey.depthHistogram.flatMap((count, i) => (count > 0 ? [i] : []))).toEqual([2, 3, 6, 7, 8, 9]);
  });
});
