/** How a folder of made files was made, so that it is never continued in another way. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FathomError } from '../errors.js';
import { jsonText, writeFileWhole } from './write-file.js';

/**
 * Writes the recipe to `<folder>/<name>`, or checks that the same is there already.
 *
 * Throws a FathomError of code `usage` that names what differs.
 */
export async function claimRecipe(
  folder: string,
  name: string,
  recipe: Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = join(folder, name);
  const text = jsonText(recipe);
  const found = await readFile(file, 'utf8').catch(() => undefined);
  if (found === undefined) return writeFileWhole(file, text);
  if (found === text) return;
  const before = parseObject(found);
  const changed = Object.keys(recipe).filter(
    (key) => JSON.stringify(recipe[key]) !== JSON.stringify(before[key]),
  );
  throw new FathomError('usage', `${file}: was made with another ${changed.join(', ')}`, {
    hint: `choose another folder, or remove ${name} and what was made with it`,
  });
}

/** The recipe in `<folder>/<name>`, where there is one. */
export const readRecipe = async (folder: string, name: string): Promise<Record<string, unknown>> =>
  parseObject(await readFile(join(folder, name), 'utf8').catch(() => '{}'));

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
