/** Which samples are of one scene, by their names. */

import { FathomError } from '../../errors.js';
import type { FileSource } from './file-source.js';
import type { SampleFiles } from './match.js';

/** Which samples belong together: so many neighbours, or those with the same first group of a regular expression. */
export type SceneRule = { readonly block: number } | { readonly pattern: string };

/** The scene of a sample by its name and its place in natural order; without a rule, every sample is its own. */
export function sceneOf(
  rule: SceneRule | undefined,
  source: FileSource,
): (files: SampleFiles, index: number) => string {
  if (!rule) return ({ id }) => id;
  if ('block' in rule) return (_, index) => String(Math.floor(index / rule.block));
  const pattern = regularExpression(rule.pattern, 'scene');
  return ({ id, image }) => {
    const scene = pattern.exec(id)?.[1];
    if (scene === undefined)
      throw new FathomError(
        'data',
        `${source.describe(image)}: the scene pattern ${rule.pattern} finds no group in '${id}'`,
        {
          hint: 'the pattern needs a group that matches in every name, such as ^([a-z]+)_ for kitchen_0007',
        },
      );
    return scene;
  };
}

/** Compiles a pattern whose first group is the `what`. Throws a FathomError of code `usage` when it cannot be. */
export function regularExpression(pattern: string, what: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    throw new FathomError('usage', `${what} pattern ${pattern}: ${(cause as Error).message}`, {
      hint: `give a regular expression whose first group is the ${what}`,
      cause,
    });
  }
}
