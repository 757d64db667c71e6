import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatDatasets } from './concat.js';
import { countingDataset } from './files.fixture.js';
import { assertDisjoint, parseFraction, splitByScene, takeFraction } from './splits.js';

const scenesOf = (sizes: readonly number[]) => {
  const scenes = sizes.flatMap((size, scene) => Array<string>(size).fill(`scene-${scene}`));
  return { name: 'rooms', length: scenes.length, scene: (index: number) => scenes[index] };
};

describe('splitByScene', () => {
  it('is a partition by scene, never empty where a share is asked for, and a function of the seed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 3, maxLength: 60 }),
        fc.double({ min: 0.01, max: 0.45, noNaN: true }),
        fc.double({ min: 0.01, max: 0.45, noNaN: true }),
        fc.integer(),
        (sizes, validation, test, seed) => {
          const rooms = scenesOf(sizes);
          const splits = splitByScene(rooms, { validation, test, seed });
          const all = [...splits.train, ...splits.validation, ...splits.test].sort((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: rooms.length }, (_, i) => i));
          for (const part of Object.values(splits)) expect(part.length).toBeGreaterThan(0);
          assertDisjoint(rooms, splits);
          expect(splitByScene(rooms, { validation, test, seed })).toEqual(splits);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('meets the shares to within the size of a scene, and other seeds deal otherwise', () => {
    const rooms = scenesOf(Array.from({ length: 100 }, (_, i) => 5 + (i % 7)));
    const parts = (seed: number) => splitByScene(rooms, { validation: 0.15, test: 0.1, seed });
    const splits = parts(0);
    expect(Math.abs(splits.validation.length - 0.15 * rooms.length)).toBeLessThan(6);
    expect(Math.abs(splits.test.length - 0.1 * rooms.length)).toBeLessThan(6);
    expect(parts(1).test).not.toEqual(splits.test);
    const single = splitByScene(scenesOf(Array<number>(200).fill(1)), {
      validation: 0.1,
      test: 0.1,
      seed: 3,
    });
    expect([single.train.length, single.validation.length, single.test.length]).toEqual([160, 20, 20]);
  });

  it('leaves out a part without a share, and says when there are too few scenes', () => {
    const rooms = scenesOf([10, 10]);
    expect(splitByScene(rooms, { validation: 0.1, test: 0, seed: 0 })).toMatchObject({ test: [] });
    expect(() => splitByScene(rooms, { validation: 0.1, test: 0.1, seed: 0 })).toThrow(
      'rooms: 2 scenes cannot be split into train, validation, test',
    );
    expect(() => splitByScene(rooms, { validation: 0.5, test: 0.5, seed: 0 })).toThrow(
      'splits: expected shares of 0–1 with a sum below 1, got validation 0.5 and test 0.5',
    );
  });

  it('refuses a scene in two parts', () => {
    const rooms = scenesOf([2, 2]);
    expect(() => assertDisjoint(rooms, { train: [0], validation: [2, 3], test: [1] })).toThrow(
      "rooms: scene 'scene-0' is in both train and test",
    );
  });
});

describe('fractions', () => {
  it('takes nested subsets, at least one sample', () => {
    const indices = Array.from({ length: 320 }, (_, i) => 1000 + i);
    const small = takeFraction(indices, 1 / 16, 7);
    const large = takeFraction(indices, 1 / 4, 7);
    expect([small.length, large.length]).toEqual([20, 80]);
    expect(small.every((index) => large.includes(index))).toBe(true);
    expect(small).toEqual([...small].sort((a, b) => a - b));
    expect(takeFraction(indices, 1 / 16, 8)).not.toEqual(small);
    expect(takeFraction(indices, 1, 7)).toEqual(indices);
    expect(takeFraction([5, 6], 0.01, 0)).toHaveLength(1);
  });

  it('reads fractions as text or number', () => {
    expect([
      parseFraction('1/16'),
      parseFraction(0.25),
      parseFraction(' 3 / 4 '),
      parseFraction('1'),
    ]).toEqual([0.0625, 0.25, 0.75, 1]);
    for (const wrong of ['1/0', '0', '5/4', 'half', '1/16x', -0.5, Number.NaN])
      expect(() => parseFraction(wrong)).toThrow(`fraction: expected above 0 and up to 1, got ${wrong}`);
  });
});

describe('concatDatasets', () => {
  it('gives one index space, with names and scenes that say where a sample is from', async () => {
    const train = { ...countingDataset(3), name: 'train' };
    const test = { ...countingDataset(2), name: 'test' };
    const all = concatDatasets(train, test);
    expect([0, 2, 3, 4].map((index) => all.scene(index))).toEqual(['train/0', 'train/2', 'test/0', 'test/1']);
    expect(await all.read(4)).toMatchObject({ id: 'test/s1', scene: 'test/1' });
    const same = concatDatasets(train, train);
    expect(same.scene(0)).not.toBe(same.scene(3));
    expect(() => concatDatasets(train, { ...test, maxDepth: 5 })).toThrow(
      'test: expected maxDepth 10 like train, got 5',
    );
  });
});
