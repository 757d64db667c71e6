/** Disjoint parts of a data set, by scene, and subsets of a part. */

import { FathomError } from '../errors.js';
import type { Dataset, Splits } from './dataset.js';
import { shuffled } from './shuffle.js';

type Part = keyof Splits;
const parts: readonly Part[] = ['train', 'validation', 'test'];

/**
 * Deals whole scenes to train, validation and test so that their shares of the samples come as near to those asked
 * for as the sizes of the scenes allow. Which scene goes where depends on `seed` alone. A share of 0 gives an empty
 * part, for a test set that lies elsewhere.
 *
 * Throws a FathomError: of code `usage` for shares outside 0–1 or that leave nothing to train on, of code `data` when
 * there are fewer scenes than parts.
 *
 * @example splitByScene(rooms, { validation: 0.1, test: 0.1, seed: 0 })
 */
export function splitByScene(
  dataset: Pick<Dataset, 'name' | 'length' | 'scene'>,
  { validation, test, seed }: { validation: number; test: number; seed: number },
): Splits {
  if (!(validation >= 0 && test >= 0 && validation + test < 1))
    throw new FathomError(
      'usage',
      `splits: expected shares of 0–1 with a sum below 1, got validation ${validation} and test ${test}`,
      {
        hint: 'for example validation: 0.1, test: 0.1',
      },
    );
  const scenes = new Map<string, number[]>();
  for (let index = 0; index < dataset.length; index++) {
    const scene = dataset.scene(index);
    const members = scenes.get(scene);
    if (members) members.push(index);
    else scenes.set(scene, [index]);
  }
  const shares: Record<Part, number> = { train: 1 - validation - test, validation, test };
  const wanted = parts.filter((part) => shares[part] > 0);
  if (scenes.size < wanted.length)
    throw new FathomError(
      'data',
      `${dataset.name}: ${scenes.size} ${scenes.size === 1 ? 'scene' : 'scenes'} cannot be split into ${wanted.join(', ')}`,
      {
        hint: 'samples of one scene stay together: add scenes, or make them smaller with the scene option of the data set',
      },
    );

  // Large scenes first, while there is room to make up for them; the shuffle decides among equals.
  const order = shuffled([...scenes.values()], 'splits', seed).sort((a, b) => b.length - a.length);
  const dealt: Record<Part, number[][]> = { train: [], validation: [], test: [] };
  const missing = { ...shares };
  for (const members of order) {
    const neediest = wanted.reduce((a, b) => (missing[b] > missing[a] ? b : a));
    dealt[neediest].push(members);
    missing[neediest] -= members.length / dataset.length;
  }
  for (const part of wanted) {
    if (dealt[part].length > 0) continue;
    // A small share can round to no scene at all: it gets the smallest one of the part that has the most.
    const richest = wanted.reduce((a, b) => (dealt[b].length > dealt[a].length ? b : a));
    dealt[part].push(dealt[richest].pop()!);
  }
  const indices = (part: Part) => dealt[part].flat().sort((a, b) => a - b);
  const splits = { train: indices('train'), validation: indices('validation'), test: indices('test') };
  assertDisjoint(dataset, splits);
  return splits;
}

/**
 * The given test samples, with the others dealt to train and validation as {@link splitByScene} does.
 *
 * Throws its errors, and a FathomError of code `data` when a scene of the test samples is also among the others.
 */
export function withGivenTest(
  dataset: Pick<Dataset, 'name' | 'length' | 'scene'>,
  test: readonly number[],
  { validation, seed }: { validation: number; seed: number },
): Splits {
  const taken = new Set(test);
  const others = Array.from({ length: dataset.length }, (_, i) => i).filter((index) => !taken.has(index));
  const rest = { name: dataset.name, length: others.length, scene: (i: number) => dataset.scene(others[i]) };
  const dealt = splitByScene(rest, { validation, test: 0, seed });
  const own = (indices: readonly number[]) => indices.map((i) => others[i]);
  const splits = { train: own(dealt.train), validation: own(dealt.validation), test };
  assertDisjoint(dataset, splits);
  return splits;
}

/**
 * Throws a FathomError of code `data` when a sample, or two samples of one scene, are in different parts: the score
 * on such a test set says nothing about new scenes.
 */
export function assertDisjoint(dataset: Pick<Dataset, 'name' | 'scene'>, splits: Splits): void {
  const partOf = new Map<string, Part>();
  for (const part of parts)
    for (const index of splits[part]) {
      const scene = dataset.scene(index);
      const other = partOf.get(scene);
      if (other !== undefined && other !== part)
        throw new FathomError('data', `${dataset.name}: scene '${scene}' is in both ${other} and ${part}`, {
          hint: 'samples of one scene must be in one part; see the scene option of the data set',
        });
      partOf.set(scene, part);
    }
}

/**
 * A subset of `indices`, in their order: the share `fraction` of them, at least one. A smaller fraction with the same
 * seed gives a subset of a larger one.
 *
 * @example takeFraction(splits.train, parseFraction('1/16'), 0)
 */
export function takeFraction(indices: readonly number[], fraction: number, seed: number): number[] {
  const count = Math.min(indices.length, Math.max(1, Math.round(indices.length * fraction)));
  const positions = shuffled([...indices.keys()], 'fraction', seed).slice(0, count);
  return positions.sort((a, b) => a - b).map((position) => indices[position]);
}

/**
 * A fraction above 0 and up to 1, written as a number or as `numerator/denominator`.
 *
 * Throws a FathomError of code `usage` for anything else.
 *
 * @example parseFraction('1/16') // 0.0625
 */
export function parseFraction(text: string | number): number {
  const [, numerator, denominator = '1'] = /^\s*([\d.]+)\s*(?:\/\s*([\d.]+)\s*)?$/.exec(String(text)) ?? [];
  const value = Number(numerator) / Number(denominator);
  if (!(value > 0 && value <= 1))
    throw new FathomError('usage', `fraction: expected above 0 and up to 1, got ${text}`, {
      hint: 'write 1/16 or 0.0625',
    });
  return value;
}
