/** Several data sets as one, so that a test set of its own shares the index space of the training set. */

import { FathomError } from '../errors.js';
import type { Dataset } from './dataset.js';

const shared = ['height', 'width', 'hasBackground', 'maxDepth', 'depthUnit'] as const;

/**
 * The samples of `first`, then those of `second`, whose index `i` becomes `first.length + i`. Names and scenes are
 * prefixed with the name of the data set they come from, since both may count from 0.
 *
 * Throws a FathomError of code `usage` when the two differ in size, backgrounds, maximum depth or its unit.
 *
 * @example
 * const all = concatDatasets(train, test);
 * const splits = {
 *   ...splitByScene(train, { validation: 0.1, test: 0, seed: 0 }),
 *   test: Array.from({ length: test.length }, (_, i) => train.length + i),
 * };
 */
export function concatDatasets(first: Dataset, second: Dataset): Dataset {
  for (const key of shared)
    if (first[key] !== second[key])
      throw new FathomError(
        'usage',
        `${second.name}: expected ${key} ${first[key]} like ${first.name}, got ${second[key]}`,
        { hint: 'training and test data need the same options' },
      );
  const names =
    first.name === second.name ? [`${first.name}-1`, `${second.name}-2`] : [first.name, second.name];
  const locate = (index: number) =>
    index < first.length
      ? { dataset: first, name: names[0], local: index }
      : { dataset: second, name: names[1], local: index - first.length };
  return {
    name: names.join(' + '),
    length: first.length + second.length,
    height: first.height,
    width: first.width,
    hasBackground: first.hasBackground,
    maxDepth: first.maxDepth,
    depthUnit: first.depthUnit,
    fingerprint: `${first.fingerprint}-${second.fingerprint}`,
    scene(index) {
      const { dataset, name, local } = locate(index);
      return `${name}/${dataset.scene(local)}`;
    },
    async read(index) {
      const { dataset, name, local } = locate(index);
      const sample = await dataset.read(local);
      return { ...sample, id: `${name}/${sample.id}`, scene: `${name}/${sample.scene}` };
    },
    async close() {
      await Promise.all([first.close?.(), second.close?.()]);
    },
  };
}
