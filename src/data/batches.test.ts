import { describe, expect, it } from 'vitest';
import { assembleBatch, batchesOf, epochOrder } from './batches.js';
import { countingDataset } from './files.fixture.js';

const range = (length: number) => Array.from({ length }, (_, i) => i);

describe('epochOrder', () => {
  it('is a permutation that seed and epoch alone decide', () => {
    const order = epochOrder(range(500), 3, 1);
    expect([...order].sort((a, b) => a - b)).toEqual(range(500));
    expect(epochOrder(range(500), 3, 1)).toEqual(order);
    expect(epochOrder(range(500), 3, 2)).not.toEqual(order);
    expect(epochOrder(range(500), 4, 1)).not.toEqual(order);
    // Pinned: a run of an earlier version must be repeatable.
    expect(epochOrder(range(8), 0, 0)).toEqual([7, 2, 5, 3, 0, 4, 6, 1]);
  });

  it('puts every sample in every place about equally often', () => {
    const counts = new Float64Array(25);
    for (let epoch = 0; epoch < 5000; epoch++)
      for (const [place, index] of epochOrder(range(5), 1, epoch).entries()) counts[5 * place + index]++;
    // Each count is binomial with mean 1000 and deviation 28.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 28);
  });
});

it('batchesOf cuts in order, with or without the rest', () => {
  expect(batchesOf([4, 3, 2, 1, 0], 2)).toEqual([[4, 3], [2, 1], [0]]);
  expect(batchesOf([4, 3, 2, 1, 0], 2, { dropLast: true })).toEqual([
    [4, 3],
    [2, 1],
  ]);
  expect(batchesOf([1], 2, { dropLast: true })).toEqual([]);
});

describe('assembleBatch', () => {
  it('stacks planes, their integers as they are', async () => {
    const dataset = countingDataset(300);
    const batch = assembleBatch([await dataset.read(255), await dataset.read(51)]);
    expect(batch).toMatchObject({ size: 2, ids: ['s255', 's51'], background: undefined });
    expect([...batch.image]).toEqual([...Array(12).fill(255), ...Array(12).fill(51)]);
    expect([...batch.mask]).toEqual([0, 255, 51, 0, 0, 255, 51, 0]);
    expect([...batch.depth]).toEqual([255, 65535, 0, 1, 51, 65535, 0, 1]);
    expect([...batch.maskValid]).toEqual([1, 1, 0, 1, 1, 1, 0, 1]);
    expect([...batch.depthValid]).toEqual([1, 0, 1, 1, 1, 0, 1, 1]);
  });

  it('writes a batch of the same size into the arrays of a used one', async () => {
    const dataset = countingDataset(300);
    const [a, b] = [await dataset.read(255), await dataset.read(51)];
    const used = assembleBatch([a, a]);
    const batch = assembleBatch([b, a], used);
    expect(batch).toEqual(assembleBatch([b, a]));
    expect(batch.image).toBe(used.image);
    expect(assembleBatch([b], used).image).toHaveLength(12);
    expect(used.ids).toEqual(['s255', 's255']);
  });

  it('stacks backgrounds where there are some', async () => {
    const sample = await countingDataset(1).read(0);
    const batch = assembleBatch([{ ...sample, background: new Uint8Array(12).fill(255) }]);
    expect([...batch.background!]).toEqual(Array(12).fill(255));
  });
});
